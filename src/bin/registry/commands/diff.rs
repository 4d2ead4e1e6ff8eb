//! `registry diff`: how two manifests differ.

use anyhow::Result;
use model_registry::diff::diff;

use super::diff_view::{markdown, text};
use crate::context::{Answered, Context};

/// Show how two manifests differ, in models, versions and moves
///
/// OLD and NEW are git revisions or files; a file wins over a revision of the same name. Layout,
/// the order of keys and `updated_at` alone are no difference.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A revision or a file
    old: String,
    /// A revision or a file [default: the manifest]
    new: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Exit with 1 if there is a difference, as git does
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let old = context.load_named(&args.old)?;
    let new = match &args.new {
        Some(name) => context.load_named(name)?,
        None => context.load()?,
    };
    let diff = diff(&old, &new);
    if args.json {
        context.printer.json(&diff)?;
    } else if args.markdown {
        context.printer.print(&markdown(&diff))?;
    } else {
        if diff.is_empty() {
            context.printer.note("no difference");
        }
        context.printer.print(&text(&diff))?;
    }
    if args.exit_code && !diff.is_empty() { Err(Answered(1).into()) } else { Ok(()) }
}
