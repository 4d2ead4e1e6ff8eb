//! Judges what the moves lead to by what is published.
//!
//! Each move is judged by the model as it was at that point. A change that first takes a good version
//! out of production and then promotes a worse one passes every gate that compares with production.
//! It may also promote another version after that, and roll back to the worse one.

use super::super::finding::{Finding, Severity, Subject};
use super::state::Replay;
use crate::gate::Gate;
use crate::manifest::{Action, Event, Model, Stage};

impl Replay<'_> {
    /// Reports versions that came into a stage by new promotions, and do not meet its gate compared
    /// with the published versions. A rollback to a version that was in production before needs no
    /// gate.
    pub(super) fn judge_outcome(&mut self, published: Option<&Model>, added: &[Event]) {
        let Some(published) = published else { return };
        let Ok(end) = self.state.model(self.model) else { return };
        let mut findings = Vec::new();
        for stage in [Stage::Staging, Stage::Prod] {
            let (old, new) = (published.current(stage), end.current(stage));
            let Some(version) = new.filter(|new| old.as_deref() != Some(&**new)) else { continue };
            let came: Vec<&Event> = added
                .iter()
                .filter(|event| event.version == version && event.stage() == Some(stage))
                .filter(|event| event.is_move())
                .collect();
            let is_promoted = came.last().is_some_and(|last| last.action == Some(Action::Promote));
            let is_new = || came.iter().any(|event| event.action == Some(Action::Promote));
            if !is_promoted && (!is_new() || published.plan_rollback(Some(&version)).is_ok()) {
                continue;
            }
            let Some(candidate) = end.version(&version) else { continue };
            let gate = Gate { from: None, ..self.policy.gate(self.model, stage) };
            let verdicts = gate.judge(published, candidate);
            let is_reported = |rule: &str| {
                let of_version = |finding: &&Finding| finding.version.as_deref() == Some(&*version);
                let known = self.findings.iter().filter(of_version);
                known.flat_map(|finding| &finding.verdicts).any(|v| v.rule == rule && !v.met)
            };
            if verdicts.iter().all(|verdict| verdict.met || is_reported(&verdict.rule)) {
                continue;
            }
            let severity = if gate.force { self.strictness.forced } else { Severity::Problem };
            let subject = Subject::of(end, candidate);
            let message = format!(
                "{subject} does not meet the gate of {stage} compared with what is published: \
                 another move came first"
            );
            let finding = subject.problem("history", message);
            findings.push(Finding { severity, verdicts, ..finding });
        }
        self.findings.extend(findings);
    }
}
