//! `registry list`: the models, or the versions of one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::str::FromStr;

use anyhow::Result;
use model_registry::{Manifest, Model, ModelVersion, Number, Rule, Stage};
use serde::Serialize;

use super::stage_value;
use crate::context::Context;
use crate::output::{Align, Table, Tone, rounded, when};
use model_registry::report::VersionView;

const EXAMPLES: &str = r#"# The models, with what is current
registry list
# The three versions with the lowest error
registry list minutes_v1_lgbm --sort-by val_mae --limit 3
# Versions of all models that meet rules
registry list --where 'val_mae < 3.6' --where 'training_end >= "2025-11-01"'"#;

/// List the models, or the versions of one
///
/// Without MODEL, an option that selects versions lists the versions of all models.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// List the versions of this model
    model: Option<String>,
    /// Only versions with this stage: dev, staging or prod
    #[arg(short, long, value_parser = stage_value::stage(), hide_possible_values = true)]
    stage: Option<Stage>,
    /// Only versions that meet a rule: 'val_mae < 3.6'
    ///
    /// May be repeated. The rules are those of `registry promote --require`.
    #[arg(long = "where", value_name = "RULE")]
    rules: Vec<Rule>,
    /// Sort by this metric, or by `created`
    ///
    /// Lowest first. Versions without the metric come last.
    #[arg(long, value_name = "NAME")]
    sort_by: Option<String>,
    /// Reverse the order
    #[arg(short, long)]
    reverse: bool,
    /// Only the first N; without --sort-by, the newest N
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Only versions or models with this tag
    ///
    /// May be repeated. A list of versions is filtered by their tags, a list of models by theirs.
    #[arg(long, value_name = "KEY[=VALUE]")]
    tag: Vec<TagFilter>,
    /// Show this metric, or `all` (may be repeated)
    ///
    /// By default, a model's list shows up to three metrics that most versions have.
    #[arg(long = "metric", value_name = "NAME")]
    metrics: Vec<String>,
    /// Show no metrics
    #[arg(long, conflicts_with = "metrics")]
    no_metrics: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let about_versions = args.stage.is_some()
        || args.sort_by.is_some()
        || !args.rules.is_empty()
        || !args.metrics.is_empty();
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
    let mut rows: Vec<_> = manifest
        .models()
        .iter()
        .filter(|model| args.tag.iter().all(|tag| tag.is_among(&model.tags())))
        .map(|model| ModelRow {
            name: model.name(),
            versions: model.versions().len(),
            current_prod: model.current(Stage::Prod),
            current_staging: model.current(Stage::Staging),
            latest: model.latest().map(ModelVersion::version),
            description: model.description(),
            tags: model.tags().into_iter().collect(),
            aliases: model.aliases().into_iter().collect(),
        })
        .collect();
    newest(&mut rows, args);
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
    let mut table = Table::new(columns).text(&["DESCRIPTION"]).optional(&["DESCRIPTION"]);
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
    context.printer.table(table)
}

fn list_versions(args: &Args, models: &[Model], context: &Context) -> Result<()> {
    let all = || models.iter().flat_map(|model| model.versions().iter().map(move |v| (model, v)));
    let metrics = args.metrics.iter().filter(|name| *name != ALL).map(String::as_str);
    for name in metrics.chain(args.sort_metric()).chain(args.rules.iter().filter_map(Rule::metric))
    {
        if all().next().is_some() && all().all(|(_, version)| version.metric(name).is_none()) {
            context.printer.warning(&format!("no version has a metric `{name}`"));
        }
    }
    let mut rows: Vec<_> = all()
        .filter(|(model, version)| args.wants(model, version))
        .map(|(model, version)| VersionView::new(model, version))
        .collect();
    match &args.sort_by {
        None => newest(&mut rows, args),
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

/// The sort key that is not a metric.
const CREATED: &str = "created";

/// Asks for the columns of all metrics.
const ALL: &str = "all";

/// Metrics shown without being asked for.
const SHOWN: usize = 3;

impl Args {
    fn wants(&self, model: &Model, version: &ModelVersion) -> bool {
        self.stage.is_none_or(|stage| version.stage() == stage)
            && self.tag.iter().all(|tag| tag.is_among(&version.tags()))
            && self.rules.iter().all(|rule| rule.judge(model, version).met)
    }

    fn sort_metric(&self) -> Option<&str> {
        self.sort_by.as_deref().filter(|key| *key != CREATED)
    }

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
fn version_table(args: &Args, rows: &[VersionView<'_>], terminal: bool) -> Table {
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

/// A metric that can be ordered.
fn comparable<'m>(row: &VersionView<'m>, name: &str) -> Option<Number<'m>> {
    row.version.metric(name).filter(|number| !number.as_f64().is_nan())
}

/// Sorts in rising order, or falling if it is reversed. What has no key comes last, and what is
/// equal stays in the order of the file.
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

/// Keeps the newest rows of the order of the file.
fn newest<T>(rows: &mut Vec<T>, args: &Args) {
    let skipped = rows.len().saturating_sub(args.limit.unwrap_or(rows.len()));
    rows.drain(..skipped);
    if args.reverse {
        rows.reverse();
    }
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
