//! Checks one model: its pointers and its history.

use std::collections::HashSet;

use super::clock::Limit;
use super::finding::{Finding, Subject};
use super::names::check_names_of_versions;
use super::sound::SoundVersions;
use super::values::{check_tags, flawed, time};
use super::version::check_version;
use crate::manifest::{Model, ModelVersion, Stage, Timestamp, Value, valid};

pub(super) fn check_model(model: &Model, limit: Limit, findings: &mut Vec<Finding>) {
    let subject = Subject::model(model.name());
    let flaw = valid::flaw_of_name("model", model.name());
    findings.extend(flawed(subject, None, &format!("the name of {subject}"), flaw));
    if let Some(name) = model.get("name").filter(|name| name.as_str() != Some(model.name())) {
        findings.push(subject.problem("name", format!("`name` of {subject} is {name}")));
    }
    check_tags(subject, model.tags().into_iter().map(|(tag, _)| tag), findings);
    check_pointers(subject, model, findings);
    check_aliases(subject, model, findings);
    let mut sound = SoundVersions::default();
    for version in model.versions() {
        let is_sound = sound.includes(version);
        if !is_sound {
            check_version(Subject::of(model, version), version, findings);
        }
        if !(is_sound && limit.allows(sound.last_time())) {
            limit.check_version(model, version, findings);
        }
    }
    check_names_of_versions(model, findings);
    check_history(subject, model, limit, findings);
}

fn check_pointers(subject: Subject<'_>, model: &Model, findings: &mut Vec<Finding>) {
    for stage in [Stage::Prod, Stage::Staging] {
        let (Some(field), Some(current)) = (Model::pointer(stage), model.current(stage)) else {
            continue;
        };
        let pointer = format!("the current {stage} version of {subject} is `{current}`, which");
        let Some(version) = model.version(&current) else {
            findings.push(subject.problem(field, format!("{pointer} does not exist")));
            continue;
        };
        let subject = Subject::of(model, version);
        if version.stage() != stage {
            let message = format!("{pointer} has stage {}", version.stage());
            findings.push(subject.problem(field, message));
        } else if version.retired().is_some() {
            let message = format!("{subject} is retired and current in {stage}");
            findings.push(subject.warning("retired", message));
        }
    }
}

fn check_aliases(subject: Subject<'_>, model: &Model, findings: &mut Vec<Finding>) {
    let Some(Value::Object(aliases)) = model.get("aliases") else { return };
    let present: HashSet<&str> = model.versions().iter().map(ModelVersion::version).collect();
    for (alias, version) in &aliases {
        let (field, what) =
            (format!("aliases.{alias}"), format!("the alias `@{alias}` of {subject}"));
        let flaw = valid::flaw_of_alias(alias);
        findings.extend(flawed(subject, Some(&field), &what, flaw));
        let problem = match version.as_str() {
            None => format!("points to {version}, which is not a string"),
            Some(name) if present.contains(name) => continue,
            Some(name) => format!("points to `{name}`, which does not exist"),
        };
        findings.push(subject.problem(&field, format!("{what} {problem}")));
    }
}

fn check_history(subject: Subject<'_>, model: &Model, limit: Limit, findings: &mut Vec<Finding>) {
    let mut last: Option<Timestamp> = None;
    for (index, event) in model.events().enumerate() {
        let number = index + 1;
        let event = event.value();
        let Some(at) = event.get("at").and_then(time) else {
            let problem = match event.get("at") {
                Some(at) => format!("has the invalid timestamp {at}"),
                None => "has no time".to_owned(),
            };
            let message = format!("event {number} in the history of {subject} {problem}");
            findings.push(subject.problem("history", message));
            continue;
        };
        if let Some(last) = last.filter(|last| at < *last) {
            let message = format!(
                "event {number} in the history of {subject} is of {at}, before the one in front of \
                 it, which is of {last}"
            );
            // A clock that was behind. The order of the file counts.
            findings.push(subject.warning("history", message));
        }
        findings.extend(limit.warning(subject, "history", at));
        last = last.max(Some(at));
    }
}
