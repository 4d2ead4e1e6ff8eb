//! The state of a replay: how far it has come, and what it has found.

use std::collections::HashSet;

use super::super::finding::{Finding, Severity};
use super::strictness::Strictness;
use crate::gate::{Policy, Verdict};
use crate::manifest::{Action, DroppedMove, Event, Manifest};

/// A replay of the events of one model.
pub(super) struct Run<'r> {
    pub(super) start: Manifest,
    pub(super) state: Manifest,
    pub(super) model: &'r str,
    pub(super) policy: &'r Policy,
    pub(super) strictness: Strictness,
    pub(super) findings: Vec<Finding>,
    /// The moves that resolved conflicts gave up.
    pub(super) dropped: HashSet<DroppedMove>,
    /// Whether published moves are among them.
    pub(super) gives_up_published: bool,
    /// Whether an event did not fit.
    pub(super) misfits: bool,
    /// The events that removed versions so far.
    pub(super) pruned: Vec<Event>,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        start: Manifest,
        model: &'r str,
        policy: &'r Policy,
        strictness: Strictness,
    ) -> Self {
        let state = start.clone();
        Self {
            start,
            state,
            model,
            policy,
            strictness,
            findings: Vec::new(),
            dropped: HashSet::new(),
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
        let to = event.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
        let at = event.at.as_deref().unwrap_or("an unknown time");
        format!("the {action} of version `{}`{to} at {at} in model `{}`", event.version, self.model)
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
