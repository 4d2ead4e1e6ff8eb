//! Finds times that a clock cannot have shown yet.

use std::borrow::Cow;

use super::finding::{Finding, Subject};
use crate::manifest::{Manifest, Timestamp};

/// Returns a warning for each time that is more than a day ahead of `now`, such as one that a
/// machine with a wrong clock wrote.
pub fn ahead(manifest: &Manifest, now: Timestamp) -> Vec<Finding> {
    let limit = now.next_day();
    let mut findings = Vec::new();
    let mut look = |subject: Subject<'_>, field: &str, at: Option<Cow<'_, str>>| {
        let time = at.as_deref().and_then(Timestamp::parse);
        if let Some(time) = time.filter(|time| *time > limit) {
            let message = format!("`{field}` of {subject} is {time}, which is in the future");
            findings.push(subject.warning(field, message));
        }
    };
    for model in manifest.models() {
        for version in model.versions() {
            let subject = Subject::of(model, version);
            look(subject, "created_at", version.created_at());
            look(subject, "promoted_at", version.promoted_at());
        }
        let subject = Subject { model: Some(model.name()), version: None };
        for event in model.history() {
            look(subject, "history", event.at.map(Cow::Owned));
        }
    }
    findings
}
