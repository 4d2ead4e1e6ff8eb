//! Aligns rows in columns.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escaped;
use super::screen::Screen;
use super::tone::Tone;

/// Alignment of a column.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Widest cell to which other rows are padded. Without a limit, one name of 100 KB would make every
/// row that long.
const WIDEST_PADDED: usize = 200;

/// Smallest width of free text that is still useful.
const NARROWEST_TEXT: usize = 16;

/// The gap between two columns.
const GAP: usize = 2;

struct Column {
    name: String,
    align: Align,
    /// Whether it is free text, which may be shortened on a terminal.
    is_text: bool,
    /// Order in which columns are left out of a table that would be too wide: the lowest rank
    /// first. `None` for a column that is always shown.
    drop_rank: Option<usize>,
}

/// Rows in aligned columns. Through a pipe they are never cut or wrapped.
#[derive(Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<(Vec<String>, Tone)>,
}

impl Table {
    /// Creates a table without rows.
    pub(crate) fn new(columns: Vec<(String, Align)>) -> Self {
        let column = |(name, align): (String, Align)| Column {
            name: escaped(&name).into_owned(),
            align,
            is_text: false,
            drop_rank: None,
        };
        Self { columns: columns.into_iter().map(column).collect(), rows: Vec::new() }
    }

    /// Marks columns as free text, which a narrow terminal shows shortened.
    pub(crate) fn text(mut self, names: &[&str]) -> Self {
        for column in self.columns.iter_mut().filter(|column| names.contains(&&*column.name)) {
            column.is_text = true;
        }
        self
    }

    /// Marks columns that a narrow terminal leaves out, in this order.
    pub(crate) fn optional(mut self, names: &[&str]) -> Self {
        for (rank, name) in names.iter().enumerate() {
            let name = escaped(name);
            for column in self.columns.iter_mut().filter(|column| column.name == name) {
                column.drop_rank = Some(rank);
            }
        }
        self
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, cells: &[Cow<'_, str>], tone: impl Into<Tone>) {
        let cells = cells.iter().map(|cell| escaped(cell).into_owned()).collect();
        self.rows.push((cells, tone.into()));
    }

    /// Leaves out the columns in which no row has a value.
    pub(crate) fn without_empty_columns(mut self) -> Self {
        let is_set = |cell: &str| !cell.is_empty() && cell != "-";
        let kept: Vec<bool> = (0..self.columns.len())
            .map(|column| self.rows.iter().any(|(cells, _)| is_set(&cells[column])))
            .collect();
        self.retain(&kept);
        self
    }

    fn retain(&mut self, kept: &[bool]) {
        let mut keep = kept.iter();
        self.columns.retain(|_| keep.next().is_none_or(|keep| *keep));
        for (cells, _) in &mut self.rows {
            let mut keep = kept.iter();
            cells.retain(|_| keep.next().is_none_or(|keep| *keep));
        }
    }

    /// Renders the table, fitted to a terminal if one is given.
    pub(super) fn render(mut self, color: bool, screen: Option<Screen>) -> String {
        let mut widths = self.widths(screen.is_some());
        if let Some(screen) = screen {
            self.fit(&mut widths, screen);
        }
        let mut text = String::new();
        let header: Vec<_> = self.columns.iter().map(|column| column.name.clone()).collect();
        self.line(&mut text, &header, &widths, if color { Tone::Heading } else { Tone::Plain });
        for (cells, tone) in &self.rows {
            self.line(&mut text, cells, &widths, if color { *tone } else { Tone::Plain });
        }
        text
    }

    /// Returns the width of each column. On a terminal, free text is cut at [`WIDEST_PADDED`].
    fn widths(&self, on_terminal: bool) -> Vec<usize> {
        let width = |(index, column): (usize, &Column)| {
            let cut = if on_terminal && column.is_text { WIDEST_PADDED } else { usize::MAX };
            let cells = self.rows.iter().map(|(cells, _)| cells[index].width().min(cut));
            let padded = cells.filter(|width| *width <= WIDEST_PADDED);
            padded.chain([column.name.width()]).max().unwrap_or(0)
        };
        self.columns.iter().enumerate().map(width).collect()
    }

    /// Leaves out optional columns and shortens free text until the table fits, as far as it can:
    /// names and numbers are never cut.
    fn fit(&mut self, widths: &mut Vec<usize>, screen: Screen) {
        let narrowest = |column: &Column, width: usize| {
            let minimum = column.name.width().max(NARROWEST_TEXT);
            if column.is_text { width.min(minimum) } else { width }
        };
        loop {
            let gaps = GAP * self.columns.len().saturating_sub(1);
            let minima = self.columns.iter().zip(&*widths).map(|(c, width)| narrowest(c, *width));
            if minima.sum::<usize>() + gaps <= screen.columns {
                break;
            }
            let ranked = self.columns.iter().filter_map(|column| column.drop_rank);
            let Some(first) = ranked.min() else { break };
            let kept: Vec<_> =
                self.columns.iter().map(|column| column.drop_rank != Some(first)).collect();
            self.retain(&kept);
            *widths = self.widths(true);
        }
        // The widest text is shortened first.
        let gaps = GAP * self.columns.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > screen.columns {
            let shrinkable = (0..widths.len())
                .filter(|&index| widths[index] > narrowest(&self.columns[index], widths[index]));
            let Some(widest) = shrinkable.max_by_key(|&index| widths[index]) else { break };
            widths[widest] -= 1;
        }
        for (index, _) in self.columns.iter().enumerate().filter(|(_, column)| column.is_text) {
            for (cells, _) in &mut self.rows {
                if cells[index].width() > widths[index] {
                    cells[index] = shortened(&cells[index], widths[index], screen.unicode);
                }
            }
        }
    }

    fn line(&self, text: &mut String, cells: &[String], widths: &[usize], tone: Tone) {
        let mut line = String::new();
        for ((cell, &width), column) in cells.iter().zip(widths).zip(&self.columns) {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) =
                if column.align == Align::Right { (&*padding, "") } else { ("", &*padding) };
            let _ = write!(line, "{before}{cell}{after}  ");
        }
        let style = tone.style();
        let _ = writeln!(text, "{style}{}{style:#}", line.trim_end());
    }
}

/// Cuts text to a width, with a mark where it was cut.
fn shortened(text: &str, width: usize, unicode: bool) -> String {
    let mark = if unicode { "…" } else { "..." };
    let room = width.saturating_sub(mark.width());
    let mut short = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        short.push(character);
    }
    short.truncate(short.trim_end().len());
    short + mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, Align)], rows: &[&[&str]]) -> Table {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        let mut table = Table::new(columns);
        for row in rows {
            table.push(&row.iter().map(|cell| Cow::Borrowed(*cell)).collect::<Vec<_>>(), false);
        }
        table
    }

    const NAMES: [(&str, Align); 2] = [("NAME", Align::Left), ("N", Align::Right)];

    #[test]
    fn columns_are_aligned_by_width_on_the_screen() {
        let render = |color| {
            let mut table = table(&NAMES, &[]);
            table.push(&["日本".into(), "1".into()], true);
            table.push(&["b".into(), "10".into()], false);
            table.render(color, None)
        };
        assert_eq!(render(false), "NAME   N\n日本   1\nb     10\n");
        assert!(render(true).contains("\u{1b}[1m\u{1b}[32m日本   1\u{1b}[0m"));
    }

    #[test]
    fn a_very_wide_cell_pads_no_other_row() {
        let (padded, wide) = ("p".repeat(WIDEST_PADDED), "w".repeat(WIDEST_PADDED + 1));
        let short = format!("NAME  N\na     1\n{wide}  2\n");
        assert_eq!(table(&NAMES, &[&["a", "1"], &[&wide, "2"]]).render(false, None), short);
        let rows: [&[&str]; 3] = [&["a", "1"], &[&wide, "2"], &[&padded, "3"]];
        let name = |name: &str, number| format!("{name:WIDEST_PADDED$}  {number}\n");
        let lines = [name("NAME", "N"), name("a", "1"), format!("{wide}  2\n"), name(&padded, "3")];
        assert_eq!(table(&NAMES, &rows).render(false, None), lines.concat());
    }

    #[test]
    fn a_terminal_shows_optional_columns_where_they_fit_and_shortens_text_but_no_names() {
        let columns = [
            ("NAME", Align::Left),
            ("A", Align::Right),
            ("B", Align::Right),
            ("TEXT", Align::Left),
        ];
        let row: &[&str] = &["a-long-name", "1.5000", "2.5000", "日本 wide words, then more words"];
        let fitted = |columns_of_terminal, unicode| {
            let table = table(&columns, &[row]).text(&["TEXT"]).optional(&["B", "A"]);
            let text = table.render(false, Some(Screen { columns: columns_of_terminal, unicode }));
            text.lines().nth(1).expect("a row").to_owned()
        };
        let all = "a-long-name  1.5000  2.5000  日本 wide words, then more words";
        assert_eq!(fitted(all.width(), true), all);
        let shorter = "a-long-name  1.5000  2.5000  日本 wide words, then more wor…";
        assert_eq!(fitted(all.width() - 1, true), shorter);
        assert_eq!(fitted(45, true), "a-long-name  1.5000  2.5000  日本 wide words…");
        assert_eq!(fitted(44, true), "a-long-name  1.5000  日本 wide words, then…");
        assert_eq!(fitted(30, true), "a-long-name  日本 wide words,…");
        assert_eq!(fitted(30, false), "a-long-name  日本 wide word...");
        assert_eq!(fitted(5, true), "a-long-name  日本 wide words…");
    }

    #[test]
    fn columns_without_a_value_can_be_left_out() {
        let columns = [("NAME", Align::Left), ("BY", Align::Left), ("REASON", Align::Left)];
        let table = table(&columns, &[&["a", "-", ""], &["b", "", "why"]]);
        assert_eq!(
            table.without_empty_columns().render(false, None),
            "NAME  REASON\na\nb     why\n"
        );
    }
}
