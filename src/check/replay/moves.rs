//! Replays promotions and rollbacks.

use super::super::finding::Severity;
use super::state::Replay;
use crate::artifact::State;
use crate::error::{listed, named};
use crate::gate::{ArtifactDemand, Gate, Verdict, judge};
use crate::manifest::{Action, Event, Model, ModelVersion, Move, Provenance, Stage, Timestamp};

impl Replay<'_> {
    /// Plans, judges and applies a move as it is recorded.
    pub(super) fn step(&mut self, event: &Event) -> Result<(), String> {
        let Ok(model) = self.state.model(self.model) else {
            return Err("is of a model that is not there".to_owned());
        };
        let (plan, at) = plan(model, event)?;
        fits(model, &plan, event)?;
        if event.forced && event.unmet.is_empty() {
            return Err("claims to have overridden rules, and names none".to_owned());
        }
        let reason = event.reason.as_deref();
        if plan.action == Action::Promote {
            let gate = self.policy.gate(self.model, plan.to);
            let mut verdicts = judge(std::slice::from_ref(&gate), model, &plan, reason);
            verdicts.extend(
                model.version(&event.version).and_then(|version| without_digest(&gate, version)),
            );
            self.judged(event, verdicts, gate.force);
        } else if event.forced {
            return Err("is a rollback that claims to have overridden rules".to_owned());
        }
        let provenance = Provenance { at, by: event.by.as_deref(), reason, unmet: &event.unmet };
        self.state.apply(&plan, &provenance).map_err(|error| format!("does not fit: {error}"))
    }

    /// Reports a move that failed a gate, which may allow to override it.
    fn judged(&mut self, event: &Event, verdicts: Vec<Verdict>, can_force: bool) {
        let unmet: Vec<&str> =
            verdicts.iter().filter(|verdict| !verdict.met).map(|v| v.rule.as_str()).collect();
        let described = self.described(event);
        let hidden: Vec<&str> = unmet
            .iter()
            .copied()
            .filter(|rule| !(event.forced && event.unmet.iter().any(|claimed| claimed == rule)))
            .collect();
        if !hidden.is_empty() {
            let message =
                format!("{described} does not meet the published policy: {}", listed(&hidden));
            self.add(event, Severity::Problem, message, verdicts);
        } else if event.forced && !unmet.is_empty() && !can_force {
            let message = format!(
                "{described} overrode {}, which the published policy forbids",
                listed(&unmet)
            );
            self.add(event, Severity::Problem, message, verdicts);
        } else if event.forced {
            let by = event.by.as_deref().unwrap_or("an unknown author");
            let why = event.reason.as_deref().unwrap_or("no reason is recorded");
            let message = format!("{described} overrode {} ({by}: {why})", listed(&event.unmet));
            self.add(event, self.strictness.forced, message, verdicts);
        }
    }
}

/// Plans the move that an event records, and returns it with its time.
fn plan(model: &Model, event: &Event) -> Result<(Move, Timestamp), String> {
    if model.version(&event.version).is_none() {
        return Err("names a version that the model does not have".to_owned());
    }
    let to = event.stage().ok_or("names an unknown stage")?;
    let at = event.time().ok_or("has no time")?;
    let plan = match event.action {
        Some(Action::Rollback) if to != Stage::Prod => {
            return Err("rolls back to another stage than prod".to_owned());
        }
        Some(Action::Rollback) => model.plan_rollback(Some(&event.version)),
        _ => model.plan_promotion(&event.version, to),
    };
    Ok((plan.map_err(|error| format!("does not fit: {error}"))?, at))
}

/// Returns a failed rule if the gate demands a verified artifact and the version has no digest to verify
/// it by. The artifact itself is not read: it need not be on this machine, and it may have been
/// replaced since the move.
fn without_digest(gate: &Gate, version: &ModelVersion) -> Option<Verdict> {
    let demand = gate.artifact.filter(|demand| *demand == ArtifactDemand::Verified)?;
    let missing = !matches!(version.artifact_digest(), Ok(Some(_)));
    missing.then(|| demand.judge(version, &State::NoDigest))
}

/// Makes sure that an event records what its plan does.
fn fits(model: &Model, plan: &Move, event: &Event) -> Result<(), String> {
    if !plan.changed {
        return Err(format!("does not fit: the version was already in {}", plan.to));
    }
    match &event.from {
        Some(from) if *from == plan.from => {}
        Some(from) => {
            return Err(format!("does not fit: the version was in {}, not {from}", plan.from));
        }
        None => return Err("does not record where the version came from".to_owned()),
    }
    if event.replaced != plan.replaced {
        return Err(format!(
            "does not fit: {} was current there, not {}",
            named(plan.replaced.as_deref()),
            named(event.replaced.as_deref())
        ));
    }
    let before = model.inferred_promotion(&event.version);
    if event.promoted_before != before {
        return Err(format!(
            "does not fit: the promotion before that no event records was at {}, not at {}",
            before.as_deref().unwrap_or("no time"),
            event.promoted_before.as_deref().unwrap_or("no time")
        ));
    }
    Ok(())
}
