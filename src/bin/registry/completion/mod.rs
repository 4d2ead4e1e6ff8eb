//! Completes words of a command line: verbs, options, and names from the manifest.
//!
//! A shell calls `registry __complete` with the words up to the cursor. A candidate goes into the
//! command line of a person, so names from the manifest that a terminal would obey are left out.

mod names;
mod shells;

pub(crate) use shells::{Cursor, script};

use clap::{Arg, Command, ValueHint};

use crate::context::Context;
use crate::output::is_hidden;

/// A command line up to the cursor, understood as far as possible.
pub(crate) struct Line<'w> {
    command: &'w Command,
    /// The model and other arguments without an option.
    pub(super) arguments: Vec<&'w str>,
    /// The argument to be completed, if it is known.
    wanted: Option<&'w Arg>,
    /// The word at the cursor, and what of it the candidates repeat, such as `--stage=`.
    pub(super) prefix: &'w str,
    pub(super) word: &'w str,
    options_ended: bool,
}

impl<'w> Line<'w> {
    /// Reads the words after the program's name; the last one is the one at the cursor.
    pub(crate) fn read(root: &'w Command, words: &'w [String]) -> Self {
        let (last, before) =
            words.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
        let mut line = Self {
            command: root,
            arguments: Vec::new(),
            wanted: None,
            prefix: "",
            word: last,
            options_ended: false,
        };
        for word in before {
            line.take(word);
        }
        let assigned = last.split_once('=').filter(|(option, _)| option.starts_with("--"));
        if let (Some((option, value)), None, false) = (assigned, line.wanted, line.options_ended) {
            line.wanted = line.option(option).filter(|option| takes_value(option));
            (line.prefix, line.word) = (&last[..=option.len()], value);
        }
        line.read_short_value(last);
        let is_option = !line.options_ended && last.starts_with('-');
        if line.wanted.is_none() && !is_option && !line.is_root() {
            line.wanted = line.positional(line.arguments.len());
        }
        line
    }

    /// Reads a value behind the letters of options: `-spro`, `-rspro`.
    fn read_short_value(&mut self, last: &'w str) {
        if self.wanted.is_some() || self.options_ended || !last.starts_with('-') {
            return;
        }
        for (place, letter) in last.char_indices().skip(1) {
            let end = place + letter.len_utf8();
            match self.option(&last[..end]) {
                Some(option) if last.starts_with("--") || option.get_short() != Some(letter) => {
                    return;
                }
                Some(option) if takes_value(option) && last.len() > end => {
                    self.wanted = Some(option);
                    (self.prefix, self.word) = last.split_at(end);
                    return;
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    fn is_root(&self) -> bool {
        self.command.has_subcommands()
    }

    fn take(&mut self, word: &'w str) {
        if self.wanted.take().is_some() {
            return;
        }
        if word == "--" && !self.options_ended {
            self.options_ended = true;
        } else if word.starts_with('-') && word.len() > 1 && !self.options_ended {
            let has_value = word.starts_with("--") && word.contains('=');
            self.wanted = self.option(word).filter(|option| takes_value(option) && !has_value);
        } else if self.is_root() {
            if let Some(verb) = self.command.find_subcommand(word) {
                self.command = verb;
            }
        } else {
            self.arguments.push(word);
        }
    }

    /// The option that a word names: `--stage`, `--stage=prod`, or the last one of `-rs`.
    fn option(&self, word: &str) -> Option<&'w Arg> {
        let command = self.command;
        if let Some(long) = word.strip_prefix("--") {
            let long = long.split('=').next();
            return command.get_arguments().find(|argument| argument.get_long() == long);
        }
        let short = word.chars().last();
        command.get_arguments().find(|argument| argument.get_short() == short)
    }

    /// The argument at a place; the last one may take all that follow.
    fn positional(&self, place: usize) -> Option<&'w Arg> {
        let positionals: Vec<_> = self.command.get_positionals().collect();
        let last = *positionals.last()?;
        let repeats = last.get_num_args().is_some_and(|number| number.max_values() > 1)
            || matches!(last.get_action(), clap::ArgAction::Append);
        positionals.get(place).copied().or(repeats.then_some(last))
    }

    /// Returns the completions of the word at the cursor; `None` if it is a file.
    pub(crate) fn candidates(&self, context: &Context) -> Option<Vec<String>> {
        let fitting = |names: Vec<String>| {
            let fits = |name: &String| {
                name.starts_with(self.word) && !name.is_empty() && !name.contains(is_hidden)
            };
            names.into_iter().filter(fits).map(|name| format!("{}{name}", self.prefix)).collect()
        };
        let Some(wanted) = self.wanted else {
            return Some(fitting(if self.word.starts_with('-') {
                self.options()
            } else {
                self.verbs()
            }));
        };
        let possible: Vec<String> =
            wanted.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if !possible.is_empty() {
            return Some(fitting(possible));
        }
        let value_names = wanted.get_value_names().unwrap_or_default();
        let is_path = |name: &clap::builder::Str| ["PATH", "FILE"].contains(&name.as_str());
        // For arguments that are parsed as paths, clap has a hint.
        if wanted.get_value_hint() == ValueHint::AnyPath || value_names.iter().any(is_path) {
            return None;
        }
        names::of(wanted.get_id().as_str(), self, context).map(fitting)
    }

    fn verbs(&self) -> Vec<String> {
        let verbs = self.command.get_subcommands().filter(|verb| !verb.is_hide_set());
        verbs.map(|verb| verb.get_name().to_owned()).collect()
    }

    fn options(&self) -> Vec<String> {
        let listed: Vec<_> =
            self.command.get_arguments().filter(|argument| !argument.is_hide_set()).collect();
        let long = listed.iter().filter_map(|argument| Some(format!("--{}", argument.get_long()?)));
        let short =
            listed.iter().filter_map(|argument| Some(format!("-{}", argument.get_short()?)));
        long.chain(short).collect()
    }

    /// The values of an option on the line, such as the manifest's path.
    pub(crate) fn value(words: &[String], long: &str, short: Option<char>) -> Option<String> {
        let mut found = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let is_short = short.is_some_and(|short| *word == format!("-{short}"));
            if word == long || is_short {
                found = words.next().cloned();
            } else {
                let assigned = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
                let joined = || short.and_then(|short| word.strip_prefix(&*format!("-{short}")));
                found = assigned.or_else(joined).map(ToOwned::to_owned).or(found);
            }
        }
        found
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}
