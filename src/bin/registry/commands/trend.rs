//! `registry trend`: shows metrics over the versions of a model.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::Result;
use model_registry::report::{Point, Reading, Trend, sparkline};
use model_registry::{Stage, Timestamp};

use super::trend_view;
use crate::context::Context;
use crate::output::{Align, Table, markdown_cell, markdown_row, rounded};

const EXAMPLES: &str = "\
registry trend minutes_v1_lgbm val_mae val_rmse
registry trend minutes_v1_lgbm val_mae --limit 20 --markdown";

/// Show how metrics change over the versions of a model
///
/// On a terminal it draws a plot for each metric. Through a pipe it prints one line for each
/// version. It marks the best value
/// only if the policy has a rule for the metric, such as `val_mae <= prod`.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// The metrics
    #[arg(required = true, value_name = "METRIC")]
    metrics: Vec<String>,
    /// Only the newest N versions
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The policy; its rules define which values are better
    /// [env: REGISTRY_POLICY] [default: policy.toml beside the manifest, if there is one]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print Markdown, for a comment or a job summary
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let policy = context.policy(args.policy.as_deref())?;
    let model = context.load_model(&args.model)?;
    let trend = Trend::new(&model, &args.metrics, args.limit, &policy)?;
    for series in trend.metrics.iter().filter(|series| series.is_empty()) {
        let metric = &series.metric;
        context.printer.warning(&format!("no version listed has a finite metric `{metric}`"));
    }
    if args.json {
        return context.printer.json(&trend);
    }
    if args.markdown {
        return context.printer.print(&markdown(&trend));
    }
    if context.printer.terminal {
        return trend_view::print(&trend, &context.printer);
    }
    context.printer.table(table(&trend))
}

/// Renders one line for each version.
fn table(trend: &Trend<'_>) -> Table {
    let left = |name: &str| (name.to_owned(), Align::Left);
    let mut columns = vec![left("VERSION"), left("STAGE"), left("CREATED (UTC)")];
    columns.extend(trend.metrics.iter().map(|series| (series.metric.clone(), Align::Right)));
    let mut table = Table::new(columns);
    let points = trend.metrics.first().map_or(&[][..], |series| &series.points);
    for (index, point) in points.iter().enumerate() {
        let created = point.created_at.as_deref();
        let readable = created.and_then(Timestamp::parse).map(Timestamp::readable);
        let created = readable.or(created.map(ToOwned::to_owned));
        let mut cells: Vec<Cow<'_, str>> = vec![
            point.version.into(),
            stage(point).into(),
            created.unwrap_or("-".to_owned()).into(),
        ];
        let value = |point: &Point<'_>| point.value.as_ref().map_or("-".to_owned(), rounded);
        cells.extend(trend.metrics.iter().map(|series| value(&series.points[index]).into()));
        table.push(&cells, point.current == Some(Stage::Prod));
    }
    table
}

/// Returns the stage in which a version is current, or the one it was last moved to.
fn stage(point: &Point<'_>) -> String {
    match point.current {
        Some(stage) => stage.to_string(),
        None if point.stage == Stage::Dev => point.stage.to_string(),
        None => format!("{} (past)", point.stage),
    }
}

/// Length of a sparkline that fits into a comment.
const SPARKLINE: usize = 60;

fn markdown(trend: &Trend<'_>) -> String {
    let better = trend.metrics.iter().any(|series| series.better.is_some());
    let versions = match trend.shown {
        count if count == trend.versions => format!("{count} versions"),
        count => format!("the newest {count} of {} versions", trend.versions),
    };
    let sparkline_title = match trend.shown {
        count if count > SPARKLINE => format!("newest {SPARKLINE}"),
        _ => "trend".to_owned(),
    };
    let mut text = format!("**{}**: {versions}\n\n", markdown_cell(trend.model));
    let titles = ["metric", &sparkline_title, "first", "last", "lowest", "highest"];
    let titles = titles.into_iter().chain(better.then_some("best")).chain(["staging", "prod"]);
    text += &markdown_row(titles);
    text += "|---|---|---:|---:|---:|---:|---:|---:|";
    text += if better { "---:|\n" } else { "\n" };
    for series in &trend.metrics {
        let reading = |reading: &Option<Reading<'_>>| {
            reading.as_ref().map_or("-".to_owned(), |reading| rounded(&reading.value))
        };
        let mut cells = vec![series.metric.clone(), sparkline(&series.newest(SPARKLINE))];
        cells.extend([&series.first, &series.last, &series.lowest, &series.highest].map(reading));
        cells.extend(better.then(|| reading(&series.best)));
        cells.extend([&series.staging, &series.prod].map(reading));
        text += &markdown_row(cells.iter().map(String::as_str));
    }
    text
}
