//! `registry completions`: prints a completion script.

use anyhow::Result;
use clap_complete::Shell;

use crate::context::Context;

/// Print a completion script for a shell
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut (context.command_line)(), "registry", &mut script);
    context.printer.print(&String::from_utf8_lossy(&script))
}
