//! `registry diff`: compares two manifests.

use anyhow::{Context as _, Result};
use model_registry::PolicyChange;
use model_registry::diff::diff;

use super::diff_view::{markdown, text};
use crate::context::Context;
use crate::errors::{AlreadyReported, NotCompared};

const EXAMPLES: &str = "\
# What changed since a tag
registry diff v1
registry diff v1 HEAD --markdown
registry diff ./before.json ./after.json";

/// Show the models, versions and moves that differ between two manifests
///
/// OLD and NEW are git revisions. A name that begins with `./`, `../` or `/` is a file, and `-` is
/// standard input. Differences in layout, in the order of keys and in `updated_at` are ignored.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A revision, or a file as `./FILE`
    old: String,
    /// A revision, or a file as `./FILE` [default: the manifest]
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
    let differs = show(&args, context);
    if !args.exit_code {
        return differs.map(drop);
    }
    // Exit code 1 means a difference here, so a failure is 128, as with git.
    if differs.context(NotCompared)? { Err(AlreadyReported(1).into()) } else { Ok(()) }
}

/// Prints the differences, and returns whether there are any.
fn show(args: &Args, context: &Context) -> Result<bool> {
    let old = context.load_named(&args.old)?;
    let new = match &args.new {
        Some(name) => context.load_named(name)?,
        None => context.load()?,
    };
    let mut diff = diff(&old, &new);
    diff.policy = policy_changes(args, context)?;
    if args.json {
        context.printer.json(&diff)?;
    } else if args.markdown {
        context.printer.print(&markdown(&diff, &old, &new))?;
    } else {
        if diff.is_empty() {
            context.printer.note("no difference");
        }
        context.printer.print(&text(&diff, context.printer.color))?;
    }
    Ok(!diff.is_empty())
}

/// Returns the differences between the policies beside the two manifests; none if one of them is not
/// the manifest of a revision or of the work tree.
fn policy_changes(args: &Args, context: &Context) -> Result<Vec<PolicyChange>> {
    let named = |name: &String| context.policy_of(name);
    let Some(old) = named(&args.old)? else { return Ok(Vec::new()) };
    let new = match &args.new {
        Some(name) => named(name)?,
        None if context.at.is_some() => None,
        None => Some(context.policy(None)?),
    };
    Ok(new.map(|new| new.changes_since(&old)).unwrap_or_default())
}
