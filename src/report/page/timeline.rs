//! The production timeline: a table of periods with a bar for each.

use maud::{Markup, html};

use super::show::{duration, shown, time};
use crate::manifest::{Action, Model, Timestamp};
use crate::report::Period;

/// Shows the newest `limit` periods of a model, the newest first, on one axis of time.
pub(super) fn timeline(model: &Model, periods: &[Period], limit: usize, now: Timestamp) -> Markup {
    let name = shown(model.name());
    let skipped = periods.len().saturating_sub(limit);
    let newest = &periods[skipped..];
    let from = newest.iter().find_map(Period::start).unwrap_or(now);
    let to = newest.iter().filter_map(Period::end).chain([now]).max().unwrap_or(now);
    html! {
        h3 { "Production" }
        @if periods.is_empty() {
            p.none { "No version has been in production." }
        } @else {
            @if skipped > 0 {
                p.note { "The newest " (limit) " of " (periods.len()) " periods." }
            }
            div.scroll tabindex="0" role="region" aria-label={"Production of " (name)} {
                table.timeline {
                    thead { tr {
                        th scope="col" { "Version" }
                        th.bar scope="col" { "Time in production" }
                        th scope="col" { "From (UTC)" }
                        th scope="col" { "Until (UTC)" }
                        th scope="col" { "For" }
                        th scope="col" { "By" }
                        th scope="col" { "How" }
                    } }
                    tbody { @for period in newest.iter().rev() { (row(period, from, to, now)) } }
                }
            }
        }
    }
}

fn row(period: &Period, from: Timestamp, to: Timestamp, now: Timestamp) -> Markup {
    let end = if period.current { Some(now) } else { period.end() };
    html! {
        tr.prod[period.current] {
            th scope="row" { code { (shown(&period.version)) } }
            td.bar { (bar(period.start(), end, from, to, period)) }
            td { @match &period.since { Some(since) => { (time(since)) } None => { "unknown" } } }
            td {
                @match &period.until {
                    _ if period.current => strong { "in production" },
                    Some(until) => { (time(until)) }
                    None => { "unknown" }
                }
            }
            td.n { @if let (Some(start), Some(end)) = (period.start(), end) { (duration(start, end)) } }
            td { @if let Some(by) = &period.by { (shown(by)) } }
            td.wide { (how(period)) }
        }
    }
}

/// How the version came into production, with the marks of a rollback and of an override.
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

/// The place of a period on the axis. It is at least a line wide.
fn bar(
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    from: Timestamp,
    to: Timestamp,
    period: &Period,
) -> Markup {
    let whole = to.seconds_since(from).max(1);
    // In thousandths of the axis.
    let place = |time: Timestamp| (time.seconds_since(from).clamp(0, whole)) * 1000 / whole;
    let left = start.map_or(0, place);
    let right = end.map_or(left, place);
    let (left, width) = (left.min(994), (right - left).max(6));
    let class = match (period.current, period.action) {
        (true, _) => "prod",
        (false, Some(Action::Rollback)) => "rollback",
        _ => "past",
    };
    html! {
        svg viewBox="0 0 1000 10" width="300" height="10" preserveAspectRatio="none" aria-hidden="true" {
            rect.axis width="1000" height="10" fill="#8882" {}
            rect class=(class) x=(left) width=(width) height="10" fill="#1a7f4b" {}
        }
    }
}
