//! The values of a chart in words.

use std::cmp::Ordering;
use std::fmt::Write as _;

use maud::{Markup, html};

use crate::gate::Better;
use crate::manifest::Timestamp;
use crate::report::page::show::{minute, number, plural, shown};
use crate::report::{Point, Reading, Series};

/// The values in production and in staging, in large type.
pub(super) fn readings(series: &Series<'_>) -> Markup {
    html! {
        @if let Some(prod) = &series.prod {
            p.reading.prod { span.value { (number(&prod.value)) } " " span { "prod" } }
        }
        @if let Some(staging) = &series.staging {
            p.reading.staging {
                span.value { (number(&staging.value)) } " "
                span { "staging" } (change(series))
            }
        }
        @if series.prod.is_none() && series.staging.is_none() {
            @if let Some(last) = &series.last {
                p.reading { span.value { (number(&last.value)) } " " span { "last" } }
            }
        }
    }
}

/// How the value in staging differs from the one in production, and whether the policy implies that
/// it is better or worse.
pub(in crate::report::page) fn change(series: &Series<'_>) -> Markup {
    let (Some(staging), Some(prod)) = (&series.staging, &series.prod) else { return html! {} };
    let (staging, prod) = (staging.value.as_f64(), prod.value.as_f64());
    let percent = (staging - prod) / prod.abs() * 100.0;
    if !percent.is_finite() {
        return html! {};
    }
    let lower = match staging.total_cmp(&prod) {
        Ordering::Less => Some(true),
        Ordering::Greater => Some(false),
        Ordering::Equal => None,
    };
    let better = lower.zip(series.better).map(|(lower, better)| lower == (better == Better::Lower));
    let text = format!("{percent:+.1} %").replace('-', "\u{2212}");
    html! {
        " "
        @match better {
            Some(true) => span.change.better { (text) " better" },
            Some(false) => span.change.worse { (text) " worse" },
            None => span.change { (text) },
        }
    }
}

/// The number of versions and the range of their values; the best one, if a rule of the policy
/// implies it.
pub(super) fn facts(series: &Series<'_>) -> Markup {
    html! {
        (plural(series.points.len(), "version"))
        @if let (Some(lowest), Some(highest)) = (&series.lowest, &series.highest)
            && lowest.version != highest.version {
            ", " (number(&lowest.value)) " to " (number(&highest.value))
        }
        @if let (Some(rule), Some(best)) = (&series.rule, &series.best) {
            ", best " (number(&best.value)) " by the rule " code { (shown(rule)) }
        }
    }
}

/// The chart in words.
pub(super) fn summary(series: &Series<'_>) -> String {
    let mut text = format!("{} over {} versions", shown(&series.metric), series.points.len());
    for (name, reading) in [
        ("first", &series.first),
        ("last", &series.last),
        ("lowest", &series.lowest),
        ("highest", &series.highest),
        ("in staging", &series.staging),
        ("in prod", &series.prod),
    ] {
        if let Some(Reading { version, value }) = reading {
            let _ = write!(text, "; {name} {} ({})", number(value), shown(version));
        }
    }
    text
}

/// The day on which a version was registered.
pub(super) fn day(point: &Point<'_>) -> String {
    let created = point.created_at.as_deref().and_then(Timestamp::parse);
    let mut day = created.map(minute).unwrap_or_default();
    day.truncate("2025-12-06".len());
    day
}
