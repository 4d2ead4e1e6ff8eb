//! Reports artifacts that are not what was registered.

use super::finding::{Finding, Subject};
use crate::artifact::State;
use crate::manifest::{Model, ModelVersion};
use crate::secret::redact;

/// Reports the artifacts that are not what was registered, from their states in the same order.
pub fn artifacts(versions: &[(&Model, &ModelVersion)], states: &[State]) -> Vec<Finding> {
    let found = versions.iter().zip(states).filter_map(|((model, version), state)| {
        let subject = Subject::of(model, version);
        let path = version.artifact_path();
        let path = redact(&path);
        let message = match state {
            State::Missing => format!("the artifact `{path}` of {subject} does not exist"),
            State::Changed { found_digest, .. } => format!(
                "the artifact `{path}` of {subject} has changed: its digest is {found_digest}, \
                 not {}",
                version.string("artifact_digest").unwrap_or_default()
            ),
            State::NotChecked { problem } => {
                format!("the artifact `{path}` of {subject} was not checked: {problem}")
            }
            State::Unreadable { problem } => {
                format!("the artifact `{path}` of {subject} cannot be verified: {problem}")
            }
            // Part of what `check` reports about every version.
            _ => return None,
        };
        Some(subject.problem("artifact_path", message))
    });
    found.collect()
}
