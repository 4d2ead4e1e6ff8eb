//! `registry path`: prints the artifact path of a version.

use anyhow::Result;

use crate::context::Context;
use model_registry::report::VersionView;

const EXAMPLES: &str = "\
registry path minutes_v1_lgbm @staging
registry path minutes_v1_lgbm @latest --verify";

/// Print only the artifact path of a version
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging, @latest or an @alias
    #[arg(default_value = "@prod")]
    version: String,
    /// Fail with exit code 4 if the artifact is not the registered one
    #[arg(long)]
    verify: bool,
    /// Print the version as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let version = model.resolve(&args.version)?;
    if args.verify {
        context.require_verified(&args.model, version)?;
    }
    let (root, artifact_path) = (context.root(), version.artifact_path());
    let path = root.from_here(&artifact_path);
    if args.json {
        context.printer.json(&VersionView { path: Some(path), ..VersionView::new(&model, version) })
    } else {
        context.printer.line(&path)
    }
}
