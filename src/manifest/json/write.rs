//! Writing values as `json.dump(obj, f, indent=2)` does, or in the manner of the file at hand.

use std::fmt::Write as _;

use super::cursor::{elements, places};
use super::{Value, encode};

/// How a file is laid out; new text in it is written in the same manner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Style {
    /// The blanks of one level; `None` for a file that is one line.
    indent: Option<String>,
    newline: &'static str,
    /// What stands between a key and its value.
    pub(crate) colon: &'static str,
    /// Whether everything outside printable ASCII is escaped (Python's `ensure_ascii`).
    pub(crate) ascii: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { indent: Some("  ".to_owned()), newline: "\n", colon: ": ", ascii: true }
    }
}

impl Style {
    /// The manner of a document that is an object.
    pub(crate) fn of(text: &str) -> Self {
        let ascii = text.bytes().all(|byte| byte < 0x7f);
        let after_brace = text.trim_start().strip_prefix('{').unwrap_or_default();
        let blanks = &after_brace[..after_brace.len() - after_brace.trim_start().len()];
        if after_brace.trim_start().starts_with('}') {
            return Self { ascii, ..Self::default() };
        }
        let newline = if blanks.contains("\r\n") { "\r\n" } else { "\n" };
        let indent = blanks.rsplit_once('\n').map(|(_, indent)| indent.to_owned());
        let first = places(text.trim_start()).next();
        let between = first.map(|(key, value)| &text.trim_start()[key.end..value.start]);
        let colon = if between == Some(":") { ":" } else { ": " };
        Self { indent, newline, colon, ascii }
    }

    /// The manner of a message: all on one line.
    pub(crate) const fn one_line() -> Self {
        Self { indent: None, newline: "\n", colon: ": ", ascii: false }
    }

    /// Whether a piece of a file of that manner can stand in this one as it is.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        let ascii = other.ascii || !self.ascii;
        ascii && *self == Self { ascii: self.ascii, ..other.clone() }
    }

    /// What stands before an item at this depth: a line break and its indentation.
    pub(crate) fn line(&self, depth: usize) -> String {
        match &self.indent {
            Some(indent) => self.newline.to_owned() + &indent.repeat(depth),
            None => String::new(),
        }
    }

    /// What stands between two items at this depth.
    pub(crate) fn comma(&self, depth: usize) -> String {
        match self.indent {
            Some(_) => ",".to_owned() + &self.line(depth),
            None if self.colon == ":" => ",".to_owned(),
            None => ", ".to_owned(),
        }
    }
}

/// A value as text, to stand at this depth of a document.
pub(crate) fn write_value(value: &Value<'_>, style: &Style, depth: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.text().to_owned(),
        Value::String(text) => encode(text, style.ascii),
        Value::Array(elements) => {
            let written = elements.iter().map(|element| write_value(element, style, depth + 1));
            enclose('[', &written.collect::<Vec<_>>(), ']', style, depth)
        }
        Value::Object(members) => {
            let written = members.iter().map(|(key, value)| {
                encode(key, style.ascii) + style.colon + &write_value(value, style, depth + 1)
            });
            enclose('{', &written.collect::<Vec<_>>(), '}', style, depth)
        }
    }
}

/// A piece of another document as it is to stand at this depth of one of this manner.
///
/// Only the layout changes: numbers keep their digits and strings their escapes, so that no lone
/// surrogate is lost.
pub(crate) fn restyle(text: &str, style: &Style, depth: usize) -> String {
    match text.as_bytes().first() {
        Some(b'{') => {
            let items = places(text).map(|(key, value)| {
                let value = restyle(&text[value], style, depth + 1);
                escaped(&text[key], style.ascii) + style.colon + &value
            });
            enclose('{', &items.collect::<Vec<_>>(), '}', style, depth)
        }
        Some(b'[') => {
            let items = elements(text).map(|element| restyle(element, style, depth + 1));
            enclose('[', &items.collect::<Vec<_>>(), ']', style, depth)
        }
        _ => escaped(text, style.ascii),
    }
}

/// Whether two pieces are the same but for the blanks between their tokens.
pub(crate) fn same_tokens(one: &str, two: &str) -> bool {
    one == two || tokens(one).eq(tokens(two))
}

fn tokens(text: &str) -> impl Iterator<Item = u8> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().filter(move |&byte| {
        if !quoted {
            quoted = byte == b'"';
            return !matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        }
        if escaped {
            escaped = false;
        } else {
            escaped = byte == b'\\';
            quoted = byte != b'"';
        }
        true
    })
}

/// Elements, each a text, as the array that they make at this depth.
pub(crate) fn write_array(elements: &[String], style: &Style, depth: usize) -> String {
    enclose('[', elements, ']', style, depth)
}

/// A scalar's text with everything outside printable ASCII escaped, if that is the manner.
fn escaped(text: &str, ascii: bool) -> String {
    let printable = |character: char| matches!(character, ' '..='~');
    if !ascii || text.chars().all(printable) {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len() + 6);
    for character in text.chars() {
        if printable(character) {
            result.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(result, "\\u{unit:04x}");
            }
        }
    }
    result
}

fn enclose(open: char, items: &[String], close: char, style: &Style, depth: usize) -> String {
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let items = items.join(&style.comma(depth + 1));
    format!("{open}{}{items}{}{close}", style.line(depth + 1), style.line(depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manner_of_a_file_is_kept() {
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
            assert_eq!(write_value(&value, &Style::of(&text), 0), text);
        }
    }

    #[test]
    fn a_piece_is_laid_out_anew_and_says_the_same() {
        let piece = "{\"a\":[1e-07,{}] ,\r\n\"caf\\udce9 é😀\\n\":{\"b\" : NaN}}";
        let style = Style::default();
        assert_eq!(
            restyle(piece, &style, 1),
            "{\n    \"a\": [\n      1e-07,\n      {}\n    ],\n    \
             \"caf\\udce9 \\u00e9\\ud83d\\ude00\\n\": {\n      \"b\": NaN\n    }\n  }"
        );
        assert_eq!(
            restyle(piece, &Style::one_line(), 1),
            "{\"a\": [1e-07, {}], \"caf\\udce9 é😀\\n\": {\"b\": NaN}}"
        );
    }

    #[test]
    fn blanks_count_inside_strings_only() {
        let piece = r#"{"a \" b": [1, "\\"], "c": " "}"#;
        assert!(same_tokens(piece, "{\n\"a \\\" b\":[1,\"\\\\\"  ]\t,\"c\" :\" \"}"));
        for other in [
            r#"{"a \"b": [1, "\\"], "c": " "}"#,
            r#"{"a \" b": [1, "\\"], "c": ""}"#,
            r#"{"a \" b": [1, "\\"], "c": " "}, 1"#,
        ] {
            assert!(!same_tokens(piece, other), "{other}");
        }
    }

    #[test]
    fn escapes_follow_the_file() {
        assert!(Style::of("{\n  \"a\": \"\\u00e9\"}").ascii);
        assert!(!Style::of("{\n  \"a\": \"é\"}").ascii);
        assert_eq!(Style::of("{}"), Style::default());
    }
}
