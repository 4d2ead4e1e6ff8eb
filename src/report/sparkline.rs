//! A line of text that shows the shape of a series.

use crate::manifest::{Model, ModelVersion};

/// Returns one block character for each value, from `▁` for the lowest to `█` for the highest.
///
/// A value that is missing or not finite is a `·`. If all values are equal, each is a `▄`.
///
/// ```
/// use model_registry::report::sparkline;
///
/// assert_eq!(sparkline(&[Some(3.7), None, Some(3.6), Some(3.5)]), "█·▅▁");
/// ```
pub fn sparkline(values: &[Option<f64>]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let block = |value: f64| {
        // Halves, so that the range of two large numbers does not overflow.
        let range = high / 2.0 - low / 2.0;
        if range <= 0.0 {
            return BLOCKS[3];
        }
        let share = (value / 2.0 - low / 2.0) / range;
        BLOCKS.into_iter().nth(nearest(share * 7.0)).unwrap_or('█')
    };
    let values = values.iter().map(|value| value.filter(|value| value.is_finite()));
    values.map(|value| value.map_or('·', block)).collect()
}

/// Returns the sparkline of a metric over the newest `count` versions of a model.
pub fn newest(model: &Model, metric: &str, count: usize) -> String {
    let versions = model.versions();
    let skipped = versions.len().saturating_sub(count);
    let value = |version: &ModelVersion| version.metric(metric).map(|number| number.as_f64());
    sparkline(&versions[skipped..].iter().map(value).collect::<Vec<_>>())
}

/// Returns the index nearest to a position that is not negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small position")]
pub(super) fn nearest(position: f64) -> usize {
    position.round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spread_from_the_lowest_to_the_highest() {
        let blocks =
            |values: &[f64]| sparkline(&values.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(blocks(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), "▁▂▃▄▅▆▇█");
        assert_eq!(blocks(&[2.0, 2.0]), "▄▄");
        assert_eq!(blocks(&[f64::MIN, f64::MAX, 0.0]), "▁█▅");
        assert_eq!(blocks(&[f64::NAN, 1.0, f64::INFINITY]), "·▄·");
        assert_eq!(sparkline(&[None, None]), "··");
        assert_eq!(sparkline(&[]), "");
    }
}
