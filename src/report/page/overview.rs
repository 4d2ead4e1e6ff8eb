//! Renders the top of a page: the versions in production, and problems.

use maud::{Markup, html};

use super::chart::spark;
use super::model::ModelPage;
use super::show::{plural, shown, time};
use crate::check::{Finding, Severity};
use crate::manifest::Stage;

/// A card for each model.
pub(super) fn cards(models: &[ModelPage<'_>]) -> Markup {
    html! {
        section aria-labelledby="overview" {
            h2 id="overview" { "In production" }
            @if models.is_empty() {
                p.none { "The manifest has no models." }
            } @else {
                ul.cards { @for model in models { (card(model)) } }
            }
        }
    }
}

fn card(page: &ModelPage<'_>) -> Markup {
    let model = page.model;
    let period = page.periods.last().filter(|period| period.current);
    let count = model.versions().len();
    html! {
        li.card {
            h3 { a href={"#" (page.id)} { (shown(model.name())) } }
            @if let Some(period) = period {
                p.current { (shown(&period.version)) }
                p {
                    @match &period.since {
                        Some(since) => { "since " (time(since)) }
                        None => { "since an unknown time" }
                    }
                    @if let Some(by) = &period.by { " by " (shown(by)) }
                    @if period.action.is_some_and(|action| action.as_str() == "rollback") {
                        " " span.badge.rollback { "rollback" }
                    }
                    @if period.forced { " " span.badge.failed { "forced" } }
                }
            } @else {
                p.current.nothing { "nothing in production" }
            }
            @if let Some(staging) = model.current(Stage::Staging) {
                p.staging {
                    span.badge.staging { "staging" } " " (shown(&staging)) " " (page.gate.badge())
                }
            }
            @if let Some(series) = page.series.first() {
                (spark(series))
                p.count {
                    (shown(&series.metric)) " over "
                    (plural(count, "version"))
                    @if page.problems > 0 { " " span.badge.failed { (plural(page.problems, "problem")) } }
                }
            } @else {
                p.count { (plural(count, "version")) }
            }
        }
    }
}

/// Everything that `check` found.
pub(super) fn findings(findings: &[Finding]) -> Markup {
    html! {
        section aria-labelledby="problems" {
            h2.small id="problems" { "Problems" }
            @if findings.is_empty() {
                p.none { "No problems found." }
            } @else {
                ul.findings {
                    @for finding in findings {
                        li {
                            @match finding.severity {
                                Severity::Problem => span.badge.failed { "problem" },
                                Severity::Warning => span.badge.staging { "warning" },
                            }
                            " " (shown(&finding.message))
                        }
                    }
                }
            }
        }
    }
}
