//! Compares the pointers and labels of a model with its last recorded moves.

use std::borrow::Cow;
use std::collections::HashMap;

use super::finding::{Finding, Subject};
use crate::error::named;
use crate::manifest::{Action, Manifest, Model, Stage, in_effect};

/// Returns the pointers and labels that the last recorded moves do not explain.
///
/// A model without a history is not checked, and neither is what happened before the history
/// began. To check every move since a published manifest, use [`replay`](super::replay).
pub fn explained(manifest: &Manifest) -> Vec<Finding> {
    manifest.models().iter().flat_map(model).collect()
}

fn model(model: &Model) -> Vec<Finding> {
    let subject = Subject { model: Some(model.name()), version: None };
    let (mut pointers, mut labels) = (HashMap::new(), HashMap::new());
    let history = model.history();
    let taken = in_effect(&history);
    for (event, _) in history.into_iter().zip(taken).filter(|(_, taken)| *taken) {
        let (Some(to), Some(Action::Promote | Action::Rollback)) = (event.stage(), event.action)
        else {
            continue;
        };
        for stage in [Stage::Prod, Stage::Staging] {
            let left = pointers.get(&stage) == Some(&Some(event.version.clone()));
            if stage == to {
                pointers.insert(stage, Some(event.version.clone()));
            } else if left {
                pointers.insert(stage, None);
            }
        }
        if let Some(replaced) = event.replaced.filter(|_| event.action == Some(Action::Rollback)) {
            labels.insert(replaced, Stage::Dev);
        }
        labels.insert(event.version, to);
    }
    let mut findings = Vec::new();
    for stage in [Stage::Prod, Stage::Staging] {
        let Some(expected) = pointers.get(&stage) else { continue };
        let found = model.current(stage).map(Cow::into_owned);
        if found != *expected {
            let message = format!(
                "the current {stage} version of {subject} is {}, but {} according to the last \
                 recorded move",
                named(found.as_deref()),
                named(expected.as_deref())
            );
            findings.push(subject.problem(Model::pointer(stage).unwrap_or_default(), message));
        }
    }
    for version in model.versions() {
        let label = labels.get(version.version());
        if let Some(expected) = label.filter(|label| **label != version.stage()) {
            let subject = Subject::of(model, version);
            let message = format!(
                "{subject} has stage {}, but {expected} according to the last recorded move",
                version.stage()
            );
            findings.push(subject.problem("stage", message));
        }
    }
    findings
}
