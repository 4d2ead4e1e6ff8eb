//! `registry path`: where a version is.

use anyhow::Result;

use crate::context::Context;

/// Print the artifact path of a version, alone
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @prod, @staging or @latest
    #[arg(default_value = "@prod")]
    version: String,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let path = model.resolve(&args.version)?.artifact_path();
    context.printer.print(&format!("{path}\n"))
}
