//! Renders the metrics of two versions side by side, for every command that compares versions.

use std::borrow::Cow;

use model_registry::report::newest;
use model_registry::{Comparison, MetricComparison, Model, Number};

use crate::output::{markdown_row, rounded};

/// Number of versions in the sparkline of a metric.
const NEWEST: usize = 20;

/// Returns the name, value, baseline, difference and relative difference of a metric.
pub(super) fn cells<'m>(metric: &'m MetricComparison<'_>) -> [Cow<'m, str>; 5] {
    let number = |number: &Option<Number<'_>>| number.as_ref().map_or("-".to_owned(), rounded);
    [
        metric.name.clone(),
        number(&metric.value).into(),
        number(&metric.baseline).into(),
        signed(metric.difference.as_ref()).into(),
        percent(metric.relative).into(),
    ]
}

/// Returns whether the rounded numbers of a metric do not add up, since each was rounded by itself.
pub(super) fn shows_rounding(metric: &MetricComparison<'_>) -> bool {
    let shown = |number: &Option<Number<'_>>| rounded(number.as_ref()?).parse::<f64>().ok();
    let (Some(value), Some(baseline), Some(difference)) =
        (shown(&metric.value), shown(&metric.baseline), shown(&metric.difference))
    else {
        return false;
    };
    // Half a unit of the last decimal that is shown.
    let unit = |number: &Option<Number<'_>>| {
        let text = number.as_ref().map(rounded).unwrap_or_default();
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX))
    };
    let tolerance = unit(&metric.value).min(unit(&metric.baseline)).min(unit(&metric.difference));
    (value - baseline - difference).abs() > tolerance
}

fn signed(difference: Option<&Number<'_>>) -> String {
    match difference {
        None => "-".to_owned(),
        Some(number) if number.as_f64() > 0.0 => format!("+{}", rounded(number)),
        Some(number) => rounded(number),
    }
}

fn percent(relative: Option<f64>) -> String {
    relative.map_or("-".to_owned(), |relative| format!("{:+.2} %", relative * 100.0))
}

/// Renders a Markdown table of metrics, with the newest values of each as a sparkline.
pub(super) fn markdown(model: &Model, comparison: &Comparison<'_>) -> String {
    let (version, baseline) = (comparison.version, comparison.baseline);
    let title = format!("newest {NEWEST}");
    let mut text = markdown_row(["metric", version, baseline, "difference", "relative", &title]);
    text += "|---|---:|---:|---:|---:|---|\n";
    for metric in &comparison.metrics {
        let trend = newest(model, &metric.name, NEWEST);
        text += &markdown_row(cells(metric).iter().map(|cell| &**cell).chain([&*trend]));
    }
    if comparison.metrics.iter().any(shows_rounding) {
        text += "\nDifferences are those of the unrounded numbers.\n";
    }
    text
}
