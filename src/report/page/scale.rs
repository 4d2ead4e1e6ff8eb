//! From values to places on a chart, and the labels of its axis.

/// The values between the bottom and the top of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Returns a scale that shows these values with some space around them.
    pub(super) fn new(low: f64, high: f64) -> Self {
        // Halves, so that the distance of two large numbers does not overflow.
        let half = high / 2.0 - low / 2.0;
        let space =
            if half > 0.0 { half * 0.16 } else { (low.abs() * 0.05).max(f64::MIN_POSITIVE) };
        let space = if low == 0.0 && high == 0.0 { 1.0 } else { space };
        Self { low: (low - space).max(f64::MIN), high: (high + space).min(f64::MAX) }
    }

    /// Returns the place of a value: 0 at the bottom, 1 at the top.
    pub(super) fn place(&self, value: f64) -> f64 {
        let range = self.high / 2.0 - self.low / 2.0;
        if range > 0.0 { (value / 2.0 - self.low / 2.0) / range } else { 0.5 }
    }

    /// Returns two to five round values with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let range = self.high - self.low;
        if !range.is_finite() || range <= 0.0 {
            return Vec::new();
        }
        let rough = range / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power);
        let step = step.into_iter().find(|step| *step >= rough).unwrap_or(10.0 * power);
        let first = (self.low / step).ceil();
        let values = (0..8).map(|index| (first + f64::from(index)) * step);
        let values: Vec<_> = values.take_while(|value| *value <= self.high).collect();
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        values.into_iter().map(|value| (value, label(value, step, largest))).collect()
    }
}

/// Returns the label of a value on an axis with this step and this largest value.
fn label(value: f64, step: f64, largest: f64) -> String {
    // Zero may be a rest of the division, such as 1e-17.
    let value = if value.abs() < step / 1e6 { 0.0 } else { value };
    let (unit, suffix) = match largest {
        _ if !(1e-4..1e15).contains(&largest) => {
            return if value == 0.0 { "0".to_owned() } else { format!("{value:.2e}") };
        }
        _ if largest >= 1e12 => (1e12, "T"),
        _ if largest >= 1e9 => (1e9, "G"),
        _ if largest >= 1e6 => (1e6, "M"),
        _ if largest >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (0..12).find(|decimals| step / unit * 10_f64.powi(*decimals) >= 0.999);
    let decimals = usize::try_from(decimals.unwrap_or(12)).unwrap_or(0);
    format!("{:.decimals$}{suffix}", value / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> String {
        let ticks = Scale::new(low, high).ticks();
        ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn labels_are_round_and_no_longer_than_needed() {
        for (low, high, expected) in [
            (3.54, 3.71, "3.55 3.60 3.65 3.70"),
            (61544.0, 63518.0, "61.5k 62.0k 62.5k 63.0k 63.5k"),
            (0.0853, 0.0876, "0.086 0.087"),
            (-1.0, 1.0, "-1.0 -0.5 0.0 0.5 1.0"),
            (0.0, 0.0, "-1.0 -0.5 0.0 0.5 1.0"),
            (5.0, 5.0, "4.8 4.9 5.0 5.1 5.2"),
            (1e-9, 3e-9, "1.00e-9 1.50e-9 2.00e-9 2.50e-9 3.00e-9"),
            (1e20, 3e20, "1.00e20 1.50e20 2.00e20 2.50e20 3.00e20"),
            (1.5e6, 3.5e6, "1.5M 2.0M 2.5M 3.0M 3.5M"),
            (f64::MIN, f64::MAX, ""),
        ] {
            assert_eq!(labels(low, high), expected, "{low} to {high}");
        }
    }

    #[test]
    fn values_are_inside_the_chart() {
        for (low, high) in [
            (3.54, 3.71),
            (0.0, 0.0),
            (5.0, 5.0),
            (-5.0, -5.0),
            (f64::MIN, f64::MAX),
            (0.0, 5e-324),
        ] {
            let scale = Scale::new(low, high);
            let places = [scale.place(low), scale.place(high)];
            assert!(places.iter().all(|place| (0.0..=1.0).contains(place)), "{low} {places:?}");
            assert!(places[0] <= places[1]);
        }
    }
}
