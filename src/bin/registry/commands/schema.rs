//! `registry schema`: prints the JSON Schema of a file.

use anyhow::Result;
use clap::ValueEnum;

use crate::context::Context;

const EXAMPLES: &str = "\
registry schema policy > policy.schema.json
registry schema manifest";

/// Print the JSON Schema of a manifest or a policy, for editors
///
/// With the schema of a policy in policy.schema.json, a policy that begins with the line
/// `#:schema ./policy.schema.json` is then checked and completed by editors that use Taplo.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The kind of file
    file: Kind,
}

/// A kind of file that has a schema.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Manifest,
    Policy,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    context.printer.print(match args.file {
        Kind::Manifest => include_str!("../../../../schemas/manifest.schema.json"),
        Kind::Policy => include_str!("../../../../schemas/policy.schema.json"),
    })
}
