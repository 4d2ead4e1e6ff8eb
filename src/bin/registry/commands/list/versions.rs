//! Selects and sorts the versions to list.

use std::cmp::Ordering;

use anyhow::Result;
use model_registry::report::VersionView;
use model_registry::{Model, ModelVersion, Number, Rule};

use super::columns::{ALL, version_table};
use super::{Args, limit_and_reverse};
use crate::context::Context;

/// The sort key that is not a metric.
const CREATED: &str = "created";

/// Prints the versions of these models.
pub(super) fn list_versions(args: &Args, models: &[Model], context: &Context) -> Result<()> {
    let all = || models.iter().flat_map(|model| model.versions().iter().map(move |v| (model, v)));
    let metrics = args.metrics.iter().filter(|name| *name != ALL).map(String::as_str);
    for name in metrics.chain(args.sort_metric()).chain(args.rules.iter().filter_map(Rule::metric))
    {
        if all().next().is_some() && all().all(|(_, version)| version.metric(name).is_none()) {
            context.printer.warning(&format!("no version has a metric `{name}`"));
        }
    }
    let mut rows: Vec<_> = all()
        .filter(|(model, version)| args.selects(model, version))
        .map(|(model, version)| VersionView::new(model, version))
        .collect();
    match &args.sort_by {
        None => limit_and_reverse(&mut rows, args),
        Some(key) => {
            if key == CREATED {
                sort(&mut rows, args.reverse, |row| row.version.created(), Ord::cmp);
            } else {
                let compare = |one: &Number<'_>, two: &Number<'_>| {
                    one.compare(two).unwrap_or(Ordering::Equal)
                };
                sort(&mut rows, args.reverse, |row| comparable(row, key), compare);
            }
            rows.truncate(args.limit.unwrap_or(usize::MAX));
        }
    }
    if args.json {
        return context.printer.json(&rows);
    }
    if rows.is_empty() && !models.is_empty() {
        context.printer.note("no version is listed");
    }
    if rows.is_empty() {
        return Ok(());
    }
    context.printer.table(version_table(args, &rows, context.printer.terminal))
}

impl Args {
    fn selects(&self, model: &Model, version: &ModelVersion) -> bool {
        self.stage.is_none_or(|stage| version.stage() == stage)
            && self.tag.iter().all(|tag| tag.matches(&version.tags()))
            && self.rules.iter().all(|rule| rule.judge(model, version).met)
    }

    pub(super) fn sort_metric(&self) -> Option<&str> {
        self.sort_by.as_deref().filter(|key| *key != CREATED)
    }
}

/// Returns a metric, unless it is `NaN`, which has no order.
fn comparable<'m>(row: &VersionView<'m>, name: &str) -> Option<Number<'m>> {
    row.version.metric(name).filter(|number| !number.as_f64().is_nan())
}

/// Sorts in ascending order, or with `reverse` in descending order. Rows without a key come last,
/// and equal rows keep the order of the file.
fn sort<'m, K>(
    rows: &mut Vec<VersionView<'m>>,
    reverse: bool,
    key: impl Fn(&VersionView<'m>) -> Option<K>,
    compare: impl Fn(&K, &K) -> Ordering,
) {
    let mut keyed: Vec<_> = rows.drain(..).map(|row| (key(&row), row)).collect();
    keyed.sort_by(|(one, _), (two, _)| match (one, two) {
        (Some(one), Some(two)) if reverse => compare(two, one),
        (Some(one), Some(two)) => compare(one, two),
        (one, two) => two.is_some().cmp(&one.is_some()),
    });
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}
