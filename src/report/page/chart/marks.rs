//! The mark of a version in a chart, and its details.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{BASE, round};
use crate::report::Point;
use crate::report::page::show::{moment, number, shown};
use crate::stage::Stage;

/// The mark of a version: by its shape, and by its class for the style sheet. A version without a
/// value is a cross on the horizontal axis.
pub(super) fn mark(x: f64, point: &Point<'_>, y: &impl Fn(f64) -> f64) -> Markup {
    let label = html! { title { (label(point)) } };
    let Some(value) = point.finite() else {
        return html! {
            path.gap d={"M" (round(x)) " " (BASE) "m-3-3l6 6m0-6l-6 6"} stroke="#b42318" { (label) }
        };
    };
    shape(x, y(value), point, &label)
}

/// The shape of a version, around its label.
pub(super) fn shape(x: f64, y: f64, point: &Point<'_>, label: &Markup) -> Markup {
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
