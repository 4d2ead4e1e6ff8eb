//! Finds changes to what a manifest has published.

use std::collections::HashSet;

use super::finding::{Finding, Subject};
use crate::diff::{FieldChange, VersionSummary, diff};
use crate::manifest::{Action, Event, Manifest, Model, Stage};

/// Finds changes to what an older manifest has published.
///
/// A published version must not be removed, except by a `prune` event if it is not the published version
/// in prod. Its run, artifact, creation time, training window,
/// features and metrics must not change, and no event may be lost from the history. The stage,
/// the description and the pointers can change, and events can be added.
pub fn against(manifest: &Manifest, published: &Manifest) -> Vec<Finding> {
    let diff = diff(published, manifest);
    let gone: HashSet<&str> = diff.models_gone.iter().copied().collect();
    let mut findings = Vec::new();
    for model in published.models().iter().filter(|model| gone.contains(model.name())) {
        let name = model.name();
        let message = match model.versions().len() {
            0 if model.history().is_empty() => continue,
            0 => format!("published model `{name}` and its history were removed"),
            1 => format!("published model `{name}` and its version were removed"),
            count => format!("published model `{name}` and its {count} versions were removed"),
        };
        findings.push(Subject { model: Some(name), version: None }.finding(None, message));
    }
    let pruned: HashSet<(&str, String)> = diff
        .events_added
        .iter()
        .map(|added| (added.model, Event::of(&added.event)))
        .filter(|(_, event)| event.action == Some(Action::Prune))
        .flat_map(|(model, event)| event.versions.into_iter().map(move |name| (model, name)))
        .collect();
    let is_pruned = |version: &VersionSummary<'_>| {
        pruned.contains(&(version.model, version.version.to_owned()))
    };
    let versions = diff.versions_gone.iter().filter(|version| !gone.contains(version.model));
    for version in versions {
        let subject = Subject::version(version.model, version.version);
        // The replay checks that these could be removed.
        let message = if !is_pruned(version) {
            format!("published {subject} was removed")
        } else if is_current(published, version) {
            format!("{subject} was removed, and is the published version in prod")
        } else {
            continue;
        };
        findings.push(subject.finding(None, message));
    }
    findings.extend(diff.rewritten.iter().map(rewritten));
    // Other tools keep what they measured in keys of their own.
    let unknown = diff.unknown.iter().filter(|change| change.version.is_some());
    findings.extend(
        unknown.filter(|change| !["tags", "retired"].contains(&&*change.field)).map(rewritten),
    );
    let removed: Vec<&str> = manifest
        .models()
        .iter()
        .filter(|model| model.history().is_empty())
        .filter(|model| published.model(model.name()).is_ok_and(|old| !old.history().is_empty()))
        .map(Model::name)
        .collect();
    for model in &removed {
        let subject = Subject { model: Some(model), version: None };
        let message = format!(
            "the history of {subject} was removed; a tool that does not know it rewrote the file"
        );
        findings.push(subject.problem("history", message));
    }
    for event in diff.events_gone.iter().filter(|event| !removed.contains(&event.model)) {
        let subject = Subject { model: Some(event.model), version: None };
        let message = format!("the history of {subject} lacks the published event {}", event.event);
        findings.push(subject.problem("history", message));
    }
    findings
}

/// Returns whether a version is current in prod.
fn is_current(manifest: &Manifest, version: &VersionSummary<'_>) -> bool {
    let model = manifest.model(version.model);
    model.is_ok_and(|model| model.current(Stage::Prod).as_deref() == Some(version.version))
}

fn rewritten(change: &FieldChange<'_>) -> Finding {
    let subject = Subject { model: change.model, version: change.version };
    let field = &change.field;
    let message = match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            format!("`{field}` of {subject} was published as {old} and is now {new}")
        }
        (Some(old), None) => {
            format!("`{field}` of {subject} was published as {old} and is now missing")
        }
        (None, Some(new)) => format!("`{field}` of {subject} was not published and is now {new}"),
        (None, None) => format!("`{field}` of {subject} changed"),
    };
    subject.problem(field, message)
}
