//! The commands.

mod alias;
mod apply;
mod artifact_gate;
mod change_args;
mod check;
mod compare;
mod complete;
mod completions;
mod copy;
mod describe;
mod diff;
mod diff_view;
mod git_setup;
mod history;
mod list;
mod merge;
mod metric_rows;
mod move_args;
mod move_view;
mod path;
mod production;
mod promote;
mod prune;
mod register;
mod report;
mod resolve;
mod retire;
mod rollback;
mod schema;
mod selection;
mod show;
mod stage_value;
mod text_value;
mod trend;
mod trend_view;
mod verify;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;

/// Lists the commands once, for everything that needs all of them.
macro_rules! verbs {
    ($($name:literal $verb:ident $module:ident,)*) => {
        /// The commands. Parsing builds only the options of the command that runs.
        #[derive(Subcommand)]
        #[command(defer = true)]
        pub(crate) enum Command {
            $(#[command(name = $name)] $verb($module::Args),)*
        }

        /// Runs the command.
        pub(crate) fn run(command: Command, context: &Context) -> Result<()> {
            match command {
                $(Command::$verb(args) => $module::run(args, context),)*
            }
        }

        /// Builds the options and descriptions of all commands, in their order.
        pub(crate) fn described() -> Vec<clap::Command> {
            vec![$(<$module::Args as clap::Args>::augment_args(clap::Command::new($name)),)*]
        }
    };
}

verbs! {
    "list" List list,
    "show" Show show,
    "register" Register register,
    "promote" Promote promote,
    "rollback" Rollback rollback,
    "describe" Describe describe,
    "alias" Alias alias,
    "apply" Apply apply,
    "retire" Retire retire,
    "prune" Prune prune,
    "history" History history,
    "compare" Compare compare,
    "trend" Trend trend,
    "report" Report report,
    "production" Production production,
    "path" Path path,
    "verify" Verify verify,
    "diff" Diff diff,
    "check" Check check,
    "merge" Merge merge,
    "resolve" Resolve resolve,
    "copy" Copy copy,
    "git-setup" GitSetup git_setup,
    "schema" Schema schema,
    "completions" Completions completions,
    "__complete" Complete complete,
}
