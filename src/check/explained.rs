//! Compares the pointers and labels of a model with its last recorded moves.

use std::collections::HashMap;

use super::finding::{Finding, Subject};
use crate::error::named;
use crate::manifest::{Action, Event, Manifest, Model, Stage, took_effect};

/// Returns the pointers and labels that the last recorded moves do not explain.
///
/// A model without a history is not checked, and neither is what happened before the history
/// began. To check every move since a published manifest, use [`replay`](super::replay).
pub fn explained(manifest: &Manifest) -> Vec<Finding> {
    manifest.models().iter().flat_map(check_model).collect()
}

/// Returns the pointers and labels that the recorded moves of a history lead to. A stage or a version
/// that no move changed is not among them.
fn recorded(history: &[Event]) -> (HashMap<Stage, Option<&str>>, HashMap<&str, Stage>) {
    let (mut pointers, mut labels) = (HashMap::new(), HashMap::new());
    let took_effect = took_effect(history);
    for event in history.iter().filter(|event| event.is_move() && took_effect(event)) {
        let Some(to) = event.stage() else { continue };
        let version = event.version.as_str();
        for current in pointers.values_mut().filter(|current| **current == Some(version)) {
            *current = None;
        }
        if to != Stage::Dev {
            pointers.insert(to, Some(version));
        }
        if event.action == Some(Action::Rollback)
            && let Some(replaced) = event.replaced.as_deref()
        {
            labels.insert(replaced, Stage::Dev);
        }
        labels.insert(version, to);
    }
    (pointers, labels)
}

/// Returns what [`explained`] finds in one model.
pub(super) fn check_model(model: &Model) -> Vec<Finding> {
    let subject = Subject::model(model.name());
    let history = model.history();
    let (pointers, labels) = recorded(&history);
    let mut findings = Vec::new();
    for stage in [Stage::Prod, Stage::Staging] {
        let Some(expected) = pointers.get(&stage) else { continue };
        let found = model.current(stage);
        if found.as_deref() != *expected {
            let message = format!(
                "the current {stage} version of {subject} is {}, but {} according to the last \
                 recorded move",
                named(found.as_deref()),
                named(*expected)
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
