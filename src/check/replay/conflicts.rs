//! Replays the outcome of resolved conflicts.

use super::super::finding::Severity;
use super::state::Replay;
use crate::gate::Gate;
use crate::manifest::{Action, Event, Model, Provenance};

impl Replay<'_> {
    /// Undoes the published moves that a resolved conflict gave up.
    pub(super) fn give_up(&mut self, added: &[Event]) {
        let resolved = added.iter().filter(|event| event.action == Some(Action::Resolve));
        self.dropped = resolved.flat_map(|event| event.dropped.iter().cloned()).collect();
        let Ok(model) = self.start.model(self.model) else { return };
        let history = model.history();
        let (retirements, mut moves): (Vec<_>, Vec<_>) = history
            .iter()
            .filter(|event| event.action != Some(Action::Resolve))
            .filter(|event| self.dropped.contains(&event.identity()))
            .partition(|event| matches!(event.action, Some(Action::Retire | Action::Unretire)));
        self.gives_up_published = !(retirements.is_empty() && moves.is_empty());
        for event in retirements {
            self.give_up_retirement(event, added);
        }
        let is_kept = |kept: &Event, given_up: &Event| {
            let is_rival = match kept.action {
                Some(Action::Retire) => kept.version == given_up.version,
                _ => kept.is_move(),
            };
            is_rival && !self.dropped.contains(&kept.identity())
        };
        let alone = |given_up: &&&Event| !added.iter().any(|kept| is_kept(kept, given_up));
        if let Some(event) = moves.last().filter(alone) {
            // A conflict has two sides. Without a move of its own, this is an undeclared rollback.
            let message =
                format!("{} was given up, and no other move was made", self.described(event));
            self.add(event, self.strictness.unrecorded, message, Vec::new());
        }
        while let Some(event) = moves.pop() {
            let last = self.state.model(self.model).ok().and_then(Model::last_move);
            if last.as_ref() != Some(event) || !self.state.undo_last_move(self.model) {
                self.misfit(event, "cannot be given up: later moves build on it");
                return;
            }
        }
    }

    /// Undoes a published retirement that a resolved conflict gave up for a move of the version.
    fn give_up_retirement(&mut self, event: &Event, added: &[Event]) {
        let is_move = |added: &Event| {
            added.version == event.version
                && added.is_move()
                && !self.dropped.contains(&added.identity())
        };
        let restored = event.time().is_some_and(|at| {
            let provenance = Provenance::at(at);
            self.state.unretire(self.model, &event.version, &provenance).is_ok()
        });
        if !(restored && added.iter().any(is_move)) {
            return self.misfit(event, "cannot be given up: no move replaces it");
        }
        let message = format!("{} is given up by a resolved conflict", self.described(event));
        self.add(event, self.strictness.forced, message, Vec::new());
    }

    /// Compares the outcome of a conflict with the state that the moves in effect lead to.
    ///
    /// The version that was kept was judged by what its branch saw. Against the version that was
    /// published in the meantime it is only compared: to choose a side needs no override.
    pub(super) fn resolved(&mut self, event: &Event) -> Result<(), String> {
        let Ok(model) = self.state.model(self.model) else { return Ok(()) };
        let Some(stage) = event.stage() else { return Err("names an unknown stage".to_owned()) };
        let unknown = event.dropped.iter().find(|dropped| !self.moves.contains(dropped));
        if let Some(unknown) = unknown {
            return Err(format!(
                "gives up a move of version `{}`, which is not in the history",
                unknown.version
            ));
        }
        let current = model.current(stage).unwrap_or_default();
        if current != event.version {
            return Err(format!(
                "does not fit: the moves in effect lead to `{current}`, not `{}`",
                event.version
            ));
        }
        if !self.gives_up_published {
            return Ok(());
        }
        let by = event.by.as_deref().unwrap_or("an unknown author");
        let replaced = event.replaced.as_deref().unwrap_or("none");
        let message = format!(
            "model `{}`: {by} resolved a conflict for `{}`; the published move to `{replaced}` does \
             not take effect",
            self.model, event.version
        );
        let (mut verdicts, mut may_fail) = (Vec::new(), true);
        if let Ok(published) = self.start.model(self.model)
            && let Some(candidate) = published.version(&event.version)
        {
            let gate = Gate { from: None, ..self.policy.gate(self.model, stage) };
            (verdicts, may_fail) = (gate.judge(published, candidate), gate.force);
        }
        let unmet = verdicts.iter().any(|verdict| !verdict.met);
        let severity = match unmet {
            true if !may_fail => Severity::Problem,
            true => self.strictness.forced,
            false => Severity::Warning,
        };
        self.add(event, severity, message, if unmet { verdicts } else { Vec::new() });
        Ok(())
    }
}
