//! The timeline: a table of the periods in prod and in staging, with a bar for each.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::model::ModelPage;
use super::show::{duration, minute, name, shown, time};
use crate::manifest::{Action, Stage, Timestamp};
use crate::report::Period;

/// A period with its stage.
type Entry<'p> = (Stage, &'p Period);

/// Shows the newest periods of each stage, the current ones first, on one axis of time.
pub(super) fn timeline(page: &ModelPage<'_>, now: Timestamp) -> Markup {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (stage, periods) in [(Stage::Staging, &page.staging), (Stage::Prod, &page.prod)] {
        entries.extend(page.newest(periods).iter().map(|period| (stage, period)));
    }
    // The newest first, and of equal times the one that comes last.
    entries.reverse();
    entries
        .sort_by_key(|(stage, period)| Reverse((period.current.then_some(*stage), period.start())));
    let from = entries.iter().filter_map(|(_, period)| period.start()).min().unwrap_or(now);
    let ends = entries.iter().filter_map(|(_, period)| period.end());
    let axis = Axis { from, to: ends.chain([now]).max().unwrap_or(now), now };
    let all = page.prod.len() + page.staging.len();
    html! {
        h3 { "Timeline" }
        @if page.prod.is_empty() {
            p.none { "No version has been in production." }
        }
        @if !entries.is_empty() {
            @if entries.len() < all {
                p.note { "The newest " (entries.len()) " of " (all) " periods." }
            }
            div.scroll tabindex="0" role="region" aria-label={"Timeline of " (name(page.model.name()))} {
                table.timeline {
                    thead { tr {
                        th scope="col" { "Stage" }
                        th scope="col" { "Version" }
                        th.bar scope="col" {
                            span.axis { span { (minute(axis.from)) } " " span { (minute(axis.to)) } }
                        }
                        th scope="col" { "From (UTC)" }
                        th scope="col" { "Until (UTC)" }
                        th scope="col" { "For" }
                        th scope="col" { "By" }
                        th scope="col" { "How" }
                    } }
                    tbody { @for entry in &entries { (axis.row(*entry)) } }
                }
            }
        }
    }
}

/// The time that all bars share.
struct Axis {
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
}

impl Axis {
    fn row(&self, (stage, period): Entry<'_>) -> Markup {
        let end = if period.current { Some(self.now) } else { period.end() };
        let is_prod = stage == Stage::Prod;
        html! {
            tr.prod[period.current && is_prod] {
                td {
                    @if !period.current { span.badge.past { (stage) } }
                    @else if is_prod { span.badge.prod { (stage) } }
                    @else { span.badge.staging { (stage) } }
                }
                th scope="row" { code { (shown(&period.version)) } }
                td.bar { (self.bar(stage, period, end)) }
                td { @match &period.since { Some(since) => { (time(since)) } None => { "unknown" } } }
                td {
                    @match &period.until {
                        _ if period.current => strong { "now" },
                        Some(until) => { (time(until)) }
                        None => { "unknown" }
                    }
                    @if period.rolled_back { " " span.badge.failed { "rolled back" } }
                }
                td.n { @if let (Some(start), Some(end)) = (period.start(), end) { (duration(start, end)) } }
                td { @if let Some(by) = &period.by { (shown(by)) } }
                td.wide { (how(period)) }
            }
        }
    }

    /// The place of a period on the axis. It is at least a line wide, and faint from the start of
    /// the axis if its own start is not known.
    fn bar(&self, stage: Stage, period: &Period, end: Option<Timestamp>) -> Markup {
        let whole = self.to.seconds_since(self.from).max(1);
        // In thousandths of the axis.
        let place =
            |time: Timestamp| (time.seconds_since(self.from).clamp(0, whole)) * 1000 / whole;
        let left = period.start().map_or(0, place);
        let right = end.map_or(left, place);
        let (left, width) = (left.min(994), (right - left).max(6));
        let (class, fill) = match stage {
            Stage::Prod => ("prod", "#1a7f4b"),
            _ => ("staging", "#b7791f"),
        };
        html! {
            svg viewBox="0 0 1000 10" width="300" height="10" preserveAspectRatio="none" aria-hidden="true" {
                rect.axis width="1000" height="10" fill="#8882" {}
                rect.(class).past[!period.current].unknown[period.start().is_none()] x=(left) width=(width) height="10" fill=(fill) {}
            }
        }
    }
}

/// How the version came into the stage, with the marks of a rollback and of an override.
fn how(period: &Period) -> Markup {
    html! {
        @match period.action {
            Some(Action::Rollback) => span.badge.rollback { "rollback" },
            Some(Action::Promote) => span.badge { "promote" },
            _ => span.badge.past { "inferred" },
        }
        @if period.forced {
            " " span.badge.failed { "forced" }
            @if !period.unmet.is_empty() { " past " code { (shown(&period.unmet.join("; "))) } }
        }
        @if let Some(reason) = &period.reason { " " (shown(reason)) }
    }
}
