//! Replays a list of events, after the published ones or on a branch that was merged.

use super::super::finding::Severity;
use super::state::Replay;
use crate::manifest::{Action, Event};
use crate::merge::merge;

/// The most published moves that a replay undoes to find where a branch began.
const MAX_UNDONE: usize = 100;

/// The most events that these attempts read, all together.
const MAX_READ: usize = 20_000;

/// Returns whether a resolved conflict can leave an event without effect.
pub(super) fn can_be_given_up(action: Action) -> bool {
    action.is_move() || matches!(action, Action::Retire | Action::Unretire)
}

/// Returns a field that no event of this action has. The history is read by its fields, so that a
/// note with those of a move or of a resolved conflict would count as one.
fn foreign_field(event: &Event) -> Option<&'static str> {
    let action = event.action?;
    let is_move = action.is_move();
    let is_resolve = action == Action::Resolve;
    let fields = [
        ("from", event.from.is_some(), is_move || is_resolve),
        ("to", event.to.is_some(), is_move || is_resolve),
        ("replaced", event.replaced.is_some(), is_move || is_resolve || action == Action::Alias),
        ("promoted_before", event.promoted_before.is_some(), is_move),
        ("unmet", event.forced || !event.unmet.is_empty(), is_move),
        ("dropped", !event.dropped.is_empty(), is_resolve),
        ("versions", !event.versions.is_empty(), action == Action::Prune),
        ("alias", event.alias.is_some(), action == Action::Alias),
        ("changed", !event.changed.is_empty(), action == Action::Describe),
    ];
    fields.into_iter().find(|(_, has, may_have)| *has && !may_have).map(|(field, ..)| field)
}

impl Replay<'_> {
    pub(super) fn events(&mut self, events: &[Event]) {
        for event in events {
            // Other events are replayed in any case, so that no resolved conflict can hide them.
            if event.action.is_some_and(can_be_given_up) && self.dropped.contains(&event.identity())
            {
                self.moves.insert(event.identity());
                continue;
            }
            if event.is_move() && !self.moves.insert(event.identity()) {
                self.misfit(event, "repeats another move of the same time");
                continue;
            }
            if let Some(field) = foreign_field(event) {
                self.misfit(
                    event,
                    &format!("contains `{field}`, which only another action records"),
                );
                continue;
            }
            let misfit = match event.action {
                Some(Action::Promote | Action::Rollback) => self.step(event),
                Some(Action::Resolve) => self.resolved(event),
                Some(Action::Alias) => self.alias(event),
                Some(Action::Retire | Action::Unretire) => self.retirement(event),
                Some(Action::Prune) => self.prune(event),
                // Descriptions and tags may change freely.
                Some(Action::Describe) => Ok(()),
                None => Err("has an unknown action".to_owned()),
            };
            if let Err(problem) = misfit {
                self.misfit(event, &problem);
            }
        }
    }

    pub(super) fn misfit(&mut self, event: &Event, problem: &str) {
        self.misfits = true;
        let message = format!("{} {problem}", self.described(event));
        self.add(event, Severity::Problem, message, Vec::new());
    }

    /// Replays the events from where a branch began, and merges the result, if they did not
    /// fit after all published events.
    pub(super) fn or_from_a_branch(self, added: &[Event]) -> Self {
        if !self.misfits || !self.dropped.is_empty() {
            return self;
        }
        let mut fork = self.start.clone();
        // Each attempt reads the history, so that a long one allows fewer of them.
        let length = self.start.model(self.model).map_or(0, |model| model.events().count());
        for _ in 0..MAX_UNDONE.min(MAX_READ / length.max(1)) {
            if !fork.undo_last_move(self.model) {
                break;
            }
            let mut branch = Replay::new(fork.clone(), self.model, self.policy, self.strictness);
            branch.events(added);
            if branch.misfits {
                continue;
            }
            let merged = merge(&fork, &self.start, &branch.state);
            if merged.conflicts.is_empty() {
                branch.state = merged.manifest;
                return branch;
            }
        }
        self
    }
}
