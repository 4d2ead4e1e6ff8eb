//! A small plot in characters: which mark belongs in which cell. The caller chooses the characters.

use super::series::{Point, Series};
use super::sparkline::nearest;
use crate::stage::Stage;

/// The content of a cell, from the least to the most important.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Nothing.
    Blank,
    /// Between the lowest and the highest of several versions.
    Range,
    /// A version.
    Point,
    /// A version that was replaced in prod.
    Past,
    /// The version that is current in staging.
    Staging,
    /// The version that is current in prod.
    Prod,
}

/// A series in a grid of cells.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Plot {
    /// The rows, the highest values first; all have the same length.
    pub rows: Vec<Vec<Mark>>,
    /// Whether a version has no value, for each column.
    pub gaps: Vec<bool>,
    /// The largest number of versions that share a column.
    pub versions_per_column: usize,
}

impl Plot {
    /// The widest distance of two versions.
    const WIDEST: usize = 8;

    /// Places a series in a grid. It is no wider than `width`, and narrower if there are few
    /// versions.
    ///
    /// If there are more versions than columns, neighbours share a column, which then shows their
    /// lowest and highest value with a range between them.
    pub fn new(series: &Series<'_>, width: usize, height: usize) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let count = series.points.len();
        let columns = match count.checked_sub(1) {
            None | Some(0) => 1,
            Some(steps) if steps < width => steps * ((width - 1) / steps).min(Self::WIDEST) + 1,
            Some(_) => width,
        };
        let column = |index: usize| match count.checked_sub(1) {
            None | Some(0) => 0,
            Some(steps) if steps < columns => index * ((columns - 1) / steps),
            Some(_) => index * columns / count,
        };
        let mut plot = Self {
            rows: vec![vec![Mark::Blank; columns]; height],
            gaps: vec![false; columns],
            versions_per_column: 0,
        };
        let mut sizes = vec![0; columns];
        let mut spans: Vec<Option<(usize, usize)>> = vec![None; columns];
        let row = rows_of(series, height);
        for (index, point) in series.points.iter().enumerate() {
            let column = column(index);
            sizes[column] += 1;
            let Some(value) = point.finite() else {
                plot.gaps[column] = true;
                continue;
            };
            let row = row(value);
            let cell = &mut plot.rows[row][column];
            *cell = mark(point).max(*cell);
            let (top, bottom) = spans[column].unwrap_or((row, row));
            spans[column] = Some((top.min(row), bottom.max(row)));
        }
        for (column, span) in spans.into_iter().enumerate() {
            let Some((top, bottom)) = span else { continue };
            for row in &mut plot.rows[top..=bottom] {
                row[column] = row[column].max(Mark::Range);
            }
        }
        plot.versions_per_column = sizes.into_iter().max().unwrap_or(0);
        plot
    }
}

/// Returns the function from a value to its row: the highest value is in row 0.
fn rows_of(series: &Series<'_>, height: usize) -> impl Fn(f64) -> usize {
    let bound = |reading: &Option<super::Reading<'_>>| {
        reading.as_ref().map_or(0.0, |reading| reading.value.as_f64() / 2.0)
    };
    let (low, high) = (bound(&series.lowest), bound(&series.highest));
    move |value| {
        let range = high - low;
        if range <= 0.0 {
            return height / 2;
        }
        let last = u32::try_from(height - 1).unwrap_or(u32::MAX);
        nearest((high - value / 2.0) / range * f64::from(last)).min(height - 1)
    }
}

/// Returns the mark of a version that has a value.
fn mark(point: &Point<'_>) -> Mark {
    match point.current {
        Some(Stage::Prod) => Mark::Prod,
        Some(Stage::Staging) => Mark::Staging,
        _ if point.is_past() => Mark::Past,
        _ => Mark::Point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Policy;
    use crate::manifest::Manifest;

    fn drawn(values: &[&str], width: usize, height: usize) -> (Vec<String>, String, usize) {
        let version = |(index, value): (usize, &&str)| {
            let stage = ["prod", "prod", "staging"].get(index).unwrap_or(&"dev");
            format!(
                r#"{{"version": "{index}", "run_id": "r", "artifact_path": "p", "stage": "{stage}",
                "metrics": {{"m": {value}}}}}"#
            )
        };
        let versions: Vec<_> = values.iter().enumerate().map(version).collect();
        let text = format!(
            r#"{{"models": {{"m": {{"versions": [{}], "current_prod": "1", "current_staging": "2"}}}}}}"#,
            versions.join(", ")
        );
        let manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
        let model = manifest.model("m").expect("the model");
        let series = Series::new(model, model.versions(), "m", &Policy::default());
        let plot = Plot::new(&series, width, height);
        let mark = |mark: &Mark| match mark {
            Mark::Blank => ' ',
            Mark::Range => '|',
            Mark::Point => '.',
            Mark::Past => 'o',
            Mark::Staging => 'S',
            Mark::Prod => 'P',
        };
        let rows = plot.rows.iter().map(|row| row.iter().map(mark).collect()).collect();
        let gaps = plot.gaps.iter().map(|gap| if *gap { 'x' } else { '-' }).collect();
        (rows, gaps, plot.versions_per_column)
    }

    #[test]
    fn few_versions_are_spread_and_keep_their_marks() {
        let (rows, gaps, per_column) = drawn(&["4", "3", "2", "null", "0"], 9, 3);
        assert_eq!(rows, ["o        ", "  P S    ", "        ."]);
        assert_eq!((&*gaps, per_column), ("------x--", 1));
        // Two versions are not torn apart on a wide terminal.
        assert_eq!(drawn(&["1", "2"], 200, 2).0, ["        P", "o        "]);
    }

    #[test]
    fn many_versions_share_columns_and_no_extreme_is_lost() {
        let mut values = vec!["5"; 100];
        values[40] = "9";
        values[41] = "1";
        let (rows, _, per_column) = drawn(&values, 10, 5);
        assert_eq!(rows, ["    .     ", "    |     ", "P.........", "    |     ", "    .     "]);
        assert_eq!(per_column, 10);
        assert_eq!(drawn(&["5"; 15], 10, 1).2, 2);
    }

    #[test]
    fn odd_series_are_drawn_as_well() {
        assert_eq!(drawn(&[], 10, 2).0, [" ", " "]);
        assert_eq!(drawn(&["null"], 10, 2), (vec![" ".into(), " ".into()], "x".into(), 1));
        assert_eq!(drawn(&["7"], 10, 3).0, [" ", "o", " "]);
        assert_eq!(drawn(&["-1.7e308", "1.7e308", "NaN"], 3, 2).0, [" P ", "o  "]);
        assert_eq!(drawn(&["1", "2", "3"], 0, 0).0, ["P"]);
    }
}
