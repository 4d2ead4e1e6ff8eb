//! Aligns rows in columns.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::escaped;

/// Alignment of a column.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Widest cell that the other rows are padded to. A wider one, such as a name of 100 KB, sticks out
/// instead of multiplying its width by the number of rows.
const WIDEST_PADDED: usize = 200;

/// Rows in aligned columns, never cut or wrapped.
#[derive(Default)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<(Vec<String>, bool)>,
}

impl Table {
    /// Creates a table without rows.
    pub(crate) fn new(columns: Vec<(String, Align)>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row; a marked one is highlighted.
    pub(crate) fn push(&mut self, cells: &[Cow<'_, str>], marked: bool) {
        let cells = cells.iter().map(|cell| escaped(cell).into_owned()).collect();
        self.rows.push((cells, marked));
    }

    pub(super) fn render(&self, color: bool) -> String {
        let header: Vec<String> =
            self.columns.iter().map(|(name, _)| escaped(name).into_owned()).collect();
        let widths: Vec<usize> = (0..header.len())
            .map(|column| {
                let cells = self.rows.iter().map(|(cells, _)| cells[column].width());
                let padded = cells.filter(|width| *width <= WIDEST_PADDED);
                padded.chain([header[column].width()]).max().unwrap_or(0)
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
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
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
    fn columns_are_aligned_by_width_on_the_screen() {
        let mut table = Table::new(vec![("NAME".into(), Align::Left), ("N".into(), Align::Right)]);
        table.push(&["日本".into(), "1".into()], true);
        table.push(&["b".into(), "10".into()], false);
        assert_eq!(table.render(false), "NAME   N\n日本   1\nb     10\n");
        assert!(table.render(true).contains("\u{1b}[1m\u{1b}[32m日本   1\u{1b}[0m"));
    }

    #[test]
    fn a_very_wide_cell_pads_no_other_row() {
        let mut table = Table::new(vec![("NAME".into(), Align::Left), ("N".into(), Align::Right)]);
        let (padded, wide) = ("p".repeat(WIDEST_PADDED), "w".repeat(WIDEST_PADDED + 1));
        table.push(&["a".into(), "1".into()], false);
        table.push(&[wide.as_str().into(), "2".into()], false);
        let short = format!("NAME  N\na     1\n{wide}  2\n");
        assert_eq!(table.render(false), short);
        table.push(&[padded.as_str().into(), "3".into()], false);
        let name = |name: &str, number| format!("{name:WIDEST_PADDED$}  {number}\n");
        let rows = [name("NAME", "N"), name("a", "1"), format!("{wide}  2\n"), name(&padded, "3")];
        assert_eq!(table.render(false), rows.concat());
    }
}
