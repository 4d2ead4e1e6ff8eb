//! Resolves the conflicts of a merge for one side.

use std::borrow::Cow;
use std::collections::BTreeSet;

use json_document::Raw;

use super::{Conflict, Dispute, Restored, Side, merge_whole, restore::restore_sides};
use crate::diff::{events, unmatched, versions_by_name};
use crate::manifest::{Action, Event, Manifest, Model, Provenance, Stage};

/// The result of resolving conflicts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolution {
    /// The merged manifest.
    pub manifest: Manifest,
    /// The conflicts, all resolved for the preferred side.
    pub conflicts: Vec<Conflict>,
    /// The models whose moves were in conflict, each with the event that records the outcome.
    pub models: Vec<(String, Event)>,
    /// Parts that one side lost to a tool that does not know them. The merged manifest contains them.
    pub restored: Vec<Restored>,
}

/// Merges again, and prefers one side wherever both want something different.
///
/// Where both sides moved the versions of a model, all moves of the preferred side take effect, and
/// none of those that only the other side made: its versions return to where the preferred side has
/// them, and those that it does not have to dev. An event records which moves were given up. What
/// both sides registered is kept.
pub fn resolve(
    base: &Manifest,
    ours: &Manifest,
    theirs: &Manifest,
    prefer: Side,
    provenance: &Provenance<'_>,
) -> Resolution {
    let ([ours, theirs], restored) = restore_sides(base, ours, theirs);
    let (kept, other) = if prefer == Side::Ours { (&ours, &theirs) } else { (&theirs, &ours) };
    let (mut manifest, mut conflicts) = merge_whole(base, kept, other);
    let is_move = |conflict: &&Conflict| {
        use Dispute::{Pointer, Retired, Stage};
        matches!(conflict.kind, Pointer(_) | Stage { .. } | Retired { .. })
    };
    let moved: BTreeSet<&str> =
        conflicts.iter().filter(is_move).filter_map(|conflict| conflict.model.as_deref()).collect();
    let mut models = Vec::new();
    for name in moved {
        let (Ok(kept), Ok(other)) = (kept.model(name), other.model(name)) else { continue };
        // The kept side is ours in this merge.
        let retired = conflicts.iter().filter(|conflict| {
            conflict.model.as_deref() == Some(name)
                && matches!(conflict.kind, Dispute::Retired { by: Side::Theirs, .. })
        });
        let retired: Vec<&str> =
            retired.filter_map(|conflict| conflict.version.as_deref()).collect();
        let event = resolution_event(kept, other, &retired, provenance);
        if let Some(event) = manifest.take_moves_of(kept, event) {
            models.push((name.to_owned(), event));
        }
    }
    for (name, event) in alias_events(&manifest, &conflicts, other, provenance) {
        manifest.record_resolved(&name, event);
    }
    if prefer == Side::Theirs && !conflicts.is_empty() {
        // With the sides under their own names.
        conflicts = merge_whole(base, &ours, &theirs).1;
    }
    Resolution { manifest, conflicts, models, restored }
}

/// Returns events that set aliases, which both sides set, to the version of the kept side: the events of the
/// other side are in the history as well, and may be the last ones.
fn alias_events(
    merged: &Manifest,
    conflicts: &[Conflict],
    other: &Manifest,
    provenance: &Provenance<'_>,
) -> Vec<(String, Event)> {
    let named = |manifest: &Manifest, model: &str, alias: &str| {
        let aliases = manifest.model(model).map(Model::aliases).unwrap_or_default();
        let found = aliases.into_iter().find(|(name, _)| name == alias);
        found.map(|(_, version)| version.into_owned())
    };
    let event = |conflict: &Conflict| {
        let (model, field) = (conflict.model.as_deref()?, conflict.field.as_deref()?);
        let alias = field.strip_prefix("aliases.").filter(|_| conflict.version.is_none())?;
        let event = Event {
            action: Some(Action::Alias),
            version: named(merged, model, alias).unwrap_or_default(),
            alias: Some(alias.to_owned()),
            replaced: named(other, model, alias),
            by: provenance.by.map(ToOwned::to_owned),
            reason: provenance.reason.map(ToOwned::to_owned),
            at: Some(provenance.at.to_string()),
            ..Event::default()
        };
        Some((model.to_owned(), event))
    };
    conflicts.iter().filter_map(event).collect()
}

/// Returns the event that records that the moves of one side are kept, and those of the other and its
/// retirements of these versions do not take effect.
fn resolution_event(
    kept: &Model,
    other: &Model,
    retired: &[&str],
    provenance: &Provenance<'_>,
) -> Event {
    let differs = |stage: &Stage| kept.current(*stage) != other.current(*stage);
    let stage = [Stage::Prod, Stage::Staging].into_iter().find(differs).unwrap_or(Stage::Prod);
    let named = |model: &Model| model.current(stage).map(Cow::into_owned);
    let dropped = unmatched(&events(other), &events(kept));
    let dropped = dropped.iter().map(|event: &Raw<'_>| Event::of(&event.value()));
    let is_dropped = |event: &Event| match event.action {
        Some(Action::Retire | Action::Unretire) => retired.contains(&event.version.as_str()),
        _ => event.is_move(),
    };
    Event {
        at: Some(provenance.at.to_string()),
        action: Some(Action::Resolve),
        version: named(kept).unwrap_or_default(),
        to: Some(stage.into()),
        replaced: named(other).filter(|_| differs(&stage)),
        by: provenance.by.map(ToOwned::to_owned),
        reason: provenance.reason.map(ToOwned::to_owned),
        dropped: dropped.filter(is_dropped).map(|event| event.identity()).collect(),
        ..Event::default()
    }
}

/// Replaces one model of a manifest by the same model of another one.
pub fn take_model(into: &Manifest, from: &Manifest, name: &str) -> Manifest {
    let chosen = versions_of(from, name);
    let models = into.models().iter().map(|model| match &chosen {
        Some(chosen) if model.name() == name => chosen.clone(),
        _ => model.clone(),
    });
    into.with_fields(into.fields().clone(), models.collect())
}

fn versions_of(manifest: &Manifest, name: &str) -> Option<Model> {
    manifest.models().iter().find(|model| model.name() == name).cloned()
}

impl Manifest {
    /// Adds an event of a resolved conflict to the history of a model.
    fn record_resolved(&mut self, model: &str, event: Event) {
        let style = self.style().clone();
        let Some(at) = event.time() else { return };
        let recorded = self.edit_model(model, at, |model, at| {
            model.record(&Event { at: Some(at.to_string()), ..event }, &style);
        });
        debug_assert!(recorded.is_ok(), "the conflict is about a model of the manifest");
    }

    /// Gives the pointers and labels of a model the values that one side has, and records why.
    fn take_moves_of(&mut self, kept: &Model, event: Event) -> Option<Event> {
        let style = self.style().clone();
        let at = event.time()?;
        let places = versions_by_name(kept);
        let recorded = self.edit_model(kept.name(), at, |model, at| {
            for stage in [Stage::Prod, Stage::Staging] {
                model.point(stage, kept.current(stage).as_deref(), &style);
            }
            let moved: Vec<_> = model
                .versions()
                .iter()
                .map(|version| match places.get(version.version()) {
                    Some(place) => {
                        version.moved_to(place.stage(), place.promoted_at().as_deref(), &style)
                    }
                    None => version.moved_to(Stage::Dev, None, &style),
                })
                .collect();
            *model = model.with_fields(model.fields().clone(), moved);
            let event = Event { at: Some(at.to_string()), ..event };
            model.record(&event, &style);
            event
        });
        recorded.ok()
    }
}
