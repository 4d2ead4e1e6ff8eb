//! How a document is laid out.

use crate::event::Event;
use crate::parser::Parser;

/// The layout of a document: indentation, line ends, the colon, and whether characters outside
/// ASCII are escaped. New text follows it.
///
/// The default is that of Python's `json.dump(value, file, indent=2)`.
///
/// ```
/// use json_document::{Style, Value};
///
/// let style = Style::of("{\n\t\"a\":1\n}");
/// let value = Value::parse("[true, null]")?;
/// assert_eq!(value.to_text(&style, 0), "[\n\ttrue,\n\tnull\n]");
/// # Ok::<(), json_document::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Style {
    /// Indentation of one level; `None` for a document on one line.
    indent: Option<String>,
    newline: &'static str,
    colon: &'static str,
    ascii: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { indent: Some("  ".to_owned()), newline: "\n", colon: ": ", ascii: true }
    }
}

impl Style {
    /// Detects the style of a document that is an object.
    pub fn of(text: &str) -> Self {
        let ascii = is_printable_ascii(text.as_bytes());
        let text = text.trim_start();
        let inside = text.strip_prefix('{').unwrap_or_default();
        let blanks = &inside[..inside.len() - inside.trim_start().len()];
        if inside.trim_start().starts_with('}') {
            return Self { ascii, ..Self::default() };
        }
        let newline = if blanks.contains("\r\n") { "\r\n" } else { "\n" };
        let indent = blanks.rsplit_once('\n').map(|(_, indent)| indent.to_owned());
        let colon = if first_colon(text) == Some(":") { ":" } else { ": " };
        Self { indent, newline, colon, ascii }
    }

    /// Returns the style for a message: everything on one line, and no escapes that JSON does not
    /// require.
    pub const fn one_line() -> Self {
        Self { indent: None, newline: "\n", colon: ": ", ascii: false }
    }

    /// Returns whether text in the style `other` can be inserted into a document of this style
    /// unchanged.
    pub fn fits(&self, other: &Self) -> bool {
        let ascii = other.ascii || !self.ascii;
        ascii && *self == Self { ascii: self.ascii, ..other.clone() }
    }

    /// Returns whether characters outside printable ASCII are escaped.
    pub const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Returns the text between a key and its value.
    pub const fn colon(&self) -> &'static str {
        self.colon
    }

    /// Returns the text before the first item at a depth: a line break and indentation.
    pub fn line(&self, depth: usize) -> String {
        let mut text = String::new();
        self.write_line(depth, &mut text);
        text
    }

    /// Returns the text between two items at a depth.
    pub fn comma(&self, depth: usize) -> String {
        let mut text = String::new();
        self.write_comma(depth, &mut text);
        text
    }

    pub(crate) fn write_line(&self, depth: usize, text: &mut String) {
        if let Some(indent) = &self.indent {
            text.push_str(self.newline);
            (0..depth).for_each(|_| text.push_str(indent));
        }
    }

    pub(crate) fn write_comma(&self, depth: usize, text: &mut String) {
        text.push(',');
        match self.indent {
            Some(_) => self.write_line(depth, text),
            None if self.colon == ":" => {}
            None => text.push(' '),
        }
    }

    /// Writes a container at `depth`, and its items with `write`.
    pub(crate) fn enclose<T>(
        &self,
        [open, close]: [char; 2],
        items: &[T],
        depth: usize,
        text: &mut String,
        write: impl Fn(&T, &mut String),
    ) {
        text.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.write_comma(depth + 1, text);
            } else {
                self.write_line(depth + 1, text);
            }
            write(item, text);
        }
        if !items.is_empty() {
            self.write_line(depth, text);
        }
        text.push(close);
    }
}

/// Returns the text between the first key of an object and its value.
fn first_colon(text: &str) -> Option<&str> {
    let mut parser = Parser::again(text, 0);
    parser.next_event().ok()?;
    if parser.next_event().ok()? != Event::Key {
        return None;
    }
    let start = parser.span().end;
    parser.next_event().ok()?;
    Some(&text[start..parser.span().start])
}

/// Returns whether no byte is outside ASCII and none is `DEL`. Control characters are ignored,
/// because a document contains them only between its tokens.
fn is_printable_ascii(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Adding one sets the high bit of `DEL`, and no ASCII byte carries into the next.
    let marks = |word: u64| word | word.wrapping_add(ONES);
    let (blocks, rest) = bytes.as_chunks::<64>();
    let is_plain = |block: &[u8; 64]| {
        let (words, _) = block.as_chunks::<8>();
        let marks = words.iter().fold(0, |found, word| found | marks(u64::from_ne_bytes(*word)));
        marks & HIGH == 0
    };
    blocks.iter().all(is_plain) && rest.iter().all(|byte| *byte < 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn new_text_has_the_style_of_the_document() {
        let value = Value::parse(r#"{"a": [1, {}], "b": {"c": []}}"#).expect("valid");
        let python = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}";
        for text in [
            python.to_owned(),
            python.replace('\n', "\r\n"),
            python.replace("  ", "\t"),
            python.replace("  ", "    "),
            python.replace(": ", ":"),
            r#"{"a": [1, {}], "b": {"c": []}}"#.to_owned(),
            r#"{"a":[1,{}],"b":{"c":[]}}"#.to_owned(),
        ] {
            assert_eq!(value.to_text(&Style::of(&text), 0), text);
        }
    }

    #[test]
    fn escapes_follow_the_document() {
        assert!(Style::of("{\n  \"a\": \"\\u00e9\"}").is_ascii());
        assert!(!Style::of("{\n  \"a\": \"é\"}").is_ascii());
        assert!(!Style::of("{\n  \"a\": \"\x7f\"}").is_ascii());
        assert_eq!(Style::of("{}"), Style::default());
    }

    #[test]
    fn text_fits_where_it_would_be_written_the_same() {
        let python = Style::default();
        let raw = Style::of("{\n  \"a\": \"é\"}");
        assert!(raw.fits(&python) && !python.fits(&raw));
        assert!(!python.fits(&Style::of("{\"a\": 1}")));
    }
}
