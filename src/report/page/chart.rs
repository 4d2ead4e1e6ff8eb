//! A metric over the versions of a model as SVG.
//!
//! The SVG is written by hand: a page needs one form of chart with marks that chart libraries do
//! not have, and each of them would be larger than the rest of the page. All colours come from the
//! style sheet; presentation attributes keep a chart readable where it is blocked.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::scale::Scale;
use super::show::{moment, number, shown};
use crate::report::{Point, Reading, Series};
use crate::stage::Stage;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// A series to draw.
pub(super) struct Chart<'m> {
    pub(super) series: &'m Series<'m>,
    /// For each version what the version in production had when it was registered.
    pub(super) production: Vec<Option<f64>>,
    /// The largest number of columns.
    pub(super) columns: usize,
}

/// Versions that share a place on the horizontal axis.
struct Column {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Chart<'_> {
    /// Draws the chart with its caption.
    pub(super) fn figure(&self) -> Markup {
        let series = self.series;
        html! {
            figure.chart {
                figcaption {
                    h4 { (shown(&series.metric)) }
                    (readings(series))
                }
                @if series.is_empty() {
                    p.none { "No version has a finite value." }
                } @else {
                    div.plot { (self.svg()) }
                    p.details { (best(series)) }
                }
                @if self.is_thinned() {
                    p.note {
                        (series.points.len()) " versions in " (self.columns) " columns: the band "
                        "spans the lowest to the highest value of a column, the line runs through "
                        "the medians. Only versions that were moved have a point."
                    }
                }
            }
        }
    }

    /// Whether several versions share a column.
    fn is_thinned(&self) -> bool {
        self.series.points.len() > self.columns
    }

    fn svg(&self) -> Markup {
        let scale = scale(self.series);
        let y = |value: f64| TOP + (1.0 - scale.place(value)) * (HEIGHT - TOP - BOTTOM);
        let ends = [self.series.points.first(), self.series.points.last()];
        let ends = ends.map(|point| point.map(day).unwrap_or_default());
        let (band, line) = self.line(&y);
        html! {
            svg viewBox={"0 0 " (WIDTH) " " (HEIGHT)} width=(WIDTH) height=(HEIGHT) role="img" aria-label=(summary(self.series)) {
                g.axis fill="none" stroke="#888" stroke-width="0.5" {
                    @for (value, _) in scale.ticks() {
                        path d={"M" (LEFT) " " (round(y(value))) "H" (WIDTH - RIGHT)} {}
                    }
                }
                g.labels font-size="10.5" fill="currentColor" {
                    @for (value, label) in scale.ticks() {
                        text x=(LEFT - 6.0) y=(round(y(value) + 3.5)) text-anchor="end" { (label) }
                    }
                    text x=(LEFT) y=(HEIGHT - 6.0) { (ends[0]) }
                    @if self.series.points.len() > 1 {
                        text x=(WIDTH - RIGHT) y=(HEIGHT - 6.0) text-anchor="end" { (ends[1]) }
                    }
                }
                @if !band.is_empty() { path.band d=(band) fill="#8884" {} }
                path.production d=(self.production_line(&y)) fill="none" stroke="#1a7f4b"
                    stroke-width="5" stroke-opacity="0.35" {}
                path.line d=(line) fill="none" stroke="#667" stroke-width="1.5" {}
                g.points fill="#667" { @for (index, point) in self.marked() { (mark(self.x(index), point, &y)) } }
            }
        }
    }

    /// The versions that have a mark of their own: all of them, unless that would be too many. The
    /// current ones come last, so that no other mark covers them.
    fn marked(&self) -> Vec<(usize, &Point<'_>)> {
        let thinned = self.is_thinned();
        let points = self.series.points.iter().enumerate();
        let mut marked: Vec<_> = points
            .filter(|(_, point)| !thinned || point.current.is_some() || point.is_past())
            .collect();
        if thinned {
            let skipped = marked.len().saturating_sub(self.columns);
            marked.drain(..skipped);
        }
        marked.sort_by_key(|(_, point)| point.current);
        marked
    }

    /// The horizontal place of a version.
    fn x(&self, index: usize) -> f64 {
        let share = (float(index) + 0.5) / float(self.series.points.len());
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    /// The places of the left and the right edge of a column.
    fn edges(column: usize, columns: usize) -> (f64, f64) {
        let edge = |column: usize| LEFT + float(column) / float(columns) * (WIDTH - LEFT - RIGHT);
        (edge(column), edge(column + 1))
    }

    /// The band from the lowest to the highest values, which is empty unless versions share
    /// columns, and the line through the values. A version without a value interrupts both.
    fn line(&self, y: &impl Fn(f64) -> f64) -> (String, String) {
        let points = &self.series.points;
        let columns = points.len().min(self.columns).max(1);
        let (mut band, mut line) = (String::new(), String::new());
        let mut connected = false;
        for column in 0..columns {
            let range = column * points.len() / columns..(column + 1) * points.len() / columns;
            let Some(values) = Column::of(&points[range]) else {
                connected = false;
                continue;
            };
            let (left, right) = Self::edges(column, columns);
            let verb = if connected { 'L' } else { 'M' };
            let _ = write!(
                line,
                "{verb}{} {}",
                round(f64::midpoint(left, right)),
                round(y(values.median))
            );
            if self.is_thinned() {
                let (top, bottom) = (round(y(values.highest)), round(y(values.lowest)));
                let _ = write!(
                    band,
                    "M{} {top}H{}V{bottom}H{}z",
                    round(left),
                    round(right),
                    round(left)
                );
            }
            connected = true;
        }
        (band, line)
    }

    /// The values of the versions in production, as steps.
    fn production_line(&self, y: &impl Fn(f64) -> f64) -> String {
        let columns = self.production.len().min(self.columns).max(1);
        let mut line = String::new();
        let mut before: Option<String> = None;
        for column in 0..columns {
            let last = ((column + 1) * self.production.len() / columns).saturating_sub(1);
            let value = self.production.get(last).copied().flatten();
            let (left, right) = Self::edges(column, columns);
            let place = value.map(|value| round(y(value)));
            if let Some(place) = &place {
                match &before {
                    Some(before) if before == place => {}
                    Some(_) => drop(write!(line, "V{place}")),
                    None => drop(write!(line, "M{} {place}", round(left))),
                }
                let _ = write!(line, "H{}", round(right));
            }
            before = place;
        }
        line
    }
}

/// Draws a metric without axes, for a card: the line, and the current versions.
pub(super) fn spark(series: &Series<'_>) -> Markup {
    const COLUMNS: usize = 90;
    let scale = scale(series);
    let points = &series.points;
    let columns = points.len().min(COLUMNS);
    let x = |index: usize, count: usize| (float(index) + 0.5) / float(count) * 268.0 + 6.0;
    let y = |value: f64| 50.0 - scale.place(value) * 44.0;
    let mut line = String::new();
    let mut verb = 'M';
    for column in 0..columns {
        let range = column * points.len() / columns..(column + 1) * points.len() / columns;
        match Column::of(&points[range]) {
            Some(values) => {
                let _ =
                    write!(line, "{verb}{} {}", round(x(column, columns)), round(y(values.median)));
                verb = 'L';
            }
            None => verb = 'M',
        }
    }
    let points_of =
        |stage| points.iter().enumerate().filter(move |(_, point)| point.current == Some(stage));
    let current = points_of(Stage::Staging).chain(points_of(Stage::Prod));
    html! {
        svg.spark viewBox="0 0 280 56" width="280" height="56" aria-hidden="true" {
            path.line d=(line) fill="none" stroke="#667" stroke-width="1.5" {}
            g { @for (index, point) in current {
                @if let Some(value) = point.finite() {
                    (shape(x(index, points.len()), y(value), point, &html! {}))
                }
            } }
        }
    }
}

impl Column {
    fn of(points: &[Point<'_>]) -> Option<Self> {
        let mut values: Vec<f64> = points.iter().filter_map(Point::finite).collect();
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self { lowest: *values.first()?, median, highest: *values.last()? })
    }
}

/// The scale that shows all values of a series, and that of the version in production.
fn scale(series: &Series<'_>) -> Scale {
    let value = |reading: &Option<Reading<'_>>| reading.as_ref().map(|one| one.value.as_f64());
    let bounds = [&series.lowest, &series.highest, &series.prod, &series.staging];
    let values: Vec<f64> = bounds.into_iter().filter_map(value).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Scale::new(low, high)
}

/// The mark of a version: by its shape, and by its class for the style sheet. A version without a
/// value is a cross on the horizontal axis.
fn mark(x: f64, point: &Point<'_>, y: &impl Fn(f64) -> f64) -> Markup {
    let label = html! { title { (label(point)) } };
    let Some(value) = point.finite() else {
        let base = HEIGHT - BOTTOM;
        return html! {
            path.gap d={"M" (round(x)) " " (base) "m-3-3l6 6m0-6l-6 6"} stroke="#b42318" { (label) }
        };
    };
    shape(x, y(value), point, &label)
}

/// The shape of a version, around its label.
fn shape(x: f64, y: f64, point: &Point<'_>, label: &Markup) -> Markup {
    let (x, y) = (round(x), round(y));
    match point.current {
        Some(Stage::Prod) => html! {
            circle.prod cx=(x) cy=(y) r="5.5" fill="#1a7f4b" { (label) }
        },
        Some(_) => html! {
            path.staging d={"M" (x) " " (y) "m0-6l6 6l-6 6l-6-6z"} fill="#b7791f" { (label) }
        },
        None if point.is_past() => html! {
            circle.past cx=(x) cy=(y) r="4" fill="#fff" stroke="#1a7f4b" stroke-width="1.8" {
                (label)
            }
        },
        None => html! { circle cx=(x) cy=(y) r="3" { (label) } },
    }
}

/// The details of a version in a chart.
fn label(point: &Point<'_>) -> String {
    let value = match &point.value {
        Some(value) => number(value),
        None => "no value".to_owned(),
    };
    let mut label = format!("{}: {value}, {}", shown(point.version), stage(point));
    if let Some(created) = point.created_at.as_deref() {
        let _ = write!(label, ", registered {}", moment(created));
    }
    label
}

fn stage(point: &Point<'_>) -> String {
    match point.current {
        Some(stage) => stage.to_string(),
        None if point.stage == Stage::Dev => Stage::Dev.to_string(),
        None => format!("{} (past)", point.stage),
    }
}

/// The values in production and in staging, in large type.
fn readings(series: &Series<'_>) -> Markup {
    let difference = match (&series.staging, &series.prod) {
        (Some(staging), Some(prod)) => {
            let (staging, prod) = (staging.value.as_f64(), prod.value.as_f64());
            let relative = (staging - prod) / prod.abs();
            relative.is_finite().then(|| format!("{:+.1} %", relative * 100.0))
        }
        _ => None,
    };
    html! {
        @if let Some(prod) = &series.prod {
            p.reading.prod { span.value { (number(&prod.value)) } " " span { "prod" } }
        }
        @if let Some(staging) = &series.staging {
            p.reading.staging {
                span.value { (number(&staging.value)) } " "
                span { "staging" @if let Some(difference) = difference { " " (difference) } }
            }
        }
        @if series.prod.is_none() && series.staging.is_none() {
            @if let Some(last) = &series.last {
                p.reading { span.value { (number(&last.value)) } " " span { "last" } }
            }
        }
    }
}

/// The best value, if a rule of the policy implies it.
fn best(series: &Series<'_>) -> Markup {
    html! {
        @if let (Some(rule), Some(best)) = (&series.rule, &series.best) {
            "Best " (number(&best.value)) " by the rule " code { (shown(rule)) }
        }
    }
}

/// The chart in words.
fn summary(series: &Series<'_>) -> String {
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
fn day(point: &Point<'_>) -> String {
    let created = point.created_at.as_deref().map(moment).unwrap_or_default();
    match created.split_once(' ') {
        Some((day, _)) => day.to_owned(),
        None => String::new(),
    }
}

/// A coordinate with one decimal, and none if that is zero.
fn round(coordinate: f64) -> String {
    let text = format!("{coordinate:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
