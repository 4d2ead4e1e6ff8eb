//! Limits how much of a large manifest a page shows. The page reports what is left out.

use crate::manifest::{Model, ModelVersion, Stage};

/// The limits of each model on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The newest versions in the table and in the data block.
    pub(super) versions: usize,
    /// Charts.
    pub(super) charts: usize,
    /// Columns of a chart; with more versions than that, neighbours share a column.
    pub(super) columns: usize,
    /// The newest periods of production.
    pub(super) periods: usize,
}

impl Limits {
    /// Manifest text of the versions on a page. A table row and its data take twice the text.
    const TEXT: usize = 1_900_000;
    /// Versions on a page, so that a browser stays quick.
    const VERSIONS: usize = 4_000;
    /// Markup of a row without its text.
    const ROW: usize = 100;
    /// Charts on a page, and columns in all of them.
    const CHARTS: usize = 240;
    const COLUMNS: usize = 12_000;
    const PERIODS: usize = 2_000;
    /// Findings on a page.
    pub(super) const FINDINGS: usize = 500;

    /// Divides the page among the models: each may show as much as any other.
    pub(super) fn new(models: &[&Model]) -> Self {
        let share = |all: usize, most: usize| (all / models.len().max(1)).clamp(1, most);
        let charts = share(Self::CHARTS, 12);
        let columns = (Self::COLUMNS / (models.len().max(1) * charts)).clamp(20, 240);
        Self { versions: versions(models), charts, columns, periods: share(Self::PERIODS, 100) }
    }
}

impl Limits {
    /// The versions of a model on the page, in the order of the file: the newest ones, and those
    /// that are current in a stage.
    pub(super) fn versions_of(self, model: &Model) -> Vec<&ModelVersion> {
        let versions = model.versions();
        let (older, newest) = versions.split_at(versions.len().saturating_sub(self.versions));
        let current = [Stage::Prod, Stage::Staging].map(|stage| model.current(stage));
        let is_current = |version: &&ModelVersion| {
            current.iter().flatten().any(|current| current == version.version())
        };
        older.iter().filter(is_current).chain(newest).collect()
    }
}

/// Returns the largest number of newest versions of each model that fit on the page together.
fn versions(models: &[&Model]) -> usize {
    // For each model the text of its newest one, two, three versions.
    let sums: Vec<Vec<usize>> = models
        .iter()
        .map(|model| {
            let mut sum = 0;
            let newest_first = model.versions().iter().rev();
            newest_first
                .map(|version| {
                    sum += version.text().len() + Limits::ROW;
                    sum
                })
                .collect()
        })
        .collect();
    let fits = |count: usize| {
        let (mut text, mut versions) = (0, 0);
        for sums in sums.iter().filter(|sums| !sums.is_empty()) {
            let shown = count.min(sums.len());
            versions += shown;
            text += sums[shown - 1];
        }
        text <= Limits::TEXT && versions <= Limits::VERSIONS
    };
    let most = sums.iter().map(Vec::len).max().unwrap_or(0).max(1);
    // The number that fits is between `low`, which is shown in any case, and `high`.
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn manifest(models: &[(usize, usize)]) -> Manifest {
        let model = |(index, (versions, description)): (usize, &(usize, usize))| {
            let text = "x".repeat(*description);
            let versions: Vec<_> = (0..*versions)
                .map(|v| {
                    format!(r#"{{"version": "{v}", "run_id": "r", "artifact_path": "p", "description": "{text}"}}"#)
                })
                .collect();
            format!(r#""m{index}": {{"versions": [{}]}}"#, versions.join(","))
        };
        let models: Vec<_> = models.iter().enumerate().map(model).collect();
        let text = format!(r#"{{"models": {{{}}}}}"#, models.join(","));
        Manifest::parse(text, "m.json".as_ref()).expect("valid")
    }

    fn shown(models: &[(usize, usize)]) -> usize {
        let manifest = manifest(models);
        Limits::new(&manifest.models().iter().collect::<Vec<_>>()).versions
    }

    #[test]
    fn a_small_manifest_is_shown_whole() {
        assert_eq!(shown(&[(3, 100), (500, 100)]), 500);
        assert_eq!(shown(&[]), 1);
        assert_eq!(shown(&[(0, 0)]), 1);
    }

    #[test]
    fn a_large_manifest_is_divided_among_its_models() {
        assert_eq!(shown(&[(9_000, 10)]), 4_000);
        assert_eq!(shown(&[(9_000, 10), (9_000, 10)]), 2_000);
        // Large models get the space that small models do not need.
        assert_eq!(shown(&[(9_000, 10), (100, 10)]), 3_900);
    }

    #[test]
    fn long_texts_count() {
        let versions = shown(&[(1_000, 10_000)]);
        assert!((150..200).contains(&versions), "{versions}");
        assert_eq!(shown(&[(3, 3_000_000)]), 1);
    }
}
