//! `registry promote`: a version moves to a stage.

use anyhow::Result;
use model_registry::{Move, Record, Stage};

use super::stage_value;
use crate::context::Context;

/// Move a version to a stage, where it becomes the current one
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging or @latest
    version: String,
    /// Where it goes
    #[arg(long, value_parser = stage_value::stage())]
    stage: Stage,
    /// Print the move as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let moved = context.store()?.update(|manifest| {
        manifest.promote(&args.model, &args.version, args.stage, &Record::at(context.now()))
    })?;
    if let Some(stage) = moved.vacated.filter(|&stage| stage == Stage::Prod) {
        context.printer.warning(&format!("{} has no version in {stage} now", moved.model));
    }
    if args.json { context.printer.json(&moved) } else { context.printer.report(&describe(&moved)) }
}

fn describe(moved: &Move) -> Vec<String> {
    let Move { model, version, from, to, .. } = moved;
    let mut lines = Vec::new();
    if moved.changed {
        lines.push(format!("Promoted {model} v{version}: {from} -> {to}"));
        lines.extend(moved.replaced.as_ref().map(|replaced| format!("It replaces v{replaced}")));
        lines.extend(
            (*to == Stage::Prod).then(|| format!("Artifact path: {}", moved.artifact_path)),
        );
    } else {
        lines.push(format!("{model} v{version} is in {to} already: unchanged"));
    }
    lines
}
