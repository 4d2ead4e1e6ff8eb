//! Escapes text from a manifest for JSON and for Markdown.

use std::borrow::Cow;
use std::fmt::Write as _;

use model_registry::report::text::is_harmful;

use super::escaped;

/// Escapes harmful characters in JSON, which means the same afterwards. Line breaks stay: a string
/// contains none, they are layout.
pub(crate) fn json_escaped(json: &str) -> Cow<'_, str> {
    let harmful = |character| is_harmful(character) && character != '\n';
    if !json.contains(harmful) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if !harmful(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    Cow::Owned(shown)
}

/// Escapes text for a cell of a Markdown table, so that it neither ends the cell nor is markup.
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

/// A row of a Markdown table.
pub(crate) fn markdown_row<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(markdown_cell).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{1b}\n\u{7f}\u{85}\u{202e}\"é";
        let json = serde_json::to_string_pretty(&[text]).expect("JSON");
        let escaped = json_escaped(&json);
        assert_eq!(escaped, "[\n  \"a\\u001b\\n\\u007f\\u0085\\u202e\\\"é\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).expect("JSON"), [text]);
    }
}
