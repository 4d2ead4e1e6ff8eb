//! Finds changes to what a manifest has published.

use std::collections::HashSet;

use super::finding::{Finding, Subject};
use crate::diff::{Diff, FieldChange, VersionSummary, diff};
use crate::manifest::{Action, Event, Manifest, Model, Stage};

/// Finds changes to what an older manifest has published.
///
/// A published version must not be removed, unless a `prune` event removed it and it was not the
/// published version in prod. Its run, artifact, creation time, training window, features and metrics
/// must not change, and no event may be lost from the history. The stage, the description and the
/// pointers can change, and events can be added.
pub fn against(manifest: &Manifest, published: &Manifest) -> Vec<Finding> {
    let diff = diff(published, manifest);
    let gone: HashSet<&str> = diff.models_gone.iter().copied().collect();
    let mut findings = removed_models(&gone, published);
    findings.extend(removed_versions(&diff, &gone, published));
    findings.extend(diff.rewritten.iter().map(rewritten));
    // Other tools keep what they measured in keys of their own.
    let unknown = diff.unknown.iter().filter(|change| change.version.is_some());
    findings.extend(
        unknown.filter(|change| !["tags", "retired"].contains(&&*change.field)).map(rewritten),
    );
    findings.extend(lost_events(&diff, manifest));
    findings
}

fn removed_models(gone: &HashSet<&str>, published: &Manifest) -> Vec<Finding> {
    let finding = |model: &Model| {
        let subject = Subject::model(model.name());
        let message = match model.versions().len() {
            0 if model.history().is_empty() => return None,
            0 => format!("published {subject} and its history were removed"),
            1 => format!("published {subject} and its version were removed"),
            count => format!("published {subject} and its {count} versions were removed"),
        };
        Some(subject.finding(None, message))
    };
    let models = published.models().iter().filter(|model| gone.contains(model.name()));
    models.filter_map(finding).collect()
}

/// Reports versions that were removed from a model that still exists. The replay checks whether
/// `prune` could remove a version.
fn removed_versions(diff: &Diff<'_>, gone: &HashSet<&str>, published: &Manifest) -> Vec<Finding> {
    let pruned: HashSet<(&str, String)> = diff
        .events_added
        .iter()
        .map(|added| (added.model, Event::of(&added.event)))
        .filter(|(_, event)| event.action == Some(Action::Prune))
        .flat_map(|(model, event)| event.versions.into_iter().map(move |name| (model, name)))
        .collect();
    let finding = |version: &VersionSummary<'_>| {
        let subject = Subject::version(version.model, version.version);
        let message = if !pruned.contains(&(version.model, version.version.to_owned())) {
            format!("published {subject} was removed")
        } else if published
            .model(version.model)
            .is_ok_and(|model| model.is_current(version.version, Stage::Prod))
        {
            format!("{subject} was removed, and is the published version in prod")
        } else {
            return None;
        };
        Some(subject.finding(None, message))
    };
    let versions = diff.versions_gone.iter().filter(|version| !gone.contains(version.model));
    versions.filter_map(finding).collect()
}

/// Reports events that were lost, or once for a model that its whole history was removed.
fn lost_events(diff: &Diff<'_>, manifest: &Manifest) -> Vec<Finding> {
    let losing: HashSet<&str> = diff.events_gone.iter().map(|event| event.model).collect();
    let models = manifest.models().iter().filter(|model| losing.contains(model.name()));
    let emptied = models.filter(|model| model.history().is_empty());
    let emptied: Vec<&str> = emptied.map(Model::name).collect();
    let mut findings = Vec::new();
    for model in &emptied {
        let subject = Subject::model(model);
        let message = format!(
            "the history of {subject} was removed; a tool that does not know it rewrote the file"
        );
        findings.push(subject.problem("history", message));
    }
    for event in diff.events_gone.iter().filter(|event| !emptied.contains(&event.model)) {
        let subject = Subject::model(event.model);
        let message = format!("the history of {subject} lacks the published event {}", event.event);
        findings.push(subject.problem("history", message));
    }
    findings
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
