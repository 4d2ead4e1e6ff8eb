//! Whether a manifest is what the journals of its writers say.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use model_registry::{Event, Manifest, Model, Stage};

use super::journal::{Change, Journal, Kind, Outcome};
use super::worker::MODELS;

/// Everything that is wrong: a change that was acknowledged and is not there, one that is there
/// and was refused, changes in another order than in time, a chain of moves that is not linear.
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

/// What is there against what was acknowledged, and the order of it against the time.
fn compare<'c>(found: &[String], changes: impl Iterator<Item = &'c Change>) -> Vec<String> {
    let changes: HashMap<_, _> = changes.map(|change| (change.tag.as_str(), change)).collect();
    let there: HashSet<_> = found.iter().map(String::as_str).collect();
    let mut problems = Vec::new();
    if there.len() != found.len() {
        problems.push("a change is there twice".to_owned());
    }
    for change in changes.values() {
        let is_there = there.contains(change.tag.as_str());
        match change.outcome {
            Outcome::Done if !is_there => problems.push(format!("lost: {change:?}")),
            Outcome::NotDone if is_there => {
                problems.push(format!("there all the same: {change:?}"));
            }
            _ => {}
        }
    }
    let mut latest = 0;
    for tag in found {
        let Some(change) = changes.get(tag.as_str()) else {
            problems.push(format!("`{tag}` is there, and nobody made it"));
            continue;
        };
        if change.ended < latest {
            problems.push(format!("ended before what stands above it began: {change:?}"));
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
