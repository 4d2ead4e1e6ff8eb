//! Renders the top of a page: the versions in production, and problems.

use maud::{Markup, html};

use super::chart::{change, spark};
use super::model::ModelPage;
use super::show::{duration, name, number, plural, shown, time};
use super::versions::state_badge;
use crate::artifact::State;
use crate::check::{Finding, Severity};
use crate::manifest::{Action, Stage, Timestamp};
use crate::report::Period;

/// Models up to which the cards share a wide screen, and from which on they are small.
const FEW: usize = 3;
const MANY: usize = 13;

/// A card for each model.
pub(super) fn cards(models: &[ModelPage<'_>], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="overview" {
            h2 id="overview" { "In production" }
            @if models.is_empty() {
                p.none {
                    "The manifest has no models yet. To register the first version, run "
                    code { "registry register" } "."
                }
            } @else {
                ul.cards.few[models.len() <= FEW].many[models.len() >= MANY] {
                    @for model in models { (card(model, now)) }
                }
            }
        }
    }
}

fn card(page: &ModelPage<'_>, now: Timestamp) -> Markup {
    let model = page.model;
    let count = model.versions().len();
    let current = page.prod.last().filter(|period| period.current);
    html! {
        li.card.empty[current.is_none()] {
            div.title {
                h3 { a href={"#" (page.id)} { (name(model.name())) } }
                @if page.problems > 0 { span.badge.failed { (plural(page.problems, "problem")) } }
            }
            @match current {
                Some(period) => (in_production(period, page.state_of(&period.version), now)),
                None => p.current { "nothing in production" },
            }
            @match page.series.first() {
                Some(series) => {
                    p.metric {
                        span.name { (shown(&series.metric)) }
                        @if let Some(prod) = &series.prod { span.value { (number(&prod.value)) } }
                        span.count { (plural(count, "version")) }
                    }
                    @if series.points.len() > 1 { (spark(series)) }
                }
                None => p.count { (plural(count, "version")) },
            }
            @if let Some(staging) = model.current(Stage::Staging) {
                p.staging {
                    span.badge.staging { "staging" } " "
                    code { (shown(&staging)) }
                    @if let Some(series) = page.series.first() { (change(series)) }
                    " " (page.gate.badge())
                }
            }
        }
    }
}

/// The version in production, since when, and by whom.
fn in_production(period: &Period, state: Option<&State>, now: Timestamp) -> Markup {
    html! {
        p.current { (shown(&period.version)) }
        p {
            @match &period.since {
                Some(since) => { "since " (time(since)) }
                None => { "since an unknown time" }
            }
            @if let Some(start) = period.start() { span.age { " · " (duration(start, now)) } }
            @if let Some(by) = &period.by { " by " strong { (shown(by)) } }
            @if period.action == Some(Action::Rollback) { " " span.badge.rollback { "rollback" } }
            @if period.forced { " " span.badge.failed { "forced" } }
            @if let Some(state) = state {
                " " (state_badge(state)) span.visually-hidden { " (artifact)" }
            }
        }
    }
}

/// Everything that `check` found. The header has the number of problems, also if it is zero.
pub(super) fn findings(findings: &[&Finding], all: usize) -> Markup {
    if findings.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="problems" {
            h2.small id="problems" { "Problems" }
            @if findings.len() < all {
                p.note {
                    "The first " (findings.len()) " of " (all) ". " code { "registry check" }
                    " prints all of them."
                }
            }
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
