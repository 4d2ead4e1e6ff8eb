//! Compares a model with the state that its events lead to.

use super::super::finding::{Finding, Subject};
use super::strictness::Strictness;
use crate::diff::versions_by_name;
use crate::error::named;
use crate::manifest::{Action, Event, Model, ModelVersion, Stage};

/// Returns whether a new event retired or restored a version, and an event records how it is retired.
/// Where both sides of a merge retired it, the first event counts, also if one side restored it without
/// knowing of the other.
fn is_recorded(version: &ModelVersion, history: &[Event], added: &[Event]) -> bool {
    let Some(retired) = version.retired() else { return false };
    let is_new = added.iter().any(|event| {
        matches!(event.action, Some(Action::Retire | Action::Unretire))
            && event.version == version.version()
    });
    is_new
        && history.iter().any(|event| {
            event.action == Some(Action::Retire)
                && event.version == version.version()
                && (&event.at, &event.by, &event.reason)
                    == (&retired.at, &retired.by, &retired.reason)
        })
}

/// Returns the pointers and labels that differ from those that the events lead to.
pub(super) fn unexplained(
    before: Option<&Model>,
    expected: &Model,
    found: &Model,
    added: &[Event],
    strictness: Strictness,
) -> Vec<Finding> {
    let severity = strictness.unrecorded;
    let subject = Subject::model(found.name());
    let mut findings = Vec::new();
    for stage in [Stage::Prod, Stage::Staging] {
        let (old, new) = (expected.current(stage), found.current(stage));
        if old != new {
            let message = format!(
                "the current {stage} version of {subject} changed from {} to {}, but no event records it",
                named(old.as_deref()),
                named(new.as_deref())
            );
            let field = Model::pointer(stage).unwrap_or_default();
            findings.push(Finding { severity, ..subject.problem(field, message) });
        }
    }
    let (old, new) = (expected.get("aliases"), found.get("aliases"));
    if old != new {
        let message = format!("the aliases of {subject} changed, but no event records it");
        findings.push(Finding { severity, ..subject.problem("aliases", message) });
    }
    let (expected, published) =
        (versions_by_name(expected), before.map(versions_by_name).unwrap_or_default());
    let history = found.history();
    for version in found.versions() {
        let name = version.version();
        let subject = Subject::of(found, version);
        let Some(old) = expected.get(name) else {
            let message = format!("{subject} is there, although an event removed it");
            findings.push(subject.problem("version", message));
            continue;
        };
        if old.stage() != version.stage() {
            let message = format!(
                "{subject} has stage {}, but {} according to its events",
                version.stage(),
                old.stage()
            );
            findings.push(Finding { severity, ..subject.problem("stage", message) });
        } else if old.retired() != version.retired() && !is_recorded(version, &history, added) {
            let message = format!("`retired` of {subject} changed, but no event records it");
            findings.push(Finding { severity, ..subject.problem("retired", message) });
        } else if old.promoted_at() != version.promoted_at() {
            // Where both sides of a merge promoted a version, the later time was kept.
            let at = version.promoted_at();
            let is_dropped =
                |event: &Event| event.dropped.iter().any(|moved| moved.version == name);
            let recorded = at.is_none() && added.iter().any(is_dropped);
            let recorded = recorded
                || added.iter().any(|event| {
                    let times = [event.at.as_deref(), event.promoted_before.as_deref()];
                    event.version == name && event.is_move() && times.contains(&at.as_deref())
                });
            let kept = published.get(name).is_some_and(|old| old.promoted_at() == at);
            if !recorded && !kept {
                let message =
                    format!("`promoted_at` of {subject} changed, but no event records it");
                findings.push(Finding { severity, ..subject.problem("promoted_at", message) });
            }
        }
    }
    findings
}
