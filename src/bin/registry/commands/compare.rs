//! `registry compare`: compares two versions.

use std::borrow::Cow;

use anyhow::Result;
use model_registry::{Comparison, Model, compare};
use serde::Serialize;

use super::metric_rows;
use crate::context::Context;
use crate::output::{Align, Table, markdown_cell, markdown_row};

const EXAMPLES: &str = "\
# The newest version with the one in production
registry compare minutes_v1_lgbm @latest
registry compare minutes_v1_lgbm @staging @prod --markdown";

/// Compare the metrics and the training data of two versions
///
/// `compare` does not know which values are better.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging, @latest or an @alias
    version: String,
    /// The version to compare it with
    #[arg(default_value = "@prod")]
    baseline: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// JSON output.
#[derive(Serialize)]
struct View<'m> {
    model: &'m str,
    #[serde(flatten)]
    comparison: &'m Comparison<'m>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let comparison = compare(model.resolve(&args.version)?, model.resolve(&args.baseline)?);
    if args.json {
        return context.printer.json(&View { model: model.name(), comparison: &comparison });
    }
    if args.markdown {
        return context.printer.print(&markdown(&model, &comparison));
    }
    let left = |name: &str| (name.to_owned(), Align::Left);
    let right = |name: &str| (name.to_owned(), Align::Right);
    let columns = vec![
        left("METRIC"),
        right(comparison.version),
        right(comparison.baseline),
        right("DIFFERENCE"),
        right("RELATIVE"),
    ];
    let mut table = Table::new(columns);
    for metric in &comparison.metrics {
        table.push(&metric_rows::cells(metric), false);
    }
    context.printer.table(table)?;
    if comparison.metrics.iter().any(metric_rows::shows_rounding) {
        context.printer.note("differences are those of the unrounded numbers");
    }
    if comparison.fields.is_empty() {
        return Ok(());
    }
    let columns = vec![left("FIELD"), left(comparison.version), left(comparison.baseline)];
    let mut table = Table::new(columns);
    for field in &comparison.fields {
        let or_dash = |text: &Option<Cow<'_, str>>| text.clone().unwrap_or("-".into()).into_owned();
        let cells =
            [field.field.into(), or_dash(&field.value).into(), or_dash(&field.baseline).into()];
        table.push(&cells, false);
    }
    context.printer.print("\n")?;
    context.printer.table(table)
}

fn markdown(model: &Model, comparison: &Comparison<'_>) -> String {
    let (version, baseline) = (comparison.version, comparison.baseline);
    let mut text = format!(
        "**{}**: {} compared with {}\n\n",
        markdown_cell(model.name()),
        markdown_cell(version),
        markdown_cell(baseline)
    );
    text += &metric_rows::markdown(model, comparison);
    if !comparison.fields.is_empty() {
        text += "\n";
        text += &markdown_row(["field", version, baseline]);
        text += "|---|---|---|\n";
    }
    for field in &comparison.fields {
        let or_dash = |text: &Option<Cow<'_, str>>| text.clone().unwrap_or("-".into()).into_owned();
        let (value, baseline) = (or_dash(&field.value), or_dash(&field.baseline));
        text += &markdown_row([field.field, &value, &baseline]);
    }
    text
}
