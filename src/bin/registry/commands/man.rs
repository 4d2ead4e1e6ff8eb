//! `registry __man`: writes the manual pages; `scripts/man-pages` runs it for the packages.

use std::path::PathBuf;

use anyhow::Result;
use model_registry::files;

use crate::context::Context;
use crate::man::pages;

/// Write the manual pages into a folder
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// The folder; it is created if needed
    folder: PathBuf,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    for (name, text) in pages((context.command_line)()) {
        files::replace(&args.folder.join(name), text.as_bytes())?;
    }
    Ok(())
}
