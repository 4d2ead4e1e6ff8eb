//! `registry list`: lists models, or versions.

mod columns;
mod models;
mod tag_filter;
mod versions;

use anyhow::Result;
use model_registry::{Rule, Stage};

use self::models::list_models;
use self::tag_filter::TagFilter;
use self::versions::list_versions;
use super::stage_value;
use crate::context::Context;

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
    let lists_versions = args.stage.is_some()
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
        let problem = if context.exists() { "has no models yet" } else { "does not exist" };
        context.printer.note(&format!("`{path}` {problem}"));
    }
    if lists_versions {
        return list_versions(&args, manifest.models(), context);
    }
    list_models(&args, &manifest, context)
}

/// Keeps the last rows, which are the newest ones in the order of the file, up to `--limit`, and
/// reverses them with `--reverse`.
fn limit_and_reverse<T>(rows: &mut Vec<T>, args: &Args) {
    let skipped = rows.len().saturating_sub(args.limit.unwrap_or(rows.len()));
    rows.drain(..skipped);
    if args.reverse {
        rows.reverse();
    }
}
