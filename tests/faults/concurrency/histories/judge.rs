//! Compares a manifest with the journals of its writers.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use model_registry::{Event, Manifest, Model, Stage};

use super::journal::{Change, Journal, Kind, Outcome};
use super::worker::MODELS;

/// Returns all problems: an acknowledged change that is missing, a refused one that was made,
/// changes in the wrong order, and a chain of moves that is not linear.
pub(crate) fn judge(path: &Path, journal: &Journal) -> Vec<String> {
    let mut problems = journal.problems.clone();
    let text = fs::read_to_string(path).unwrap_or_default();
    let manifest = match Manifest::parse(text, path) {
        Ok(manifest) => manifest,
        Err(error) => return [problems, vec![error.to_string()]].concat(),
    };
    for name in MODELS {
        let Ok(model) = manifest.model(name) else {
            problems.push(format!("model `{name}` is gone"));
            continue;
        };
        let versions = model.versions().iter().map(|version| version.version().to_owned());
        let versions: Vec<_> = versions.filter(|version| version != "v0").collect();
        let history = model.history();
        let moves: Vec<_> = history.iter().filter_map(|event| event.by.clone()).collect();
        let changes = |kind| {
            journal.changes.iter().filter(move |change| change.model == name && change.kind == kind)
        };
        problems.extend(compare(&versions, changes(Kind::Registered)));
        problems.extend(compare(&moves, changes(Kind::Moved)));
        problems.extend(chain(model, &history, changes(Kind::Moved)));
    }
    problems
}

/// Compares the changes in the manifest with the acknowledged ones, and their order with time.
fn compare<'c>(found: &[String], changes: impl Iterator<Item = &'c Change>) -> Vec<String> {
    let changes: HashMap<_, _> = changes.map(|change| (change.tag.as_str(), change)).collect();
    let there: HashSet<_> = found.iter().map(String::as_str).collect();
    let mut problems = Vec::new();
    if there.len() != found.len() {
        problems.push("duplicate change".to_owned());
    }
    for change in changes.values() {
        let exists = there.contains(change.tag.as_str());
        match change.outcome {
            Outcome::Done if !exists => problems.push(format!("lost: {change:?}")),
            Outcome::NotDone if exists => {
                problems.push(format!("refused but made: {change:?}"));
            }
            _ => {}
        }
    }
    let mut latest = 0;
    for tag in found {
        let Some(change) = changes.get(tag.as_str()) else {
            problems.push(format!("`{tag}` was made by nobody"));
            continue;
        };
        if change.ended < latest {
            problems.push(format!("ended before the change above it began: {change:?}"));
        }
        latest = latest.max(change.started);
    }
    problems
}

/// Each move replaces what the moves before it left there, and what it expected.
fn chain<'c>(
    model: &Model,
    history: &[Event],
    changes: impl Iterator<Item = &'c Change>,
) -> Vec<String> {
    let expected: HashMap<_, _> =
        changes.filter_map(|c| Some((c.tag.as_str(), c.expected.as_deref()?))).collect();
    let mut current: HashMap<Stage, String> = HashMap::new();
    let mut problems = Vec::new();
    for event in history {
        let stages = [Stage::Staging, Stage::Prod];
        let to = stages.into_iter().find(|stage| event.to.as_ref().is_some_and(|to| *to == *stage));
        let before = to.and_then(|stage| current.get(&stage)).cloned();
        let replaced = before.clone().filter(|version| *version != event.version);
        if event.replaced != replaced {
            problems.push(format!("a chain that is not linear: {replaced:?} before {event:?}"));
        }
        let by = event.by.as_deref().unwrap_or_default();
        if expected.get(by).is_some_and(|&version| version != before.as_deref().unwrap_or("none")) {
            problems.push(format!("expected something else than {before:?}: {event:?}"));
        }
        current.retain(|_, version| *version != event.version);
        if let Some(stage) = to {
            current.insert(stage, event.version.clone());
        }
    }
    for stage in [Stage::Staging, Stage::Prod] {
        let pointer = model.current(stage);
        if pointer.as_deref() != current.get(&stage).map(String::as_str) {
            problems.push(format!("current in {stage} is {pointer:?}, by the history {current:?}"));
        }
    }
    problems
}
