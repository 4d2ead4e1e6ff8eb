//! Judges a version by rules and gates, and a planned move by all requirements.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::artifact::ArtifactDemand;
use super::ast::{Field, NumberLimit, Operands, Rule, TextLimit};
use crate::error::Error;
use crate::manifest::{
    Action, Model, ModelVersion, Move, NOT_ROLLED_BACK, Number, Stage, Timestamp, Value,
};
use crate::verdict::Verdict;

/// The requirements that a version must meet to enter a stage. The default has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Stage that the version must come from.
    pub from: Option<Stage>,
    /// Rules that the version must meet.
    pub require: Vec<Rule>,
    /// Whether the move needs a reason. The caller passes it to [`judge`].
    pub reason: bool,
    /// Requirement on the artifact. The caller judges it, with [`ArtifactDemand::judge`].
    pub artifact: Option<ArtifactDemand>,
    /// Whether rules that are not met may be overridden. The default allows it.
    pub force: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self { from: None, require: Vec::new(), reason: false, artifact: None, force: true }
    }
}

impl Gate {
    /// Judges a version of this model by every requirement, `from` first.
    ///
    /// A version comes from staging or prod if it is current there; its label is not enough. No
    /// version is ever current in dev: a version comes from dev if it is labelled `dev` and is not
    /// current in any stage.
    ///
    /// ```
    /// use model_registry::{Gate, Manifest};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"val_mae": 3.5}}
    /// ]}}}"#;
    /// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let model = manifest.model("minutes")?;
    ///
    /// let require = vec!["val_mae < 3".parse()?, "val_mae <= prod".parse()?];
    /// let gate = Gate { require, ..Gate::default() };
    /// let verdicts = gate.judge(model, model.resolve("1")?);
    /// assert!(!verdicts[0].met);
    /// assert!(verdicts[1].met);
    /// assert_eq!(verdicts[1].note.as_deref(), Some("no version is current in prod"));
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn judge(&self, model: &Model, candidate: &ModelVersion) -> Vec<Verdict> {
        let from = self.from.map(|stage| from(stage, model, candidate));
        let rules = self.require.iter().map(|rule| rule.judge(model, candidate));
        from.into_iter().chain(rules).collect()
    }
}

/// Judges a planned move by every requirement of the gates, including a reason if one requires it.
///
/// A promotion to prod also requires that the version was not rolled back. The move may be
/// applied if all verdicts are met. A caller who overrides failed ones records them in
/// [`Provenance::unmet`](crate::Provenance).
///
/// `model` is the model before the move. A plan for a version that the model does not contain
/// gets no verdicts, and [`Manifest::apply`](crate::Manifest::apply) refuses it.
///
/// ```
/// use model_registry::{Gate, Manifest, Stage, judge};
///
/// let text = r#"{"models": {"minutes": {"versions": [
///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"val_mae": 3.5}}
/// ]}}}"#;
/// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
/// let model = manifest.model("minutes")?;
///
/// let gate = Gate { require: vec!["val_mae < 3".parse()?], ..Gate::default() };
/// let plan = model.plan_promotion("1", Stage::Prod)?;
/// assert!(!judge(&[gate], model, &plan, None)[0].met);
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn judge(gates: &[Gate], model: &Model, plan: &Move, reason: Option<&str>) -> Vec<Verdict> {
    let Some(candidate) = model.version(&plan.version) else { return Vec::new() };
    let mut verdicts: Vec<_> = gates.iter().flat_map(|gate| gate.judge(model, candidate)).collect();
    if gates.iter().any(|gate| gate.reason) {
        verdicts.push(Verdict::on_reason(reason));
    }
    if plan.action == Action::Promote && plan.to == Stage::Prod {
        verdicts.extend(Verdict::on_rollback(model, candidate));
    }
    if plan.action == Action::Promote && plan.to != Stage::Dev {
        verdicts.extend(Verdict::on_retirement(candidate));
    }
    verdicts
}

impl Verdict {
    /// Judges whether a reason was given.
    fn on_reason(reason: Option<&str>) -> Self {
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        Self {
            rule: Self::REASON.to_owned(),
            value: reason.map_or(Value::Null, |reason| Value::String(reason.to_owned().into())),
            limit: Value::Null,
            met: reason.is_some(),
            note: reason.is_none().then(|| "the policy requires a reason".to_owned()),
        }
    }

    /// Returns a failed verdict if the version is retired.
    fn on_retirement(candidate: &ModelVersion) -> Option<Self> {
        let retired = candidate.retired()?;
        Some(Self {
            rule: "not retired".to_owned(),
            value: Value::Null,
            limit: Value::Null,
            met: false,
            note: Some(format!("retired {}", retired.details()).trim_end().to_owned()),
        })
    }

    /// Returns a failed verdict if the version was rolled back and has not returned since: an
    /// automated job must not undo a person's decision.
    fn on_rollback(model: &Model, candidate: &ModelVersion) -> Option<Self> {
        let rollback = model.rolled_back(candidate.version())?;
        let mut note =
            format!("rolled back at {}", rollback.at.as_deref().unwrap_or("an unknown time"));
        for (word, text) in [(" by ", rollback.by), (": ", rollback.reason)] {
            note.extend(text.map(|text| format!("{word}{text}")));
        }
        Some(Self {
            rule: NOT_ROLLED_BACK.to_owned(),
            value: Value::Null,
            limit: Value::Null,
            met: false,
            note: Some(note),
        })
    }
}

impl Rule {
    /// Judges a version of this model by the rule.
    ///
    /// The rule is not met if the field or metric is missing, null or not finite, in the version or
    /// in the current version it is compared with. If no version is current in the stage, there is
    /// nothing to compare with: the rule is met, and the note explains why.
    pub fn judge(&self, model: &Model, candidate: &ModelVersion) -> Verdict {
        let value = self.operands.value(candidate);
        let limit = self.operands.limit(model);
        let (met, note) = match (&value, &limit) {
            (Err(problem), _) | (_, Err(problem)) => (false, Some(problem.clone())),
            (Ok(_), Ok(Limit::NoVersionIn(stage))) => {
                (true, Some(format!("no version is current in {stage}")))
            }
            (Ok(value), Ok(Limit::Value(limit))) => match self.operands.order(value, limit) {
                Ok(order) => (order.is_some_and(|order| self.operator.holds(order)), None),
                // Texts that are not dates have no order, but they can be equal.
                Err(_) if !self.operator.is_order() => {
                    ((value == limit) == self.operator.holds(Ordering::Equal), None)
                }
                Err(problem) => (false, Some(problem)),
            },
        };
        let limit = match limit {
            Ok(Limit::Value(limit)) => limit,
            _ => Value::Null,
        };
        Verdict { rule: self.to_string(), value: value.unwrap_or(Value::Null), limit, met, note }
    }
}

/// Judges whether a version comes from a stage, as [`Gate::judge`] defines it.
fn from(stage: Stage, model: &Model, candidate: &ModelVersion) -> Verdict {
    let (name, label) = (candidate.version(), candidate.stage());
    let current = model.current_stage(name);
    let met = match stage {
        Stage::Dev => label == Stage::Dev && current.is_none(),
        // One version can be current in both stages.
        _ => model.is_current(name, stage),
    };
    let actual = match current {
        _ if met => stage.to_string(),
        Some(current) => current.to_string(),
        None if label == Stage::Dev => label.to_string(),
        None => format!("{label} (past)"),
    };
    let note = match stage {
        _ if met => None,
        Stage::Dev => Some(format!("`{name}` has left dev")),
        _ => Some(format!("`{name}` is not the current version in {stage}")),
    };
    Verdict {
        rule: format!("from {stage}"),
        value: Value::String(actual.into()),
        limit: Value::String(stage.as_str().into()),
        met,
        note,
    }
}

/// The right side of a comparison, once its stage is looked up.
enum Limit {
    Value(Value<'static>),
    NoVersionIn(Stage),
}

impl Operands {
    /// Returns the version's value, or why it cannot be compared.
    fn value(&self, version: &ModelVersion) -> Result<Value<'static>, String> {
        match self {
            Self::Metric { name, .. } => metric(version, name).map(Value::Number),
            Self::Field { field, .. } => text(version, *field),
        }
    }

    /// Returns how a value compares with its limit; an error if a date cannot be read.
    fn order(&self, value: &Value<'_>, limit: &Value<'_>) -> Result<Option<Ordering>, String> {
        let (Self::Field { field: Field::TrainingEnd, .. }, Some(value), Some(limit)) =
            (self, value.as_str(), limit.as_str())
        else {
            return Ok(order(value, limit));
        };
        let time = |text: &str| {
            Timestamp::parse_date(text).ok_or_else(|| format!("`{text}` is not a date"))
        };
        Ok(Some(time(value)?.cmp(&time(limit)?)))
    }

    /// Returns the limit, or why there is nothing to compare with.
    fn limit(&self, model: &Model) -> Result<Limit, String> {
        let stage = match self {
            Self::Metric { limit: NumberLimit::Fixed(number), .. } => {
                return Ok(Limit::Value(Value::Number(number.clone())));
            }
            Self::Field { limit: TextLimit::Fixed(text), .. } => {
                return Ok(Limit::Value(Value::String(text.clone().into())));
            }
            Self::Metric { limit: NumberLimit::Current { stage, .. }, .. }
            | Self::Field { limit: TextLimit::Current(stage), .. } => *stage,
        };
        let current = match model.current_version(stage) {
            Ok(current) => current,
            Err(Error::NothingInStage { .. }) => return Ok(Limit::NoVersionIn(stage)),
            Err(error) => return Err(error.to_string()),
        };
        let value = self.value(current).map_err(|problem| {
            format!("{problem} in `{}`, the current version in {stage}", current.version())
        })?;
        match (self, value) {
            (Self::Metric { limit, .. }, Value::Number(number)) => adjusted(limit, number),
            (_, value) => Ok(Limit::Value(value)),
        }
    }
}

fn adjusted(limit: &NumberLimit, current: Number<'static>) -> Result<Limit, String> {
    let number = match limit {
        NumberLimit::Current { adjustment: Some(adjustment), .. } => adjustment.apply(&current),
        _ => current,
    };
    if number.is_finite() {
        Ok(Limit::Value(Value::Number(number)))
    } else {
        Err(format!("`{limit}` is not finite"))
    }
}

fn metric(version: &ModelVersion, name: &str) -> Result<Number<'static>, String> {
    match version.metrics().into_iter().find(|(metric, _)| metric == name) {
        Some((_, Some(number))) if number.is_finite() => Ok(number.into_owned()),
        Some((_, Some(_))) => Err(format!("metric `{name}` is not finite")),
        Some((_, None)) => Err(format!("metric `{name}` is null")),
        None => Err(format!("metric `{name}` is missing")),
    }
}

fn text(version: &ModelVersion, field: Field) -> Result<Value<'static>, String> {
    let name = field.as_str();
    match version.string(name) {
        Some(text) => Ok(Value::String(Cow::Owned(text.into_owned()))),
        None => Err(format!("`{name}` is missing")),
    }
}

fn order(value: &Value<'_>, limit: &Value<'_>) -> Option<Ordering> {
    match (value, limit) {
        (Value::Number(value), Value::Number(limit)) => value.compare(limit),
        (Value::String(value), Value::String(limit)) => Some(value.cmp(limit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
