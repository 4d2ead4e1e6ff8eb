//! Replays the moves that were recorded since a published manifest.
//!
//! The state of a model follows from the published one and the events added since: each event is
//! planned, judged and applied with the code that made it. A difference between the result and the
//! manifest is a change that no event explains.

mod conflicts;
mod events;
mod moves;
mod outcome;
mod state;
mod strictness;
mod unexplained;
mod upkeep;

pub use strictness::Strictness;

use json_document::{Object, Raw};

use super::explained;
use super::finding::{Finding, Subject};
use super::names::check_runs_of_published;
use crate::diff::{events, models_by_name, unmatched, versions_by_name};
use crate::gate::Policy;
use crate::manifest::{Event, Manifest, Model, ModelVersion, Stage};
use state::Replay;
use unexplained::unexplained;

/// Returns what is wrong with the moves that were made since a manifest was published, given the
/// policy that was published with it.
///
/// The events that are published must all be there, in their order. The new ones are applied after
/// them, wherever a merge has put them. Each must fit the state of its model: the version must be
/// where the event has it, and the version that it replaced must have been current. Each move is
/// judged by the gates of the policy, relative rules against the model as it was at that point.
///
/// If an event does not fit after all published ones, it may have been made on a branch that was
/// merged since. Then the moves are replayed from where the branch began, and merged.
///
/// ```
/// use model_registry::check::{Strictness, replay};
/// use model_registry::{Manifest, Policy};
///
/// let manifest = |stage: &str, current: &str| {
///     let text = format!(
///         r#"{{"models": {{"m": {{"versions": [
///             {{"version": "1", "run_id": "1", "artifact_path": "a", "stage": "{stage}"}}
///         ], "current_prod": {current}}}}}}}"#
///     );
///     text.parse::<Manifest>()
/// };
/// let (published, edited) = (manifest("dev", "null")?, manifest("prod", "\"1\"")?);
/// let findings = replay(&edited, &published, &Policy::default(), Strictness::default());
/// assert_eq!(
///     findings[0].message,
///     "the current prod version of model `m` changed from none to `1`, but no event records it"
/// );
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn replay(
    manifest: &Manifest,
    published: &Manifest,
    policy: &Policy,
    strictness: Strictness,
) -> Vec<Finding> {
    let published = models_by_name(published);
    let mut findings = Vec::new();
    for model in manifest.models() {
        let before = published.get(model.name()).copied();
        if before == Some(model) {
            continue;
        }
        let published_events = before.map(events).unwrap_or_default();
        let all = events(model);
        let added = unmatched(&all, &published_events);
        findings.extend(events_reordered(model, &all, &added, &published_events));
        if let Some(before) = before.filter(|before| !only_added_behind(before, model)) {
            findings.extend(versions_reordered(before, model));
            findings.extend(check_runs_of_published(before, model));
        }
        let added: Vec<Event> = added.iter().map(|event| Event::of(&event.value())).collect();
        let start = starting_point(manifest, before, model);
        let mut replay = Replay::new(start, model.name(), policy, strictness);
        replay.give_up(&added);
        replay.events(&added);
        let mut replay = replay.or_from_a_branch(&added);
        replay.judge_outcome(before, &added);
        findings.extend(replay.findings);
        let end = replay.state.model(model.name());
        let changed = end.map(|end| unexplained(before, end, model, &added, strictness));
        let changed = changed.unwrap_or_default();
        if changed.is_empty() {
            findings.extend(misplaced(before, model, strictness));
        }
        findings.extend(changed);
    }
    findings
}

/// Returns the pointers and labels that do not match the last moves in the file. Events can be replayed
/// wherever they are, but a rollback and a check without a revision use the order of the file.
fn misplaced(before: Option<&Model>, model: &Model, strictness: Strictness) -> Vec<Finding> {
    let known = before.map(explained::check_model).unwrap_or_default();
    let new = explained::check_model(model).into_iter().filter(|finding| !known.contains(finding));
    new.map(|finding| Finding { severity: strictness.unrecorded, ..finding }).collect()
}

/// Returns a problem if published events are in another order.
fn events_reordered<'e>(
    model: &Model,
    all: &[Raw<'e>],
    added: &[Raw<'e>],
    published: &[Raw<'_>],
) -> Option<Finding> {
    let (kept, present) = (without(all, added), without(published, &unmatched(published, all)));
    let in_order = kept.iter().zip(present).all(|(one, two)| one.same_meaning(two));
    let subject = Subject::model(model.name());
    let message = format!("the published events of {subject} are in another order");
    (!in_order).then(|| subject.problem("history", message))
}

/// Returns the other events than these, which are some of them in the same order.
fn without<'e>(events: &[Raw<'e>], some: &[Raw<'e>]) -> Vec<Raw<'e>> {
    let mut some = some.iter().peekable();
    let is_one = |event: &Raw<'_>, next: &Raw<'_>| std::ptr::eq(next.text(), event.text());
    let others = events.iter().filter(|event| some.next_if(|next| is_one(event, next)).is_none());
    others.copied().collect()
}

/// Returns whether new versions are all behind the published ones, as nearly always.
fn only_added_behind(before: &Model, after: &Model) -> bool {
    let names = |model| Model::versions(model).iter().map(ModelVersion::version);
    before.versions().len() <= after.versions().len()
        && names(before).zip(names(after)).all(|(old, new)| old == new)
}

/// Returns a problem if published versions are in another order, which decides what `@latest` is.
fn versions_reordered(before: &Model, after: &Model) -> Option<Finding> {
    let (old, new) = (versions_by_name(before), versions_by_name(after));
    let kept = before.versions().iter().filter(|version| new.contains_key(version.version()));
    let found = after.versions().iter().filter(|version| old.contains_key(version.version()));
    let in_order = kept.zip(found).all(|(one, two)| one.version() == two.version());
    let subject = Subject::model(after.name());
    let message = format!("the published versions of {subject} are in another order");
    (!in_order).then(|| subject.problem("versions", message))
}

/// Returns a manifest with one model as it was published, and the new versions of it in dev.
fn starting_point(manifest: &Manifest, before: Option<&Model>, after: &Model) -> Manifest {
    let style = manifest.style();
    let mut fields = before.unwrap_or(after).fields().clone();
    let mut versions: Vec<ModelVersion> = Vec::new();
    if let Some(before) = before {
        versions.extend(before.versions().iter().cloned());
    } else {
        for field in ["current_prod", "current_staging", "history", "aliases"] {
            fields.remove(field);
        }
    }
    let known = before.map(versions_by_name).unwrap_or_default();
    for version in after.versions().iter().filter(|v| !known.contains_key(v.version())) {
        versions.push(version.moved_to(Stage::Dev, None, style));
    }
    let model = after.with_fields(fields, versions);
    manifest.with_fields(Object::new(), vec![model])
}
