//! The verbs.

mod check;
mod compare;
mod completions;
mod diff;
mod diff_view;
mod git_setup;
mod history;
mod list;
mod merge;
mod move_args;
mod move_view;
mod path;
mod production;
mod promote;
mod register;
mod rollback;
mod show;
mod stage_value;
mod trend;
mod trend_view;
mod version_view;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;

/// What the program can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    List(list::Args),
    Show(show::Args),
    Register(register::Args),
    Promote(promote::Args),
    Rollback(rollback::Args),
    History(history::Args),
    Compare(compare::Args),
    Trend(trend::Args),
    Production(production::Args),
    Path(path::Args),
    Diff(diff::Args),
    Check(check::Args),
    Merge(merge::Args),
    GitSetup(git_setup::Args),
    Completions(completions::Args),
}

/// Does it.
pub(crate) fn run(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::List(args) => list::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Register(args) => register::run(args, context),
        Command::Promote(args) => promote::run(args, context),
        Command::Rollback(args) => rollback::run(args, context),
        Command::History(args) => history::run(args, context),
        Command::Compare(args) => compare::run(args, context),
        Command::Trend(args) => trend::run(args, context),
        Command::Production(args) => production::run(args, context),
        Command::Path(args) => path::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Merge(args) => merge::run(args, context),
        Command::GitSetup(args) => git_setup::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}
