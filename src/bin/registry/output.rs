//! Everything that is printed is printed here: answers on standard output, messages on standard
//! error, text from the manifest with its control characters escaped.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};
use model_registry::Number;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// Where answers and messages go.
pub(crate) struct Printer {
    /// Whether answers go to a terminal.
    pub(crate) terminal: bool,
    pub(crate) color: bool,
    pub(crate) color_messages: bool,
}

impl Printer {
    /// Prints lines of an answer.
    #[expect(clippy::unused_self, reason = "only who was handed a printer may print")]
    pub(crate) fn print(&self, answer: &str) -> Result<()> {
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(answer.as_bytes()).and_then(|()| stdout.flush());
        match result {
            // Whoever reads has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        }
    }

    /// Prints one line for a script, whatever is in it; a terminal gets it escaped.
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        let text = if self.terminal { escaped(text) } else { Cow::Borrowed(text) };
        self.print(&format!("{text}\n"))
    }

    /// Says what was done, a line each.
    pub(crate) fn report(&self, lines: &[String]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str("[registry] ");
            text.push_str(&escaped(line));
            text.push('\n');
        }
        self.print(&text)
    }

    /// Prints lines of an answer with text from outside.
    pub(crate) fn lines(&self, lines: &[String]) -> Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&escaped(line));
            text.push('\n');
        }
        self.print(&text)
    }

    /// Prints an answer for programs.
    pub(crate) fn json(&self, answer: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(answer)?;
        self.print(&(text + "\n"))
    }

    /// Prints a table for people.
    pub(crate) fn table(&self, table: &Table) -> Result<()> {
        self.print(&table.render(self.color))
    }

    /// Shows a table that is no answer.
    #[expect(clippy::unused_self, reason = "only who was handed a printer may print")]
    pub(crate) fn table_note(&self, table: &Table) {
        // There is nobody left to tell when this fails.
        let _ = io::stderr().write_all(table.render(false).as_bytes());
    }

    /// Says something that is no answer.
    pub(crate) fn note(&self, message: &str) {
        self.message("note", AnsiColor::Cyan, message);
    }

    /// Says something that somebody should look at.
    pub(crate) fn warning(&self, message: &str) {
        self.message("warning", AnsiColor::Yellow, message);
    }

    /// Says what both sides of a merge want, and what settles it.
    pub(crate) fn conflict(&self, conflict: &str, way_out: &str) {
        self.message("conflict", AnsiColor::Yellow, conflict);
        self.message("hint", AnsiColor::Cyan, way_out);
    }

    /// Says what failed, and what helps.
    pub(crate) fn error(&self, error: &anyhow::Error, hint: Option<&str>) {
        self.message("error", AnsiColor::Red, &describe(error));
        if let Some(hint) = hint {
            self.message("hint", AnsiColor::Cyan, hint);
        }
    }

    fn message(&self, kind: &str, color: AnsiColor, message: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let style = if self.color_messages { style } else { Style::new() };
        // There is nobody left to tell when this fails.
        let _ = writeln!(io::stderr(), "{style}{kind}{style:#}: {}", escaped(message));
    }
}

/// An error with its causes; a message that repeats its cause does so once.
fn describe(error: &anyhow::Error) -> String {
    let mut described = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !described.ends_with(&cause) {
            let _ = write!(described, ": {cause}");
        }
    }
    described
}

/// Prints help, the version or what is wrong with the command line.
pub(crate) fn print_usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
    }
}

/// Text from outside as it may stand in a line on a terminal: control characters and those that
/// turn the direction of writing are escaped.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Text from outside as it may stand in a cell of a Markdown table: it neither ends the cell nor
/// is read as markup.
pub(crate) fn markdown_cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in escaped(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '@' | '#' | '&'
        ) {
            cell.push('\\');
        }
        cell.push(character);
    }
    cell
}

/// A number for people: integers whole, others with four decimals or as many as a small one
/// needs to show four digits.
pub(crate) fn rounded(number: &Number<'_>) -> String {
    let value = number.as_f64();
    let size = value.abs();
    if number.is_integer() || !value.is_finite() || size >= 1e15 || (size > 0.0 && size < 1e-12) {
        return number.text().to_owned();
    }
    if size == 0.0 || size >= 0.001 {
        return format!("{value:.4}");
    }
    let mut decimals = 4;
    while size * 10_f64.powi(decimals) < 1000.0 {
        decimals += 1;
    }
    let digits = format!("{value:.*}", usize::try_from(decimals).unwrap_or(4));
    digits.trim_end_matches('0').to_owned()
}

/// A word of a command for a shell.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./@:=+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The name that was probably meant.
///
/// Nobody types a name of this length by hand, and to compare two takes the square of it.
pub(crate) fn similar<'n>(name: &str, present: &'n [String]) -> Option<&'n str> {
    const LONGEST: usize = 200;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let likeness = |other: &String| strsim::jaro_winkler(&name, &other.to_lowercase());
    let short = present.iter().filter(|other| other.len() <= LONGEST);
    let best = short.map(|other| (likeness(other), other));
    let best = best.max_by(|(one, _), (two, _)| one.total_cmp(two));
    best.filter(|&(likeness, _)| likeness > 0.8).map(|(_, name)| name.as_str())
}

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows in aligned columns, never cut and never wrapped.
#[derive(Default)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<(Vec<String>, bool)>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: Vec<(String, Align)>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; one that is marked stands out.
    pub(crate) fn push(&mut self, cells: &[Cow<'_, str>], marked: bool) {
        let cells = cells.iter().map(|cell| escaped(cell).into_owned()).collect();
        self.rows.push((cells, marked));
    }

    fn render(&self, color: bool) -> String {
        let header: Vec<String> =
            self.columns.iter().map(|(name, _)| escaped(name).into_owned()).collect();
        let widths: Vec<usize> = (0..header.len())
            .map(|column| {
                let cells = self.rows.iter().map(|(cells, _)| cells[column].width());
                cells.chain([header[column].width()]).max().unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        let head = Style::new().bold();
        let marked = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
        self.line(&mut text, &header, &widths, color.then_some(head));
        for (cells, mark) in &self.rows {
            self.line(&mut text, cells, &widths, (color && *mark).then_some(marked));
        }
        text
    }

    fn line(&self, text: &mut String, cells: &[String], widths: &[usize], style: Option<Style>) {
        let style = style.unwrap_or_default();
        let mut line = String::new();
        for ((cell, &width), (_, align)) in cells.iter().zip(widths).zip(&self.columns) {
            let blanks = " ".repeat(width - cell.width());
            let (before, after) =
                if *align == Align::Right { (&*blanks, "") } else { ("", &*blanks) };
            let _ = write!(line, "{before}{cell}{after}  ");
        }
        let _ = writeln!(text, "{style}{}{style:#}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_small_ones_keep_their_digits() {
        for (digits, shown) in [
            ("6079", "6079"),
            ("18446744073709551616", "18446744073709551616"),
            ("0.05705236893297605", "0.0571"),
            ("-3.54321", "-3.5432"),
            ("1.0", "1.0000"),
            ("0.0", "0.0000"),
            ("0.00012345678", "0.0001235"),
            ("0.0005", "0.0005"),
            ("1e-07", "0.0000001"),
            ("5e-324", "5e-324"),
            ("1e+16", "1e+16"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(rounded(&Number::parse(digits).expect("a number")), shown);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("plain é"), "plain é");
        assert_eq!(escaped("a\u{1b}[31m\n\u{202e}"), "a\\u{1b}[31m\\n\\u{202e}");
    }

    #[test]
    fn a_word_survives_the_shell() {
        assert_eq!(shell_word("runs/20251214"), "runs/20251214");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b'c"), r"'a b'\''c'");
    }

    #[test]
    fn columns_are_aligned_by_width_on_the_screen() {
        let mut table = Table::new(vec![("NAME".into(), Align::Left), ("N".into(), Align::Right)]);
        table.push(&["日本".into(), "1".into()], true);
        table.push(&["b".into(), "10".into()], false);
        assert_eq!(table.render(false), "NAME   N\n日本   1\nb     10\n");
        assert!(table.render(true).contains("\u{1b}[1m\u{1b}[32m日本   1\u{1b}[0m"));
    }
}
