//! Escapes text from a manifest for a terminal and for Markdown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes control characters and characters that change the direction of text.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    escape(text, is_harmful, |shown, character| shown.extend(character.escape_default()))
}

/// Escapes the same characters in JSON, which means the same afterwards. Line breaks stay: a
/// string contains none, they are layout.
pub(crate) fn json_escaped(json: &str) -> Cow<'_, str> {
    let harmful = |character| is_harmful(character) && character != '\n';
    escape(json, harmful, |shown, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn escape(
    text: &str,
    harmful: impl Fn(char) -> bool,
    put: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            put(&mut shown, character);
        } else {
            shown.push(character);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escaped("plain é"), "plain é");
        assert_eq!(escaped("a\u{1b}[31m\n\u{202e}"), "a\\u{1b}[31m\\n\\u{202e}");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{1b}\n\u{7f}\u{85}\u{202e}\"é";
        let json = serde_json::to_string_pretty(&[text]).expect("JSON");
        let escaped = json_escaped(&json);
        assert_eq!(escaped, "[\n  \"a\\u001b\\n\\u007f\\u0085\\u202e\\\"é\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).expect("JSON"), [text]);
    }
}
