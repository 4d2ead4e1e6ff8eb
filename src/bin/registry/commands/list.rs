//! `registry list`: the models, or the versions of one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use anyhow::Result;
use model_registry::{Manifest, Model, ModelVersion, Number, Stage};
use serde::Serialize;

use super::stage_value;
use crate::context::Context;
use crate::output::{Align, Table, rounded};
use model_registry::report::VersionView;

/// List the models, or the versions of one
///
/// Without MODEL, an option that speaks of versions lists those of all models.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// List the versions of this model
    model: Option<String>,
    /// Only versions labelled with this stage
    #[arg(short, long, value_parser = stage_value::stage())]
    stage: Option<Stage>,
    /// Show this metric (may be repeated)
    #[arg(long = "metric", value_name = "NAME")]
    metrics: Vec<String>,
    /// Sort by this metric, or by `created`; versions without it come first
    #[arg(long, value_name = "NAME")]
    sort_by: Option<String>,
    /// Only the last N of the order shown
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only what has this tag (may be repeated): versions where versions are listed, else models
    #[arg(long, value_name = "KEY[=VALUE]")]
    tag: Vec<TagFilter>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let about_versions = args.stage.is_some() || args.sort_by.is_some() || !args.metrics.is_empty();
    if let Some(name) = &args.model {
        let model = context.load_model(name)?;
        return list_versions(&args, std::slice::from_ref(&model), context);
    }
    let manifest = context.load()?;
    if manifest.models().is_empty() {
        let path = context.manifest().display();
        let what = if context.exists() { "has no models yet" } else { "does not exist" };
        context.printer.note(&format!("`{path}` {what}"));
    }
    if about_versions {
        return list_versions(&args, manifest.models(), context);
    }
    list_models(&args, &manifest, context)
}

#[derive(Serialize)]
struct ModelRow<'m> {
    name: &'m str,
    versions: usize,
    current_prod: Option<Cow<'m, str>>,
    current_staging: Option<Cow<'m, str>>,
    latest: Option<&'m str>,
    description: Cow<'m, str>,
    tags: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
    aliases: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
}

fn list_models(args: &Args, manifest: &Manifest, context: &Context) -> Result<()> {
    let rows: Vec<_> = manifest
        .models()
        .iter()
        .filter(|model| args.tag.iter().all(|tag| tag.is_among(&model.tags())))
        .map(|model| ModelRow {
            name: model.name(),
            versions: model.versions().len(),
            current_prod: model.current(Stage::Prod),
            current_staging: model.current(Stage::Staging),
            latest: model.versions().last().map(ModelVersion::version),
            description: model.description(),
            tags: model.tags().into_iter().collect(),
            aliases: model.aliases().into_iter().collect(),
        })
        .collect();
    let rows = last(&rows, args.limit);
    if args.json {
        return context.printer.json(&rows);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let described = rows.iter().any(|row| !row.description.is_empty());
    let mut columns = vec![
        ("MODEL".into(), Align::Left),
        ("VERSIONS".into(), Align::Right),
        ("PRODUCTION".into(), Align::Left),
        ("STAGING".into(), Align::Left),
        ("LATEST".into(), Align::Left),
    ];
    if described {
        columns.push(("DESCRIPTION".into(), Align::Left));
    }
    let mut table = Table::new(columns);
    for row in rows {
        let or_dash = |name: Option<&str>| name.unwrap_or("-").to_owned();
        let mut cells = vec![
            row.name.into(),
            row.versions.to_string().into(),
            or_dash(row.current_prod.as_deref()).into(),
            or_dash(row.current_staging.as_deref()).into(),
            or_dash(row.latest).into(),
        ];
        if described {
            cells.push(row.description.clone());
        }
        table.push(&cells, false);
    }
    context.printer.table(&table)
}

fn list_versions(args: &Args, models: &[Model], context: &Context) -> Result<()> {
    let mut rows: Vec<VersionView<'_>> = models
        .iter()
        .flat_map(|model| {
            let wanted = |stage| args.stage.is_none_or(|wanted| stage == wanted);
            let tagged =
                |version: &ModelVersion| args.tag.iter().all(|tag| tag.is_among(&version.tags()));
            let versions = model
                .versions()
                .iter()
                .filter(move |version| wanted(version.stage()) && tagged(version));
            versions.map(|version| VersionView::new(model, version))
        })
        .collect();
    let sorted_by = args.sort_by.as_ref().filter(|key| *key != "created");
    for name in args.metrics.iter().chain(sorted_by) {
        if rows.iter().all(|row| row.version.metric(name).is_none()) && !rows.is_empty() {
            context.printer.warning(&format!("no version listed has a metric `{name}`"));
        }
    }
    if let Some(key) = &args.sort_by {
        sort(&mut rows, key);
    }
    let rows = last(&rows, args.limit);
    if args.json {
        return context.printer.json(&rows);
    }
    if rows.is_empty() && !models.is_empty() {
        context.printer.note("no version is listed");
    }
    if rows.is_empty() {
        return Ok(());
    }
    context.printer.table(&version_table(args, rows))
}

/// One row a version. Columns that would tell nothing are left out.
fn version_table(args: &Args, rows: &[VersionView<'_>]) -> Table {
    let with_run_id = rows.iter().any(|row| row.version.run_id() != row.version.version());
    let sorted_by = args.sort_by.as_ref().filter(|key| *key != "created");
    let mut metrics: Vec<&String> = args.metrics.iter().collect();
    metrics.extend(sorted_by.filter(|key| !args.metrics.contains(key)));
    let left = |name: &str| (name.to_owned(), Align::Left);
    let mut columns = vec![left(" ")];
    columns.extend(args.model.is_none().then(|| left("MODEL")));
    columns.push(left("VERSION"));
    columns.extend(with_run_id.then(|| left("RUN ID")));
    columns.extend([left("STAGE"), left("CREATED (UTC)")]);
    columns.extend(metrics.iter().map(|name| ((*name).clone(), Align::Right)));
    columns.push(left("DESCRIPTION"));

    let mut table = Table::new(columns);
    for row in rows {
        let serving = row.current == Some(Stage::Prod);
        let mut cells: Vec<Cow<'_, str>> = vec![if serving { "*" } else { " " }.into()];
        cells.extend(args.model.is_none().then(|| row.model.into()));
        cells.push(row.version.version().into());
        cells.extend(with_run_id.then(|| row.version.run_id()));
        cells.push(row.stage().into());
        cells.push(created(row));
        cells.extend(metrics.iter().map(|name| metric(row, name)));
        cells.push(row.version.description());
        table.push(&cells, serving);
    }
    table
}

fn created<'m>(row: &VersionView<'m>) -> Cow<'m, str> {
    match row.version.created() {
        Some(time) => time.readable().into(),
        None => row.version.created_at().unwrap_or("-".into()),
    }
}

fn metric<'m>(row: &VersionView<'m>, name: &str) -> Cow<'m, str> {
    row.version.metric(name).map_or("-".into(), |number| rounded(&number).into())
}

/// Sorts in rising order. The sort is stable, so equal ones stay in the file's order.
fn sort(rows: &mut [VersionView<'_>], key: &str) {
    if key == "created" {
        return rows.sort_by_cached_key(|row| row.version.created());
    }
    rows.sort_by(|one, two| {
        let number = |row: &VersionView<'_>| -> Option<Number<'static>> {
            let number = row.version.metric(key)?.into_owned();
            Some(number).filter(|number| !number.as_f64().is_nan())
        };
        match (number(one), number(two)) {
            (Some(one), Some(two)) => one.compare(&two).unwrap_or(Ordering::Equal),
            (one, two) => one.is_some().cmp(&two.is_some()),
        }
    });
}

fn last<T>(rows: &[T], limit: Option<usize>) -> &[T] {
    let skipped = rows.len().saturating_sub(limit.unwrap_or(rows.len()));
    &rows[skipped..]
}

/// A tag to look for, with any value or with one.
#[derive(Clone)]
struct TagFilter {
    name: String,
    value: Option<String>,
}

impl TagFilter {
    fn is_among(&self, tags: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
        tags.iter().any(|(name, value)| {
            *name == self.name && self.value.as_ref().is_none_or(|wanted| value == wanted)
        })
    }
}

impl FromStr for TagFilter {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        Ok(Self { name: name.to_owned(), value })
    }
}
