//! Escapes text from a manifest for Markdown.

use super::escaped;

/// Escapes text for a cell of a Markdown table, so that it neither ends the cell nor adds markup.
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

/// Formats a row of a Markdown table.
pub(crate) fn markdown_row<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(markdown_cell).collect();
    format!("| {} |\n", cells.join(" | "))
}
