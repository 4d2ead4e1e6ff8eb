//! Completes words of a command line: verbs, options, and names from the manifest.
//!
//! A shell calls `registry __complete` with the words up to the cursor. Candidates become part of
//! the user's command line, so names that contain hidden characters, such as terminal escapes, are
//! left out.

mod names;
mod shells;

pub(crate) use shells::{Cursor, script};

use clap::{Arg, Command, ValueHint};

use crate::context::Context;
use crate::output::is_hidden;

/// A command line up to the cursor, parsed as far as possible.
pub(crate) struct Line<'w> {
    command: &'w Command,
    /// Positional arguments, such as the model.
    pub(super) arguments: Vec<&'w str>,
    /// The argument that the word at the cursor belongs to, if it is known.
    target: Option<&'w Arg>,
    /// Start of the word at the cursor that every candidate repeats, such as `--stage=`.
    pub(super) prefix: &'w str,
    /// Rest of the word at the cursor.
    pub(super) word: &'w str,
    options_ended: bool,
}

impl<'w> Line<'w> {
    /// Reads the words after the program's name; the last one is at the cursor.
    pub(crate) fn read(root: &'w Command, words: &'w [String]) -> Self {
        let (last, before) =
            words.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
        let mut line = Self {
            command: root,
            arguments: Vec::new(),
            target: None,
            prefix: "",
            word: last,
            options_ended: false,
        };
        for word in before {
            line.read_word(word);
        }
        let assigned = last.split_once('=').filter(|(option, _)| option.starts_with("--"));
        if let (Some((option, value)), None, false) = (assigned, line.target, line.options_ended) {
            line.target = line.option(option).filter(|option| takes_value(option));
            (line.prefix, line.word) = (&last[..=option.len()], value);
        }
        line.read_short_value(last);
        let is_option = !line.options_ended && last.starts_with('-');
        if line.target.is_none() && !is_option && !line.is_root() {
            line.target = line.positional(line.arguments.len());
        }
        line
    }

    /// Reads a value that is attached to short options: `-spro`, `-rspro`.
    fn read_short_value(&mut self, last: &'w str) {
        if self.target.is_some() || self.options_ended || !last.starts_with('-') {
            return;
        }
        for (start, letter) in last.char_indices().skip(1) {
            let end = start + letter.len_utf8();
            match self.option(&last[..end]) {
                Some(option) if last.starts_with("--") || option.get_short() != Some(letter) => {
                    return;
                }
                Some(option) if takes_value(option) && last.len() > end => {
                    self.target = Some(option);
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

    fn read_word(&mut self, word: &'w str) {
        if self.target.take().is_some() {
            return;
        }
        if word == "--" && !self.options_ended {
            self.options_ended = true;
        } else if word.starts_with('-') && word.len() > 1 && !self.options_ended {
            let has_value = word.starts_with("--") && word.contains('=');
            self.target = self.option(word).filter(|option| takes_value(option) && !has_value);
        } else if self.is_root() {
            if let Some(verb) = self.command.find_subcommand(word) {
                self.command = verb;
            }
        } else {
            self.arguments.push(word);
        }
    }

    /// Returns the option that a word names: `--stage`, `--stage=prod`, or the last one of `-rs`.
    fn option(&self, word: &str) -> Option<&'w Arg> {
        let command = self.command;
        if let Some(long) = word.strip_prefix("--") {
            let long = long.split('=').next();
            return command.get_arguments().find(|argument| argument.get_long() == long);
        }
        let short = word.chars().last();
        command.get_arguments().find(|argument| argument.get_short() == short)
    }

    /// Returns the positional argument at an index; the last one may take all words that follow.
    fn positional(&self, index: usize) -> Option<&'w Arg> {
        let positionals: Vec<_> = self.command.get_positionals().collect();
        let last = *positionals.last()?;
        let repeats = last.get_num_args().is_some_and(|number| number.max_values() > 1)
            || matches!(last.get_action(), clap::ArgAction::Append);
        positionals.get(index).copied().or(repeats.then_some(last))
    }

    /// Returns the candidates for the word at the cursor; `None` if the shell must complete files.
    pub(crate) fn candidates(&self, context: &Context) -> Option<Vec<String>> {
        let fitting = |names: Vec<String>| {
            let fits = |name: &String| {
                name.starts_with(self.word) && !name.is_empty() && !name.contains(is_hidden)
            };
            names.into_iter().filter(fits).map(|name| format!("{}{name}", self.prefix)).collect()
        };
        let Some(target) = self.target else {
            return Some(fitting(if self.word.starts_with('-') {
                self.options()
            } else {
                self.verbs()
            }));
        };
        let possible: Vec<String> =
            target.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if !possible.is_empty() {
            return Some(fitting(possible));
        }
        let value_names = target.get_value_names().unwrap_or_default();
        let is_path = |name: &clap::builder::Str| ["PATH", "FILE"].contains(&name.as_str());
        // clap sets this hint for arguments that are parsed as paths.
        if target.get_value_hint() == ValueHint::AnyPath || value_names.iter().any(is_path) {
            return None;
        }
        names::of(target.get_id().as_str(), self, context).map(fitting)
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

    /// Returns the last value of an option on the line, such as the manifest's path.
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
