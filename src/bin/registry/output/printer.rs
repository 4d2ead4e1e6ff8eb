//! Writes results to standard output and messages to standard error.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::Serialize;

use super::screen::Screen;
use super::table::Table;
use super::tone::Tone;
use super::{escaped, is_hidden, json_escaped};

/// Prints results and messages.
#[derive(Clone)]
pub(crate) struct Printer {
    /// Whether standard output is a terminal.
    pub(crate) terminal: bool,
    pub(crate) screen: Screen,
    pub(crate) color: bool,
    pub(crate) color_messages: bool,
    /// Notes and warnings that wait for the end of a command with JSON output: if it fails, it
    /// prints only the error.
    pub(crate) held: Option<Arc<Mutex<Vec<Message>>>>,
}

/// A note or a warning.
pub(crate) struct Message {
    level: Level,
    text: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Note,
    Warning,
}

/// Error of standard input or output.
#[derive(Debug, Serialize, thiserror::Error)]
#[error("cannot {action} {path}: {source}")]
pub(crate) struct StreamFailed {
    pub(crate) action: &'static str,
    /// Name of the stream, such as `standard output`.
    pub(crate) path: &'static str,
    #[serde(skip)]
    pub(crate) source: io::Error,
}

impl Printer {
    /// Prints a result.
    #[expect(clippy::unused_self, reason = "only code with a printer may print")]
    pub(crate) fn print(&self, result: &str) -> Result<()> {
        write_now(result).map(drop)
    }

    /// Returns a printer that holds no messages back, for a command that runs until it is
    /// interrupted.
    pub(crate) fn unheld(&self) -> Self {
        Self { held: None, ..self.clone() }
    }

    /// Prints a line at once. The result is `false` if the reader closed the pipe.
    pub(crate) fn stream_line(&self, text: &str) -> Result<bool> {
        let text = if self.terminal { escaped(text) } else { Cow::Borrowed(text) };
        write_now(&format!("{text}\n"))
    }

    /// Prints a JSON object in one line, at once. The result is `false` if the reader closed the pipe.
    #[expect(clippy::unused_self, reason = "only code with a printer may print")]
    pub(crate) fn stream_json(&self, object: &impl Serialize) -> Result<bool> {
        let text = serde_json::to_string(object)?;
        write_now(&(json_escaped(&text).into_owned() + "\n"))
    }

    /// Prints one line for a script, unchanged; on a terminal it is escaped.
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        let text = if self.terminal { escaped(text) } else { Cow::Borrowed(text) };
        self.print(&format!("{text}\n"))
    }

    /// Prints one line for each change that was made.
    pub(crate) fn report(&self, lines: &[String]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str("[registry] ");
            text.push_str(&escaped(line));
            text.push('\n');
        }
        self.print(&text)
    }

    /// Prints lines of a result, escaped, each with a tag before it.
    pub(crate) fn tagged(&self, lines: &[(Tone, &str, &str)]) -> Result<()> {
        let mut text = String::new();
        for (tone, tag, line) in lines {
            text += &format!("{}: {}\n", tone.paint(tag, self.color), escaped(line));
        }
        self.print(&text)
    }

    /// Prints a result as JSON.
    pub(crate) fn json(&self, result: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(result)?;
        self.print(&(json_escaped(&text).into_owned() + "\n"))
    }

    /// Prints a table.
    pub(crate) fn table(&self, table: Table) -> Result<()> {
        self.print(&table.render(self.color, self.terminal.then_some(self.screen)))
    }

    /// Prints a table to standard error.
    pub(crate) fn table_note(&self, table: Table) {
        // If standard error is closed, there is nowhere to report that.
        let _ = io::stderr().write_all(table.render(self.color_messages, None).as_bytes());
    }

    /// Prints a note.
    pub(crate) fn note(&self, message: &str) {
        self.message_or_hold(Level::Note, message);
    }

    /// Prints a warning.
    pub(crate) fn warning(&self, message: &str) {
        self.message_or_hold(Level::Warning, message);
    }

    fn message_or_hold(&self, level: Level, text: &str) {
        let message = Message { level, text: text.to_owned() };
        match &self.held {
            Some(held) => held.lock().unwrap_or_else(PoisonError::into_inner).push(message),
            None => self.print_message(&message),
        }
    }

    /// Prints the messages that were held back, unless an error has been printed instead.
    pub(crate) fn print_held(&self) {
        for message in self.take_held() {
            self.print_message(&message);
        }
    }

    fn take_held(&self) -> Vec<Message> {
        self.held.as_ref().map_or_else(Vec::new, |held| {
            std::mem::take(&mut *held.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    fn print_message(&self, Message { level, text }: &Message) {
        match level {
            Level::Note => self.message("note", AnsiColor::Cyan, text),
            Level::Warning => self.message("warning", AnsiColor::Yellow, text),
        }
    }

    /// Prints a merge conflict and how to resolve it.
    pub(crate) fn conflict(&self, conflict: &str, hints: &[String]) {
        self.message("conflict", AnsiColor::Yellow, conflict);
        for hint in hints {
            self.message("hint", AnsiColor::Cyan, hint);
        }
    }

    /// Prints a hint about a result.
    pub(crate) fn hint(&self, hint: &str) {
        self.message("hint", AnsiColor::Cyan, hint);
    }

    /// Prints an error and a hint, or with JSON the object that describes both.
    pub(crate) fn error(&self, message: &str, hint: Option<&str>, object: &impl Serialize) {
        if self.held.is_some() {
            let held = self.take_held();
            let warnings = held.iter().filter(|message| message.level == Level::Warning);
            let warnings: Vec<_> = warnings.map(|message| message.text.as_str()).collect();
            return print_json_error(object, &warnings);
        }
        self.message("error", AnsiColor::Red, message);
        if let Some(hint) = hint {
            self.message("hint", AnsiColor::Cyan, hint);
        }
    }

    fn message(&self, kind: &str, color: AnsiColor, message: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let style = if self.color_messages { style } else { Style::new() };
        // If standard error is closed, there is nowhere to report that.
        let _ = writeln!(io::stderr(), "{style}{kind}{style:#}: {}", escaped(message));
    }
}

/// Writes to standard output. The result is `false` if the reader closed the pipe.
fn write_now(text: &str) -> Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(source) => {
            Err(StreamFailed { action: "write to", path: "standard output", source }.into())
        }
    }
}

/// Prints an error as JSON, on one line.
pub(crate) fn print_json_error(object: &impl Serialize, warnings: &[&str]) {
    #[derive(Serialize)]
    struct Line<'l, T> {
        error: Object<'l, T>,
    }
    #[derive(Serialize)]
    struct Object<'l, T> {
        #[serde(flatten)]
        object: &'l T,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        warnings: &'l [&'l str],
    }
    if let Ok(line) = serde_json::to_string(&Line { error: Object { object, warnings } }) {
        // If standard error is closed, there is nowhere to report that.
        let _ = writeln!(io::stderr(), "{}", json_escaped(&line));
    }
}

/// Prints help, the version or a usage error. A usage error repeats arguments, so hidden characters
/// in it are escaped. clap cannot do that, so such an error has no colours.
pub(crate) fn print_usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let printed = if error.use_stderr() && text.contains(|c| is_hidden(c) && c != '\n') {
        let lines: Vec<_> = text.lines().map(escaped).collect();
        io::stderr().write_all((lines.join("\n") + "\n").as_bytes())
    } else {
        error.print()
    };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}
