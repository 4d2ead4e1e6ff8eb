//! Shows whether the version in staging meets the gate of prod.

use std::borrow::Cow;

use maud::{Markup, html};
use serde::Serialize;

use super::show::{name, shown, value};
use crate::artifact::State;
use crate::gate::{Policy, Verdict, judge};
use crate::manifest::{Model, Stage};

/// The verdicts of the current policy on a promotion from staging to prod.
#[derive(Serialize)]
pub(super) struct GateView {
    /// The version in staging.
    version: Option<String>,
    verdicts: Vec<Verdict>,
    /// Requirements of the policy that the page cannot judge, since it does not look at artifacts.
    not_judged: Vec<String>,
}

impl GateView {
    /// Judges the version in staging without a reason: that is given when it is promoted. `state`
    /// is the state of its artifact, if that was looked at.
    pub(super) fn new(model: &Model, policy: &Policy, state: Option<&State>) -> Self {
        let version = model.current(Stage::Staging).map(Cow::into_owned);
        let plan = version.as_deref().map(|version| model.plan_promotion(version, Stage::Prod));
        let mut view = Self { version, verdicts: Vec::new(), not_judged: Vec::new() };
        let Some(Ok(plan)) = plan else { return view };
        let gate = policy.gate(model.name(), Stage::Prod);
        let demand = gate.artifact.zip(model.version(&plan.version));
        view.verdicts = judge(&[gate], model, &plan, None);
        if let Some((demand, version)) = demand {
            match state {
                Some(state) => view.verdicts.push(demand.judge(version, state)),
                None => view.not_judged.push(demand.judge(version, &State::NotLocal).rule),
            }
        }
        view
    }

    /// Returns whether the policy requires nothing.
    fn is_empty(&self) -> bool {
        self.verdicts.is_empty() && self.not_judged.is_empty()
    }

    /// Returns whether the version meets all rules. A required reason is given later.
    fn passes(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.met || verdict.rule == Verdict::REASON)
    }

    pub(super) fn badge(&self) -> Markup {
        html! {
            @if self.is_empty() {
            } @else if !self.passes() {
                span.badge.failed { "fails the gate" }
            } @else if self.not_judged.is_empty() {
                span.badge.passed { "passes the gate" }
            } @else {
                span.badge.staging { "passes, artifact not checked" }
            }
        }
    }

    pub(super) fn section(&self, model: &str) -> Markup {
        html! {
            h3 { "From staging to prod" }
            @match &self.version {
                None => p.none { "No version is in staging." },
                Some(version) if self.is_empty() => p.none {
                    code { (shown(version)) } " is in staging. The policy has no rules for prod."
                },
                Some(version) => {
                    p.verdict { "Would " code { (shown(version)) } " pass? " (self.badge()) }
                    div.scroll tabindex="0" role="region" aria-label={"Verdicts on " (name(model))} {
                        table.gate {
                            thead { tr {
                                th scope="col" { "Rule" }
                                th.n scope="col" { "Value" }
                                th.n scope="col" { "Limit" }
                                th scope="col" { "Met" }
                                th scope="col" { "Note" }
                            } }
                            tbody {
                                @for verdict in &self.verdicts { (row(verdict)) }
                                @for rule in &self.not_judged {
                                    tr {
                                        th scope="row" { code { (rule) } }
                                        td.n {} td.n {}
                                        td { span.badge.past { "not checked" } }
                                        td.wide { "The page was written without looking at artifacts." }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row(verdict: &Verdict) -> Markup {
    let reason = verdict.rule == Verdict::REASON;
    html! {
        tr {
            th scope="row" { code { (shown(&verdict.rule)) } }
            td.n { (value(&verdict.value)) }
            td.n { (value(&verdict.limit)) }
            td {
                @if verdict.met { span.badge.passed { "yes" } }
                @else if reason { span.badge.past { "later" } }
                @else { span.badge.failed { "no" } }
            }
            td.wide {
                @if reason { "A reason must be given." }
                @else if let Some(note) = &verdict.note { (shown(note)) }
            }
        }
    }
}
