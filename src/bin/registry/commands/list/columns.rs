//! The columns of a table of versions.

use std::borrow::Cow;
use std::collections::HashMap;

use model_registry::report::VersionView;
use model_registry::{Rule, Stage};

use super::Args;
use crate::output::{Align, Table, Tone, rounded, when};

/// Asks for the columns of all metrics.
pub(super) const ALL: &str = "all";

/// Metrics shown without being asked for.
const SHOWN: usize = 3;

impl Args {
    /// The metrics to show, and of them those that a narrow terminal leaves out, the first one
    /// first.
    fn columns(&self, rows: &[VersionView<'_>]) -> (Vec<String>, Vec<String>) {
        let mut asked: Vec<String> = Vec::new();
        let mut ask = |name: &str| {
            if !asked.iter().any(|asked| asked == name) {
                asked.push(name.to_owned());
            }
        };
        if self.no_metrics {
            return (Vec::new(), Vec::new());
        }
        for name in &self.metrics {
            if name == ALL {
                for (name, _) in counted(rows) {
                    ask(&name);
                }
            } else {
                ask(name);
            }
        }
        for name in self.sort_metric().into_iter().chain(self.rules.iter().filter_map(Rule::metric))
        {
            ask(name);
        }
        if self.model.is_none() || !self.metrics.is_empty() {
            return (asked, Vec::new());
        }
        let most = counted(rows).into_iter().filter(|(_, count)| count * 2 > rows.len());
        let most = most.map(|(name, _)| name.into_owned()).filter(|name| !asked.contains(name));
        let extra: Vec<_> = most.take(SHOWN.saturating_sub(asked.len())).collect();
        asked.extend(extra.iter().cloned());
        (asked, extra.into_iter().rev().collect())
    }
}

/// The metrics of these versions, in the order of the newest, each with the number of versions that
/// have it.
fn counted<'m>(rows: &[VersionView<'m>]) -> Vec<(Cow<'m, str>, usize)> {
    let mut counts: Vec<(Cow<'m, str>, usize)> = Vec::new();
    let mut places: HashMap<Cow<'m, str>, usize> = HashMap::new();
    for row in rows.iter().rev() {
        let metrics = row.version.metrics().into_iter();
        for (name, _) in metrics.filter(|(_, number)| number.is_some()) {
            let place = *places.entry(name.clone()).or_insert(counts.len());
            if place == counts.len() {
                counts.push((name, 0));
            }
            counts[place].1 += 1;
        }
    }
    counts
}

/// One row a version. Columns in which no version has a value are left out.
pub(super) fn version_table(args: &Args, rows: &[VersionView<'_>], terminal: bool) -> Table {
    let with_run_id = rows.iter().any(|row| row.version.run_id() != row.version.version());
    let (metrics, extra) = args.columns(rows);
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
    let extra: Vec<_> = extra.iter().map(String::as_str).collect();
    let (more, first) = extra.split_at(extra.len().saturating_sub(1));
    let optional = [more, &["RUN ID", "DESCRIPTION", "CREATED (UTC)"], first].concat();
    let mut table = Table::new(columns).text(&["DESCRIPTION"]).optional(&optional);
    for row in rows {
        let serving = row.current == Some(Stage::Prod);
        let mut cells: Vec<Cow<'_, str>> = vec![if serving { "*" } else { " " }.into()];
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
        Some(time) => when(time, terminal).into(),
        None => row.version.created_at().unwrap_or("-".into()),
    }
}

fn metric<'m>(row: &VersionView<'m>, name: &str) -> Cow<'m, str> {
    row.version.metric(name).map_or("-".into(), |number| rounded(&number).into())
}
