//! Derives from rules which values of a metric are better.

use serde::Serialize;

use super::ast::{Operands, Operator, Rule};
use super::judge::Gate;

/// The direction in which a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Lower values are better, as for an error.
    Lower,
    /// Higher values are better, as for an accuracy.
    Higher,
}

impl Gate {
    /// Returns which values of a metric are better, with the first rule that implies it.
    ///
    /// Returns `None` if no rule does, or if the rules limit the metric from both sides.
    ///
    /// ```
    /// use model_registry::{Better, Gate};
    ///
    /// let require = vec!["val_mae <= prod".parse()?, "rows > 0".parse()?, "rows < 9".parse()?];
    /// let gate = Gate { require, ..Gate::default() };
    /// assert_eq!(gate.better("val_mae"), Some((Better::Lower, "val_mae <= prod".to_owned())));
    /// assert_eq!(gate.better("rows"), None);
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn better(&self, metric: &str) -> Option<(Better, String)> {
        let mut preferences = self.require.iter().filter_map(|rule| {
            let (name, better) = preference(rule)?;
            (name == metric).then(|| (better, rule.to_string()))
        });
        let first = preferences.next()?;
        preferences.all(|(better, _)| better == first.0).then_some(first)
    }
}

/// Returns the metric that a rule limits, and which values the limit prefers.
///
/// Returns `None` for a rule about another field, or with `==` or `!=`.
fn preference(rule: &Rule) -> Option<(&str, Better)> {
    let Operands::Metric { name, .. } = &rule.operands else { return None };
    match rule.operator {
        Operator::Less | Operator::LessOrEqual => Some((name, Better::Lower)),
        Operator::Greater | Operator::GreaterOrEqual => Some((name, Better::Higher)),
        Operator::Equal | Operator::NotEqual => None,
    }
}
