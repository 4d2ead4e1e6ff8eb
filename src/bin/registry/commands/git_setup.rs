//! `registry git-setup`: a clone that merges the manifest by its meaning.

use anyhow::Result;
use model_registry::git::{Readiness, Setup, SetupItem};

use crate::context::{Answered, Context, Usage};

/// Make this clone ready to merge the manifest by its meaning
///
/// It adds the manifest's line to .gitattributes and the lock and temporary files to .gitignore,
/// both in the root of the repository and to be committed, and the merge driver to this clone's git
/// configuration. What is there already stays as it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; say what is missing, with exit code 4
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    if context.at.is_some() {
        return Err(Usage("a clone is set up as it is, not as of a revision".to_owned()).into());
    }
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
            lines.push(format!("{verb} {}: {}", place(after), after.line));
        }
        match &after.readiness {
            Readiness::Ready => {}
            Readiness::Missing => {
                lines.push(format!("Missing in {}: {}", place(after), after.line));
            }
            Readiness::Differs(found) => lines.push(format!(
                "Different in {}, and left alone: {found}; it would be: {}",
                place(after),
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
        context.printer.warning(
            "`registry` is not on the PATH; git can merge manifests only when it finds it there",
        );
    }
    if ready { Ok(()) } else { Err(Answered(4).into()) }
}

fn place(item: &SetupItem) -> &'static str {
    item.file.unwrap_or("this clone's git configuration")
}
