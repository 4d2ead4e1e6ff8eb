//! A metric over the versions of a model as SVG.
//!
//! The SVG is written by hand: a page needs one form of chart with marks that chart libraries do
//! not have, and each of them would be larger than the rest of the page. All colours come from the
//! style sheet; presentation attributes keep a chart readable where it is blocked.

mod lines;
mod marks;
mod spark;
mod words;

use maud::{Markup, html};

pub(super) use self::spark::spark;
pub(super) use self::words::change;

use self::marks::mark;
use self::words::{day, facts, readings, summary};
use super::scale::Scale;
use super::show::name;
use crate::report::{Point, Reading, Series};

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// The horizontal axis.
const BASE: f64 = HEIGHT - BOTTOM;

/// A series to draw.
pub(super) struct Chart<'m> {
    pub(super) series: &'m Series<'m>,
    /// For each version what the version in production had when it was registered.
    pub(super) production: Vec<Option<f64>>,
    /// The largest number of columns.
    pub(super) columns: usize,
}

impl Chart<'_> {
    /// Draws the chart with its caption.
    pub(super) fn figure(&self) -> Markup {
        let series = self.series;
        html! {
            figure.chart {
                figcaption {
                    h4 { (name(&series.metric)) }
                    (readings(series))
                }
                @if series.is_empty() {
                    p.none { "No version has a finite value." }
                } @else {
                    div.plot { (self.svg()) }
                    p.details { (facts(series)) }
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
        marked.sort_by_key(|(_, point)| point.current);
        if thinned {
            let skipped = marked.len().saturating_sub(self.columns);
            marked.drain(..skipped);
        }
        marked
    }

    /// The horizontal place of a version.
    fn x(&self, index: usize) -> f64 {
        let share = (float(index) + 0.5) / float(self.series.points.len());
        LEFT + share * (WIDTH - LEFT - RIGHT)
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

/// A coordinate with one decimal, and none if that is zero.
fn round(coordinate: f64) -> String {
    let text = format!("{coordinate:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
