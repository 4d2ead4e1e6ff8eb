//! The command line: what is common to all verbs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, ValueEnum};

use crate::commands::{self, Command};

/// A model registry in one JSON file
///
/// Versions of models move from dev over staging to prod. Everything is kept in one file, which
/// is committed to git.
#[derive(Parser)]
#[command(name = "registry", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Builds the command line with the options and the descriptions of all verbs, which parsing
/// leaves out. Help, usage errors and completions need them.
pub(crate) fn full_command() -> clap::Command {
    let mut described = commands::described().into_iter().zip(0..);
    Cli::command().mut_subcommands(|verb| match described.next() {
        Some((described, place)) => described.display_order(place),
        None => verb,
    })
}

const EXIT_CODES: &str = "Exit codes: 0 done, or already so; 1 could not; 2 usage; \
    3 not found, or nothing in that stage; 4 refused";

/// Options that every verb takes.
#[derive(Args)]
pub(crate) struct Global {
    /// The manifest; `-` reads standard input, for reading commands
    /// [env: REGISTRY_MANIFEST] [default: artifacts/registry/manifest.json, here or in a folder above]
    #[arg(short, long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub(crate) manifest: Option<PathBuf>,
    /// Read the manifest as of a git revision: a tag, a branch, a commit, `main@{2026-05-01}`
    #[arg(long, global = true, value_name = "REV", help_heading = "Global options")]
    pub(crate) at: Option<String>,
    /// How long to wait for another process to finish writing
    /// [env: REGISTRY_LOCK_TIMEOUT] [default: 30]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Global options")]
    #[arg(value_parser = seconds)]
    pub(crate) lock_timeout: Option<Duration>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Global options")]
    pub(crate) color: ColorWhen,
}

/// When to use colours.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// Reads a time to wait.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a time to wait".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(mut command: clap::Command, arguments: &[&str]) -> String {
        let words = ["registry"].iter().chain(arguments);
        match command.try_get_matches_from_mut(words) {
            Ok(_) => "parsed".to_owned(),
            Err(error) => error.render().ansi().to_string(),
        }
    }

    /// A command line whose verbs are built by parsing, all of them.
    fn built() -> clap::Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn every_verb_is_described_under_its_name() {
        let names = |command: &clap::Command| -> Vec<String> {
            command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
        };
        assert_eq!(names(&full_command()), names(&Cli::command()));
        assert!(full_command().get_subcommands().all(|verb| verb.get_about().is_some()));
    }

    #[test]
    fn help_and_usage_errors_are_those_of_the_whole_command_line() {
        for arguments in [&[][..], &["--help"], &["-h"], &["--version"], &["lst"], &["--nope"]] {
            assert_eq!(answer(full_command(), arguments), answer(built(), arguments));
        }
        for verb in full_command().get_subcommands() {
            let verb = verb.get_name();
            for rest in [
                &[][..],
                &["--help"],
                &["-h"],
                &["--jsn"],
                &["--nope"],
                &["--color", "sometimes"],
                &["a", "b", "c", "d", "e"],
            ] {
                let arguments = [&[verb], rest].concat();
                let full = answer(full_command(), &arguments);
                assert_eq!(full, answer(built(), &arguments), "{arguments:?}");
                // What parsing accepts is the same as well.
                assert_eq!(full == "parsed", answer(Cli::command(), &arguments) == "parsed");
            }
        }
    }

    #[test]
    fn options_for_a_completion_keep_their_order() {
        let mut command = full_command();
        command.build();
        for verb in command.get_subcommands() {
            let global = |argument: &&clap::Arg| argument.is_global_set();
            let last_own = verb.get_arguments().filter(|a| a.get_id() != "help");
            let own: Vec<_> = last_own.map(|argument| global(&argument)).collect();
            assert!(own.is_sorted(), "{}", verb.get_name());
        }
    }
}
