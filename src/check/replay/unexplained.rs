//! Compares a model with the state that its events lead to.

use super::super::finding::{Finding, Subject};
use super::strictness::Strictness;
use crate::diff::versions_by_name;
use crate::error::named;
use crate::manifest::{Action, Event, Model, ModelVersion, Stage};

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
    if expected.get("aliases") != found.get("aliases") {
        findings.push(Finding { severity, ..unrecorded(subject, "aliases", "the aliases") });
    }
    let (expected, published) =
        (versions_by_name(expected), before.map(versions_by_name).unwrap_or_default());
    let history = found.history();
    for version in found.versions() {
        let subject = Subject::of(found, version);
        let Some(expected) = expected.get(version.version()) else {
            let message = format!("{subject} is there, although an event removed it");
            findings.push(subject.problem("version", message));
            continue;
        };
        let published = published.get(version.version());
        let finding = if expected.stage() != version.stage() {
            let message = format!(
                "{subject} has stage {}, but {} according to its events",
                version.stage(),
                expected.stage()
            );
            subject.problem("stage", message)
        } else if expected.retired() != version.retired()
            && !is_retirement_recorded(version, &history, added)
        {
            unrecorded(subject, "retired", "`retired`")
        } else if expected.promoted_at() != version.promoted_at()
            && published.is_none_or(|old| old.promoted_at() != version.promoted_at())
            && !is_promotion_recorded(version, added)
        {
            unrecorded(subject, "promoted_at", "`promoted_at`")
        } else {
            continue;
        };
        findings.push(Finding { severity, ..finding });
    }
    findings
}

fn unrecorded(subject: Subject<'_>, field: &str, what: &str) -> Finding {
    subject.problem(field, format!("{what} of {subject} changed, but no event records it"))
}

/// Returns whether a new event retired or restored a version, and an event records how it is retired.
/// Where both sides of a merge retired it, the first event counts, also if one side restored it without
/// knowing of the other.
fn is_retirement_recorded(version: &ModelVersion, history: &[Event], added: &[Event]) -> bool {
    let Some(retired) = version.retired() else { return false };
    let is_changed = added.iter().any(|event| {
        matches!(event.action, Some(Action::Retire | Action::Unretire))
            && event.version == version.version()
    });
    is_changed
        && history.iter().any(|event| {
            event.action == Some(Action::Retire)
                && event.version == version.version()
                && (&event.at, &event.by, &event.reason)
                    == (&retired.at, &retired.by, &retired.reason)
        })
}

/// Returns whether the promotion time of a version is that of any new move of it, since a merge keeps
/// the later one of both sides, or is missing because a resolved conflict dropped its promotion.
fn is_promotion_recorded(version: &ModelVersion, added: &[Event]) -> bool {
    let (name, at) = (version.version(), version.promoted_at());
    added.iter().any(|event| {
        let times = [event.at.as_deref(), event.promoted_before.as_deref()];
        let is_time = event.version == name && event.is_move() && times.contains(&at.as_deref());
        is_time || (at.is_none() && event.dropped.iter().any(|moved| moved.version == name))
    })
}
