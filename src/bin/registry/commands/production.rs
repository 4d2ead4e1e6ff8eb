//! `registry production`: prints the artifact path of the version in production.

use anyhow::Result;
use model_registry::Stage;

use crate::context::Context;
use model_registry::report::VersionView;

const EXAMPLES: &str = "\
registry production minutes_v1_lgbm
# In a script, only if the artifact is what was registered
MODEL=$(registry production minutes_v1_lgbm --verify) || exit";

/// Print only the artifact path of the version in production
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// Fail with exit code 4 if the artifact is not the registered one
    #[arg(long)]
    verify: bool,
    /// Print the version as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let version = context.production(&args.model)?;
    if args.verify {
        context.require_verified(&args.model, &version)?;
    }
    if args.json {
        let current = Some(Stage::Prod);
        context.printer.json(&VersionView {
            model: &args.model,
            version: &version,
            current,
            path: None,
        })
    } else {
        context.printer.line(&context.root().from_here(&version.artifact_path()))
    }
}
