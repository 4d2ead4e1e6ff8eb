//! Writing values as `json.dump(obj, f, indent=2)` does, or in the manner of the file at hand.

use super::{Value, encode};

/// How a file is laid out; new text in it is written in the same manner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Style {
    /// The blanks of one level; `None` for a file that is one line.
    indent: Option<String>,
    newline: &'static str,
    /// Whether everything outside printable ASCII is escaped (Python's `ensure_ascii`).
    pub(crate) ascii: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { indent: Some("  ".to_owned()), newline: "\n", ascii: true }
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
        Self { indent, newline, ascii }
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
                encode(key, style.ascii) + ": " + &write_value(value, style, depth + 1)
            });
            enclose('{', &written.collect::<Vec<_>>(), '}', style, depth)
        }
    }
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
            r#"{"a": [1, {}], "b": {"c": []}}"#.to_owned(),
        ] {
            assert_eq!(write_value(&value, &Style::of(&text), 0), text);
        }
    }

    #[test]
    fn escapes_follow_the_file() {
        assert!(Style::of("{\n  \"a\": \"\\u00e9\"}").ascii);
        assert!(!Style::of("{\n  \"a\": \"é\"}").ascii);
        assert_eq!(Style::of("{}"), Style::default());
    }
}
