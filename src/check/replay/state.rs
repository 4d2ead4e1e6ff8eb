//! The state of a replay: how far it has come, and what it has found.

use std::collections::HashSet;

use super::super::finding::{Finding, Severity};
use super::events::can_be_given_up;
use super::strictness::Strictness;
use crate::gate::{Policy, Verdict};
use crate::manifest::{Action, DroppedMove, Event, Manifest, Model};

/// A replay of the events of one model.
pub(super) struct Replay<'r> {
    /// The model as it was published, with the new versions in dev.
    pub(super) start: Manifest,
    /// The model after the events that were replayed so far.
    pub(super) state: Manifest,
    pub(super) model: &'r str,
    pub(super) policy: &'r Policy,
    pub(super) strictness: Strictness,
    pub(super) findings: Vec<Finding>,
    /// The moves that resolved conflicts gave up.
    pub(super) dropped: HashSet<DroppedMove>,
    /// `true` if `dropped` contains published moves.
    pub(super) gives_up_published: bool,
    /// The published moves, and those that were replayed or given up so far.
    pub(super) moves: HashSet<DroppedMove>,
    /// Whether an event did not fit.
    pub(super) misfits: bool,
    /// The events that removed versions so far.
    pub(super) pruned: Vec<Event>,
}

impl<'r> Replay<'r> {
    pub(super) fn new(
        start: Manifest,
        model: &'r str,
        policy: &'r Policy,
        strictness: Strictness,
    ) -> Self {
        let state = start.clone();
        let published = start.models().iter().flat_map(Model::history);
        let moves = published.filter(|event| event.action.is_some_and(can_be_given_up));
        let moves = moves.map(|event| event.identity()).collect();
        Self {
            start,
            state,
            model,
            policy,
            strictness,
            findings: Vec::new(),
            dropped: HashSet::new(),
            moves,
            gives_up_published: false,
            misfits: false,
            pruned: Vec::new(),
        }
    }

    pub(super) fn described(&self, event: &Event) -> String {
        let action = match event.action {
            Some(Action::Promote) => "promotion",
            Some(action) => action.as_str(),
            None => "event",
        };
        let subject = if event.version.is_empty() {
            String::new()
        } else {
            format!(" of version `{}`", event.version)
        };
        let to = event.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let at = event.at.as_deref().unwrap_or("an unknown time");
        format!("the {action}{subject}{to} at {at} in model `{}`", self.model)
    }

    pub(super) fn add(
        &mut self,
        event: &Event,
        severity: Severity,
        message: String,
        verdicts: Vec<Verdict>,
    ) {
        let version = Some(event.version.clone()).filter(|version| !version.is_empty());
        self.findings.push(Finding {
            severity,
            model: Some(self.model.to_owned()),
            version,
            field: Some("history".to_owned()),
            message,
            verdicts,
        });
    }
}
