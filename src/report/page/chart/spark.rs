//! A chart without axes, for a card.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::lines::Column;
use super::marks::shape;
use super::{float, round, scale};
use crate::report::Series;
use crate::stage::Stage;

/// Draws a metric without axes, for a card: the line, and the current versions.
pub(in crate::report::page) fn spark(series: &Series<'_>) -> Markup {
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
                let (x, y) = (round(x(column, columns)), round(y(values.median)));
                // The empty step makes a dot of a value between two gaps.
                let _ = write!(line, "{verb}{x} {y}{}", if verb == 'M' { "h0" } else { "" });
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
