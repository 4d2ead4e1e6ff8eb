//! The lines of a chart: the values, their range where versions share a column, and the values of the
//! versions in production.

use std::fmt::Write as _;

use super::{Chart, LEFT, RIGHT, WIDTH, float, round};
use crate::report::Point;

/// Versions that share a place on the horizontal axis.
pub(super) struct Column {
    pub(super) lowest: f64,
    pub(super) median: f64,
    pub(super) highest: f64,
}

impl Chart<'_> {
    /// The places of the left and the right edge of a column.
    fn edges(column: usize, columns: usize) -> (f64, f64) {
        let edge = |column: usize| LEFT + float(column) / float(columns) * (WIDTH - LEFT - RIGHT);
        (edge(column), edge(column + 1))
    }

    /// The band from the lowest to the highest values, which is empty unless versions share
    /// columns, and the line through the values. A version without a value interrupts both.
    pub(super) fn line(&self, y: &impl Fn(f64) -> f64) -> (String, String) {
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
    pub(super) fn production_line(&self, y: &impl Fn(f64) -> f64) -> String {
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

impl Column {
    pub(super) fn of(points: &[Point<'_>]) -> Option<Self> {
        let mut values: Vec<f64> = points.iter().filter_map(Point::finite).collect();
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self { lowest: *values.first()?, median, highest: *values.last()? })
    }
}
