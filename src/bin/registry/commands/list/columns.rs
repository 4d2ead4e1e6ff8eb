//! The columns of a table of versions.

use std::borrow::Cow;
use std::collections::HashMap;

use model_registry::report::VersionView;
use model_registry::{Rule, Stage};

use super::Args;
use crate::output::{Align, Table, Tone, format_time, rounded};

/// Value of `--metric` for all metrics.
pub(super) const ALL: &str = "all";

/// Largest number of metrics that are shown by default.
const MOST_DEFAULTS: usize = 3;

impl Args {
    /// Returns the metrics to show, and those of them that a narrow terminal leaves out, in that
    /// order.
    fn metrics_to_show(&self, rows: &[VersionView<'_>]) -> (Vec<String>, Vec<String>) {
        let mut selected: Vec<String> = Vec::new();
        let mut select = |name: &str| {
            if !selected.iter().any(|selected| selected == name) {
                selected.push(name.to_owned());
            }
        };
        if self.no_metrics {
            return (Vec::new(), Vec::new());
        }
        for name in &self.metrics {
            if name == ALL {
                for (name, _) in count_metrics(rows) {
                    select(&name);
                }
            } else {
                select(name);
            }
        }
        for name in self.sort_metric().into_iter().chain(self.rules.iter().filter_map(Rule::metric))
        {
            select(name);
        }
        if self.model.is_none() || !self.metrics.is_empty() {
            return (selected, Vec::new());
        }
        let common = count_metrics(rows).into_iter().filter(|(_, count)| count * 2 > rows.len());
        let common =
            common.map(|(name, _)| name.into_owned()).filter(|name| !selected.contains(name));
        let defaults: Vec<_> = common.take(MOST_DEFAULTS.saturating_sub(selected.len())).collect();
        selected.extend(defaults.iter().cloned());
        (selected, defaults.into_iter().rev().collect())
    }
}

/// Returns the metrics of these versions, in the order of the newest version, each with the number
/// of versions that have it.
fn count_metrics<'m>(rows: &[VersionView<'m>]) -> Vec<(Cow<'m, str>, usize)> {
    let mut counts: Vec<(Cow<'m, str>, usize)> = Vec::new();
    let mut indexes: HashMap<Cow<'m, str>, usize> = HashMap::new();
    for row in rows.iter().rev() {
        let metrics = row.version.metrics().into_iter();
        for (name, _) in metrics.filter(|(_, number)| number.is_some()) {
            let index = *indexes.entry(name.clone()).or_insert(counts.len());
            if index == counts.len() {
                counts.push((name, 0));
            }
            counts[index].1 += 1;
        }
    }
    counts
}

/// Renders one row for each version. Columns in which no version has a value are left out.
pub(super) fn version_table(args: &Args, rows: &[VersionView<'_>], terminal: bool) -> Table {
    let with_run_id = rows.iter().any(|row| row.version.run_id() != row.version.version());
    let (metrics, defaults) = args.metrics_to_show(rows);
    let left = |name: &str| (name.to_owned(), Align::Left);
    let mut columns = vec![left(" ")];
    columns.extend(args.model.is_none().then(|| left("MODEL")));
    columns.push(left("VERSION"));
    columns.extend(with_run_id.then(|| left("RUN ID")));
    columns.extend([left("STAGE"), left("CREATED (UTC)")]);
    columns.extend(metrics.iter().map(|name| (name.clone(), Align::Right)));
    let described = rows.iter().any(|row| !row.version.description().is_empty());
    columns.extend(described.then(|| left("DESCRIPTION")));

    // The first metric is left out last.
    let defaults: Vec<_> = defaults.iter().map(String::as_str).collect();
    let (more, first) = defaults.split_at(defaults.len().saturating_sub(1));
    let optional = [more, &["RUN ID", "DESCRIPTION", "CREATED (UTC)"], first].concat();
    let mut table = Table::new(columns).text(&["DESCRIPTION"]).optional(&optional);
    for row in rows {
        let is_production = row.current == Some(Stage::Prod);
        let mut cells: Vec<Cow<'_, str>> = vec![if is_production { "*" } else { " " }.into()];
        cells.extend(args.model.is_none().then(|| row.model.into()));
        cells.push(row.version.version().into());
        cells.extend(with_run_id.then(|| row.version.run_id()));
        cells.push(row.stage().into());
        cells.push(created(row, terminal));
        cells.extend(metrics.iter().map(|name| metric(row, name)));
        cells.extend(described.then(|| row.version.description()));
        table.push(&cells, Tone::of_version(row.version.stage(), row.current));
    }
    table
}

fn created<'m>(row: &VersionView<'m>, terminal: bool) -> Cow<'m, str> {
    match row.version.created() {
        Some(time) => format_time(time, terminal).into(),
        None => row.version.created_at().unwrap_or("-".into()),
    }
}

fn metric<'m>(row: &VersionView<'m>, name: &str) -> Cow<'m, str> {
    row.version.metric(name).map_or("-".into(), |number| rounded(&number).into())
}
