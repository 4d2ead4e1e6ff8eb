//! Judges what the moves lead to by what is published.
//!
//! Each move is judged by the model as it was at that point. A change that first takes a good version
//! out of production and then promotes a worse one passes every gate that compares with production.

use super::super::finding::{Finding, Severity, Subject};
use super::run::Run;
use crate::gate::Gate;
use crate::manifest::{Action, Event, Model, Stage};

impl Run<'_> {
    /// Reports versions that came into a stage by a promotion, and do not meet its gate compared with
    /// the published versions.
    pub(super) fn judge_outcome(&mut self, published: Option<&Model>, added: &[Event]) {
        // The outcome of a conflict is judged with it.
        let Some(published) = published.filter(|_| !self.gives_up_published) else { return };
        let Ok(end) = self.state.model(self.model) else { return };
        let mut findings = Vec::new();
        for stage in [Stage::Staging, Stage::Prod] {
            let (old, new) = (published.current(stage), end.current(stage));
            let Some(version) = new.filter(|new| old.as_deref() != Some(&**new)) else { continue };
            let came = added.iter().rev().find(|event| {
                event.version == version
                    && event.stage() == Some(stage)
                    && event.action.is_some_and(Action::is_move)
            });
            if came.is_none_or(|event| event.action != Some(Action::Promote)) {
                continue;
            }
            let Some(candidate) = end.version(&version) else { continue };
            let gate = Gate { from: None, ..self.policy.gate(self.model, stage) };
            let then = gate.judge(published, candidate);
            let is_new = |rule: &str| {
                let reported = |finding: &&Finding| finding.version.as_deref() == Some(&*version);
                let known = self.findings.iter().filter(reported);
                !known.flat_map(|finding| &finding.verdicts).any(|v| v.rule == rule && !v.met)
            };
            if !then.iter().any(|verdict| !verdict.met && is_new(&verdict.rule)) {
                continue;
            }
            let severity = if gate.force { self.strictness.forced } else { Severity::Problem };
            let subject = Subject::of(end, candidate);
            let message = format!(
                "{subject} does not meet the gate of {stage} compared with what is published: \
                 another move came first"
            );
            let finding = subject.problem("history", message);
            findings.push(Finding { severity, verdicts: then, ..finding });
        }
        self.findings.extend(findings);
    }
}
