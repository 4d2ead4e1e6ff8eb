//! `registry __complete`: prints candidates for the word at the cursor. The scripts of `registry
//! completions` call it.

use anyhow::Result;

use crate::completion::{Cursor, Line};
use crate::context::Context;

/// Print what the word at the cursor can become
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// The shell
    shell: String,
    /// The words up to the cursor, in the form of the shell
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Args {
    /// Returns the value of an option on the line that is being completed.
    pub(crate) fn option(&self, long: &str, short: Option<char>) -> Option<String> {
        Line::value(&Cursor::read(&self.shell, &self.words).words, long, short)
    }
}

/// Prints the candidates. There are none if the manifest cannot be read, because a message would
/// appear in the user's command line.
pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let mut root = (context.command_line)();
    root.build();
    let cursor = Cursor::read(&args.shell, &args.words);
    let candidates = Line::read(&root, &cursor.words).candidates(context);
    context.printer.print(&cursor.render(candidates))
}
