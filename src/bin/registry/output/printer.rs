//! Writes answers to standard output and messages to standard error.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use serde::Serialize;

use super::escape::escaped;
use super::table::Table;

/// Prints answers and messages.
pub(crate) struct Printer {
    /// Whether answers go to a terminal.
    pub(crate) terminal: bool,
    pub(crate) color: bool,
    pub(crate) color_messages: bool,
}

impl Printer {
    /// Prints an answer.
    #[expect(clippy::unused_self, reason = "only who was handed a printer may print")]
    pub(crate) fn print(&self, answer: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(answer.as_bytes()).and_then(|()| stdout.flush());
        match result {
            // The reader closed the pipe.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        }
    }

    /// Prints one line for a script, unchanged; on a terminal it is escaped.
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        let text = if self.terminal { escaped(text) } else { Cow::Borrowed(text) };
        self.print(&format!("{text}\n"))
    }

    /// Reports what was done, one line each.
    pub(crate) fn report(&self, lines: &[String]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str("[registry] ");
            text.push_str(&escaped(line));
            text.push('\n');
        }
        self.print(&text)
    }

    /// Prints lines of an answer, escaped.
    pub(crate) fn lines(&self, lines: &[String]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&escaped(line));
            text.push('\n');
        }
        self.print(&text)
    }

    /// Prints an answer as JSON.
    pub(crate) fn json(&self, answer: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(answer)?;
        self.print(&(text + "\n"))
    }

    /// Prints a table.
    pub(crate) fn table(&self, table: &Table) -> Result<()> {
        self.print(&table.render(self.color))
    }

    /// Prints a table to standard error.
    #[expect(clippy::unused_self, reason = "only who was handed a printer may print")]
    pub(crate) fn table_note(&self, table: &Table) {
        // A failure cannot be reported: standard error is gone.
        let _ = io::stderr().write_all(table.render(false).as_bytes());
    }

    /// Prints a note.
    pub(crate) fn note(&self, message: &str) {
        self.message("note", AnsiColor::Cyan, message);
    }

    /// Prints a warning.
    pub(crate) fn warning(&self, message: &str) {
        self.message("warning", AnsiColor::Yellow, message);
    }

    /// Prints a merge conflict and how to resolve it.
    pub(crate) fn conflict(&self, conflict: &str, way_out: &str) {
        self.message("conflict", AnsiColor::Yellow, conflict);
        self.message("hint", AnsiColor::Cyan, way_out);
    }

    /// Prints an error and a hint.
    pub(crate) fn error(&self, error: &anyhow::Error, hint: Option<&str>) {
        self.message("error", AnsiColor::Red, &describe(error));
        if let Some(hint) = hint {
            self.message("hint", AnsiColor::Cyan, hint);
        }
    }

    fn message(&self, kind: &str, color: AnsiColor, message: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let style = if self.color_messages { style } else { Style::new() };
        // A failure cannot be reported: standard error is gone.
        let _ = writeln!(io::stderr(), "{style}{kind}{style:#}: {}", escaped(message));
    }
}

/// Describes an error with its causes; a cause that the message ends with is not repeated.
fn describe(error: &anyhow::Error) -> String {
    let mut described = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !described.ends_with(&cause) {
            let _ = write!(described, ": {cause}");
        }
    }
    described
}

/// Prints help, the version or a usage error.
pub(crate) fn print_usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}
