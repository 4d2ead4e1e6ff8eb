//! The command line: options and help that all commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, ValueEnum};

use crate::commands::{self, Command};

/// A model registry in one JSON file
///
/// Versions of models move from dev through staging to prod. Everything is stored in one file,
/// which is committed to git.
#[derive(Parser)]
#[command(name = "registry", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Builds the command line with the options and descriptions of all commands.
///
/// Help, usage errors and completions need them; parsing skips them to save time.
pub(crate) fn full_command() -> clap::Command {
    let mut described = commands::described().into_iter().zip(0..);
    let root = Cli::command();
    let global: Vec<_> = root.get_arguments().cloned().collect();
    root.mut_subcommands(|verb| match described.next() {
        Some((described, place)) => {
            let refused = global.iter().filter(|option| is_refused(&described, option));
            let refused: Vec<_> = refused.map(|option| option.clone().hide(true)).collect();
            let listed = global.iter().filter(|option| !is_refused(&described, option));
            let folded: Vec<_> = listed.filter_map(clap::Arg::get_long).collect();
            let folded = format!("Global options, see --help: --{}", folded.join(", --"));
            let long = described.get_after_long_help().cloned().unwrap_or_default();
            described.args(refused).after_long_help(long).after_help(folded).display_order(place)
        }
        None => verb,
    })
}

/// Whether a verb refuses a global option, or has no use for it.
fn is_refused(verb: &clap::Command, option: &clap::Arg) -> bool {
    let verbs: &[&str] = match option.get_id().as_str() {
        "at" => &[
            "register",
            "promote",
            "rollback",
            "describe",
            "alias",
            "apply",
            "merge",
            "copy",
            "git-setup",
            "schema",
            "completions",
        ],
        "manifest" | "lock_timeout" => &["schema", "completions"],
        _ => &[],
    };
    verbs.contains(&verb.get_name())
}

const EXIT_CODES: &str = "Exit codes: 0 done or already so; 1 failed; 2 usage error; \
    3 not found or nothing in that stage; 4 refused";

/// Options of every command.
#[derive(Args)]
pub(crate) struct Global {
    /// The manifest; `-` reads standard input, for reading commands
    /// [env: REGISTRY_MANIFEST] [default: artifacts/registry/manifest.json, here or in a folder above]
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Global options",
        hide_short_help = true
    )]
    pub(crate) manifest: Option<PathBuf>,
    /// Read the manifest as of a git revision: a tag, a branch, a commit, `main@{2026-05-01}`
    #[arg(
        long,
        global = true,
        value_name = "REV",
        help_heading = "Global options",
        hide_short_help = true
    )]
    pub(crate) at: Option<String>,
    /// How long to wait for another process to finish writing
    /// [env: REGISTRY_LOCK_TIMEOUT] [default: 30]
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        help_heading = "Global options",
        hide_short_help = true
    )]
    #[arg(value_parser = seconds)]
    pub(crate) lock_timeout: Option<Duration>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Global options", hide_short_help = true)]
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

/// Parses a duration in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a valid duration".to_owned())
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

    /// Builds all commands the way parsing does.
    fn built() -> clap::Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn every_command_is_described_under_its_name() {
        let names = |command: &clap::Command| -> Vec<String> {
            command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
        };
        assert_eq!(names(&full_command()), names(&Cli::command()));
        assert!(full_command().get_subcommands().all(|verb| verb.get_about().is_some()));
    }

    #[test]
    fn help_and_usage_errors_match_the_full_command_line() {
        for arguments in [&[][..], &["--help"], &["-h"], &["--version"], &["lst"], &["--nope"]] {
            assert_eq!(answer(full_command(), arguments), answer(built(), arguments));
        }
        for verb in full_command().get_subcommands() {
            let verb = verb.get_name();
            for rest in [
                &[][..],
                &["--jsn"],
                &["--nope"],
                &["--color", "sometimes"],
                &["a", "b", "c", "d", "e"],
            ] {
                let arguments = [&[verb], rest].concat();
                let full = answer(full_command(), &arguments);
                assert_eq!(full, answer(built(), &arguments), "{arguments:?}");
                // Both accept the same arguments.
                assert_eq!(full == "parsed", answer(Cli::command(), &arguments) == "parsed");
            }
        }
    }

    /// A terminal of 24 lines shows the whole short help of a verb.
    #[test]
    fn the_short_help_of_each_verb_fits_a_terminal() {
        let mut command = full_command().term_width(80);
        command.build();
        let mut long = String::new();
        for verb in command.get_subcommands_mut().filter(|verb| !verb.is_hide_set()) {
            let help = verb.render_help().to_string();
            let fits = help.lines().count() <= 24 && help.lines().all(|l| l.chars().count() <= 80);
            if verb.get_name() != "help" && !fits {
                long += &help;
            }
        }
        assert!(long.is_empty(), "{long}");
    }

    #[test]
    fn a_refused_option_is_not_listed() {
        let mut command = full_command();
        command.build();
        for (verb, option, listed) in
            [("list", "--at", true), ("register", "--at", false), ("register", "--manifest", true)]
        {
            let verb = command.find_subcommand_mut(verb).expect("a verb");
            assert_eq!(verb.render_long_help().to_string().contains(option), listed);
            assert_eq!(verb.render_help().to_string().contains(option), listed);
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
