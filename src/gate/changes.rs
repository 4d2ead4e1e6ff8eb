//! Lists the differences between two policies.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::judge::Gate;
use super::policy::Policy;
use crate::manifest::Stage;

/// A requirement of a policy that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct PolicyChange {
    /// The table and the key, such as `prod.require` or `models.m.prod.reason`.
    pub place: String,
    /// Old requirement; `None` if it was added.
    pub old: Option<String>,
    /// New requirement; `None` if it was removed.
    pub new: Option<String>,
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |value: &Option<String>| {
            value.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"))
        };
        write!(formatter, "{}: {} -> {}", self.place, named(&self.old), named(&self.new))
    }
}

impl Policy {
    /// Returns what changed since an older policy.
    ///
    /// ```
    /// use model_registry::Policy;
    ///
    /// let old: Policy = "[prod]\nrequire = ['val_mae <= 5']\nreason = true".parse()?;
    /// let new: Policy = "[prod]\nreason = true".parse()?;
    /// let changes = new.changes_since(&old);
    /// assert_eq!(changes[0].to_string(), "prod.require: `val_mae <= 5` -> nothing");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn changes_since(&self, old: &Self) -> Vec<PolicyChange> {
        let tables: BTreeSet<(Option<&str>, Stage)> = self.tables().chain(old.tables()).collect();
        let mut changes = Vec::new();
        for (model, stage) in tables {
            let place = match model {
                Some(model) => format!("models.{model}.{stage}"),
                None => stage.to_string(),
            };
            let (before, after) = (old.table(model, stage), self.table(model, stage));
            if before.is_none() != after.is_none() && model.is_some() {
                let state = |gate: Option<&Gate>| gate.map(|_| "a gate of its own".to_owned());
                let (old, new) = (state(before), state(after));
                changes.push(PolicyChange { place: place.clone(), old, new });
            }
            let none = Gate::default();
            compare(&place, before.unwrap_or(&none), after.unwrap_or(&none), &mut changes);
        }
        changes
    }
}

fn compare(place: &str, old: &Gate, new: &Gate, changes: &mut Vec<PolicyChange>) {
    let mut add = |key: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            changes.push(PolicyChange { place: format!("{place}.{key}"), old, new });
        }
    };
    let stage = |gate: &Gate| gate.from.map(|stage| stage.to_string());
    add("from", stage(old), stage(new));
    for rule in old.require.iter().filter(|rule| !new.require.contains(rule)) {
        add("require", Some(rule.to_string()), None);
    }
    for rule in new.require.iter().filter(|rule| !old.require.contains(rule)) {
        add("require", None, Some(rule.to_string()));
    }
    let artifact = |gate: &Gate| gate.artifact.map(|demand| demand.as_str().to_owned());
    add("artifact", artifact(old), artifact(new));
    let switch = |value: bool| Some(value.to_string());
    add("reason", switch(old.reason), switch(new.reason));
    add("force", switch(old.force), switch(new.force));
}
