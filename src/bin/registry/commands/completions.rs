//! `registry completions`: prints a completion script.

use anyhow::Result;
use clap_complete::Shell;

use crate::completion::script;
use crate::context::Context;

const EXAMPLES: &str = "\
# The line for the start file of bash, zsh or fish
source <(registry completions bash)
source <(registry completions zsh)
registry completions fish | source";

/// Print a completion script for a shell
///
/// In bash, zsh and fish, it also completes the names of models, versions, metrics and revisions.
/// bash: source <(registry completions bash); fish: registry completions fish | source
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    if let Some(script) = script(&args.shell.to_string()) {
        return context.printer.print(script);
    }
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut (context.command_line)(), "registry", &mut script);
    context.printer.print(&String::from_utf8_lossy(&script))
}
