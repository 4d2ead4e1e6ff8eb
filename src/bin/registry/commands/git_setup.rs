//! `registry git-setup`: sets up git to merge manifests with `registry merge`.

use anyhow::Result;
use model_registry::git::{Readiness, Setup, SetupItem};

use crate::context::Context;
use crate::errors::AlreadyReported;

const EXAMPLES: &str = "\
registry git-setup
git add .gitattributes .gitignore
# In CI
registry git-setup --check";

/// Set up git to merge manifests in this clone
///
/// Adds the manifest to .gitattributes and the lock and temporary files to .gitignore, in the root
/// of the repository; commit both. Adds the merge driver to this clone's git configuration.
/// Existing entries stay as they are.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only report what is missing, with exit code 4
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    context.require_file()?;
    let store = context.store()?;
    let setup = Setup::find(store.path())?;
    let before = setup.items()?;
    if !args.check {
        setup.complete(&before)?;
    }
    let after = setup.items()?;
    let mut lines = Vec::new();
    for (before, after) in before.iter().zip(&after) {
        if before.readiness != after.readiness && after.readiness == Readiness::Ready {
            let verb = if after.file.is_some() { "Added to" } else { "Set in" };
            lines.push(format!("{verb} {}: {}", location(after), after.line));
        }
        match &after.readiness {
            Readiness::Ready => {}
            Readiness::Missing => {
                lines.push(format!("Missing in {}: {}", location(after), after.line));
            }
            Readiness::Differs(found) => lines.push(format!(
                "Different in {}, and not changed: {found}; expected: {}",
                location(after),
                after.line
            )),
        }
    }
    let ready = after.iter().all(|item| item.readiness == Readiness::Ready);
    if ready && before == after {
        lines.push("This clone is ready".to_owned());
    }
    context.printer.report(&lines)?;
    if !(context.on_path)() {
        context
            .printer
            .warning("`registry` is not on the PATH; git needs it there to merge manifests");
    }
    if ready { Ok(()) } else { Err(AlreadyReported(4).into()) }
}

fn location(item: &SetupItem) -> &'static str {
    item.file.unwrap_or("this clone's git configuration")
}
