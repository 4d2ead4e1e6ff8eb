//! The commands, one file for each, and what they share.

mod alias;
mod apply;
mod artifact_digest;
mod artifact_states;
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
mod input;
mod list;
mod man;
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
mod tag_value;
mod trend;
mod trend_view;
mod uses;
mod verify;
mod watch;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
pub(crate) use uses::Uses;

/// Lists the commands once, for everything that needs all of them.
macro_rules! verbs {
    ($($name:literal $verb:ident $module:ident: $uses:ident,)*) => {
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

        /// Returns which global options a command uses.
        pub(crate) fn uses(name: &str) -> Uses {
            match name {
                $($name => Uses::$uses,)*
                _ => Uses::NONE,
            }
        }
    };
}

// Each line: the name, the variant, the module, and which global options the command uses.
verbs! {
    "list" List list: READS,
    "show" Show show: READS,
    "register" Register register: CHANGES,
    "promote" Promote promote: CHANGES,
    "rollback" Rollback rollback: CHANGES,
    "describe" Describe describe: CHANGES,
    "alias" Alias alias: EITHER,
    "apply" Apply apply: CHANGES,
    "retire" Retire retire: CHANGES,
    "prune" Prune prune: CHANGES,
    "history" History history: READS,
    "compare" Compare compare: READS,
    "trend" Trend trend: READS,
    "report" Report report: READS,
    "production" Production production: READS,
    "path" Path path: READS,
    "watch" Watch watch: PATH,
    "verify" Verify verify: READS,
    "diff" Diff diff: READS,
    "check" Check check: READS,
    "merge" Merge merge: CHANGES,
    "resolve" Resolve resolve: CHANGES,
    "copy" Copy copy: WRITES_OTHERS,
    "git-setup" GitSetup git_setup: PATH,
    "schema" Schema schema: NONE,
    "completions" Completions completions: NONE,
    "__complete" Complete complete: EITHER,
    "__man" Man man: NONE,
}
