//! Arranges the help of the commands.

use std::fmt::Write as _;

use clap::{Arg, CommandFactory};

use crate::cli::Cli;
use crate::commands;

/// Template of a verb's help: what it does, examples, then usage and options.
const ORDER: &str =
    "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Builds the command line with the options and descriptions of all commands.
///
/// Help, usage errors and completions need them; parsing skips them to save time.
pub(crate) fn full_command() -> clap::Command {
    let mut described = commands::described().into_iter().zip(0..);
    let root = Cli::command();
    let global: Vec<_> = root.get_arguments().cloned().collect();
    root.mut_subcommands(|verb| match described.next() {
        Some((described, order)) => arrange(described, &global).display_order(order),
        None => verb,
    })
}

/// Arranges the help of a verb. Short help only names the global options. Options that the verb
/// does not use are hidden.
fn arrange(verb: clap::Command, global: &[Arg]) -> clap::Command {
    let uses = commands::uses(verb.get_name());
    let (listed, hidden): (Vec<&Arg>, Vec<&Arg>) =
        global.iter().partition(|option| uses.has(option.get_id().as_str()));
    let hidden: Vec<_> = hidden.into_iter().map(|option| option.clone().hide(true)).collect();
    let names: Vec<_> = listed.into_iter().filter_map(Arg::get_long).collect();
    let folded = format!("Global options, see --help: --{}", names.join(", --"));
    let long = verb.get_after_long_help().cloned().unwrap_or_default();
    let examples = examples(&verb);
    verb.args(hidden)
        .help_template(ORDER)
        .before_long_help(examples)
        .after_long_help(long)
        .after_help(folded)
}

/// Returns the examples of a verb under a heading.
fn examples(verb: &clap::Command) -> String {
    let heading = verb.get_styles().get_header();
    let mut text = format!("{heading}Examples:{heading:#}");
    for line in verb.get_before_long_help().map(ToString::to_string).unwrap_or_default().lines() {
        let _ = write!(text, "\n  {line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{ColorWhen, Global};

    fn output(mut command: clap::Command, arguments: &[&str]) -> String {
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
            assert_eq!(output(full_command(), arguments), output(built(), arguments));
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
                let full = output(full_command(), &arguments);
                assert_eq!(full, output(built(), &arguments), "{arguments:?}");
                // Both accept the same arguments.
                assert_eq!(full == "parsed", output(Cli::command(), &arguments) == "parsed");
            }
        }
    }

    /// All verbs that help lists, as a terminal of 80 columns shows them.
    fn verbs() -> Vec<clap::Command> {
        let mut command = full_command().term_width(80);
        command.build();
        let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        verbs.filter(|verb| verb.get_name() != "help").cloned().collect()
    }

    /// A terminal of 24 lines shows the whole short help of a verb.
    #[test]
    fn the_short_help_of_each_verb_fits_a_terminal() {
        for mut verb in verbs() {
            let help = verb.render_help().to_string();
            assert!(help.lines().count() <= 24, "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        }
    }

    #[test]
    fn the_long_help_starts_with_examples_and_ends_with_the_grammar() {
        for mut verb in verbs() {
            let help = verb.render_long_help().to_string();
            let place = |part: &str| help.find(part).unwrap_or_else(|| panic!("{part}: {help}"));
            let examples = place("\nExamples:\n  ");
            assert!(
                examples < place("\nUsage: registry ") && place("\nUsage:") < place("\nOptions:")
            );
            assert!(place("\nOptions:") < place("\nGlobal options:"), "{help}");
            let grammar = verb.get_after_long_help().expect("set for all").to_string();
            assert!(help.trim_end().ends_with(grammar.trim_end()), "a line is broken: {help}");
            let source = verb.get_before_long_help().expect("examples").to_string();
            assert!(help.contains(&*source), "a line is broken: {help}");
        }
    }

    /// Help lists the options that a verb accepts, except for a lock timeout, which is only a limit.
    #[test]
    fn an_option_is_listed_where_it_is_accepted() {
        for mut verb in verbs() {
            let (name, short) = (verb.get_name().to_owned(), verb.render_help().to_string());
            let long = verb.render_long_help().to_string();
            let set = |at: bool| Global {
                manifest: (!at).then(|| "m.json".into()),
                at: at.then(|| "HEAD".to_owned()),
                lock_timeout: None,
                color: ColorWhen::Auto,
            };
            for (option, given) in [("--at", set(true)), ("--manifest", set(false))] {
                let accepted = commands::uses(&name).check(&name, &given).is_ok();
                let listed = |help: &str| help.split([' ', ',', '\n']).any(|word| word == option);
                assert_eq!(
                    (listed(&short), listed(&long)),
                    (accepted, accepted),
                    "{name} {option}"
                );
            }
        }
    }

    #[test]
    fn a_command_that_only_reads_does_not_list_a_lock_timeout() {
        let writes = |verb: &&clap::Command| {
            let mut verb = (*verb).clone();
            verb.render_long_help().to_string().contains("--lock-timeout")
        };
        let verbs = verbs();
        let names: Vec<_> = verbs.iter().filter(writes).map(clap::Command::get_name).collect();
        assert_eq!(
            names,
            [
                "register", "promote", "rollback", "describe", "alias", "apply", "retire", "prune",
                "merge", "resolve", "copy"
            ]
        );
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
