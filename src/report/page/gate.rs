//! Shows whether the version in staging meets the gate of prod.

use std::borrow::Cow;

use maud::{Markup, html};
use serde::Serialize;

use super::show::{shown, value};
use crate::gate::{Policy, Verdict, judge};
use crate::manifest::{Model, Stage};

/// The verdicts of the current policy on a promotion from staging to prod.
#[derive(Serialize)]
pub(super) struct GateView {
    /// The version in staging.
    version: Option<String>,
    verdicts: Vec<Verdict>,
}

impl GateView {
    /// Judges the version in staging without a reason: that is given when it is promoted.
    pub(super) fn new(model: &Model, policy: &Policy) -> Self {
        let version = model.current(Stage::Staging).map(Cow::into_owned);
        let plan = version.as_deref().map(|version| model.plan_promotion(version, Stage::Prod));
        let verdicts = match plan {
            Some(Ok(plan)) => judge(&[policy.gate(model.name(), Stage::Prod)], model, &plan, None),
            _ => Vec::new(),
        };
        Self { version, verdicts }
    }

    /// Returns whether the version meets all rules. A required reason is given later.
    fn passes(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.met || verdict.rule == Verdict::REASON)
    }

    pub(super) fn badge(&self) -> Markup {
        html! {
            @if self.verdicts.is_empty() {
            } @else if self.passes() {
                span.badge.passed { "passes the gate" }
            } @else {
                span.badge.failed { "fails the gate" }
            }
        }
    }

    pub(super) fn section(&self, model: &str) -> Markup {
        html! {
            h3 { "From staging to prod" }
            @match &self.version {
                None => p.none { "No version is in staging." },
                Some(version) if self.verdicts.is_empty() => p.none {
                    code { (shown(version)) } " is in staging. The policy has no rules for prod."
                },
                Some(version) => {
                    p.verdict { "Would " code { (shown(version)) } " pass? " (self.badge()) }
                    div.scroll tabindex="0" role="region" aria-label={"Verdicts on " (shown(model))} {
                        table.gate {
                            thead { tr {
                                th scope="col" { "Rule" }
                                th.n scope="col" { "Value" }
                                th.n scope="col" { "Limit" }
                                th scope="col" { "Met" }
                                th scope="col" { "Note" }
                            } }
                            tbody { @for verdict in &self.verdicts { (row(verdict)) } }
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
