//! The text of a value, read without building it.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::event::{Event, Kind};
use crate::parser::Parser;
use crate::source::Slice;
use crate::string::decode;
use crate::style::Style;
use crate::value::Value;

/// The text of a value that was parsed before, such as a slice of a document.
///
/// Each method reads only as much as it needs. For a text that was never parsed the results are
/// meaningless, but no method panics.
///
/// ```
/// use json_document::Raw;
///
/// let object = Raw::new(r#"{"a": 1e-07, "b": [true, null]}"#);
/// assert_eq!(object.get("a").unwrap().text(), "1e-07");
/// assert_eq!(object.get("b").unwrap().elements().count(), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Raw<'t>(&'t str);

impl<'t> Raw<'t> {
    /// Wraps the text of a value, which has no whitespace around it.
    pub const fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub const fn text(self) -> &'t str {
        self.0
    }

    /// Returns the kind of the value.
    pub fn kind(self) -> Kind {
        self.0.bytes().next().map_or(Kind::Other, Kind::of)
    }

    /// Builds the value.
    pub fn value(self) -> Value<'t> {
        Value::of(self.0)
    }

    /// Returns the decoded string, if the value is one.
    pub fn string(self) -> Option<Cow<'t, str>> {
        (self.kind() == Kind::String).then(|| decode(self.0))
    }

    /// Returns the members of an object, each with its decoded key. Any other value has none.
    pub fn members(self) -> Members<'t> {
        Members { parser: Parser::again(self.0, 0), started: false }
    }

    /// Returns the elements of an array. Any other value has none.
    pub fn elements(self) -> Elements<'t> {
        Elements { parser: Parser::again(self.0, 0), started: false }
    }

    /// Returns the value of a key, if this is an object that has it.
    pub fn get(self, key: &str) -> Option<Self> {
        self.members().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns whether two texts differ at most in the whitespace between their tokens.
    pub fn same_tokens(self, other: Raw<'_>) -> bool {
        self.0 == other.0 || tokens(self.0).eq(tokens(other.0))
    }

    /// Returns whether two texts mean the same, as [`Value`] compares.
    ///
    /// ```
    /// use json_document::Raw;
    ///
    /// let object = Raw::new(r#"{"a": 1, "b": "caf\u00e9"}"#);
    /// assert!(object.same_meaning(Raw::new(r#"{"b": "café", "a": 1.0}"#)));
    /// ```
    pub fn same_meaning(self, other: Raw<'_>) -> bool {
        self.same_tokens(other) || self.value() == other.value()
    }

    /// Returns the text in another style, for a value at `depth` in its document.
    ///
    /// Only the layout changes, and characters are escaped if the style requires it. Numbers keep
    /// their digits and strings their escapes, so that no lone surrogate is lost.
    ///
    /// ```
    /// use json_document::{Raw, Style};
    ///
    /// let text = Raw::new("{\"loss\":NaN,\n\"rows\":[1e-07]}").restyle(&Style::one_line(), 0);
    /// assert_eq!(text, r#"{"loss": NaN, "rows": [1e-07]}"#);
    /// ```
    pub fn restyle(self, style: &Style, depth: usize) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut parser = Parser::again(self.0, 0);
        let mut depth = depth;
        let (mut empty, mut after_key, outside) = (true, false, depth);
        while let Ok(event) = parser.next_event() {
            let closes = matches!(event, Event::ObjectEnd | Event::ArrayEnd);
            if closes {
                depth -= 1;
                if !empty {
                    style.write_line(depth, &mut text);
                }
            } else if depth > outside && !after_key && event != Event::End {
                if empty {
                    style.write_line(depth, &mut text);
                } else {
                    style.write_comma(depth, &mut text);
                }
            }
            (empty, after_key) = (false, event == Event::Key);
            match event {
                Event::ObjectStart | Event::ArrayStart => {
                    text.push_str(&parser.token());
                    depth += 1;
                    empty = true;
                }
                Event::ObjectEnd | Event::ArrayEnd => text.push_str(&parser.token()),
                Event::Key => {
                    escape(&parser.token(), style.is_ascii(), &mut text);
                    text.push_str(style.colon());
                }
                Event::Scalar => escape(&parser.token(), style.is_ascii(), &mut text),
                Event::End => break,
            }
        }
        text
    }
}

/// Members of an object, each with its decoded key. See [`Raw::members`].
#[derive(Debug)]
pub struct Members<'t> {
    parser: Parser<Slice<'t>>,
    started: bool,
}

impl<'t> Iterator for Members<'t> {
    type Item = (Cow<'t, str>, Raw<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.started {
            self.started = true;
            if self.parser.next_event().ok()? != Event::ObjectStart {
                return None;
            }
        }
        if self.parser.next_event().ok()? != Event::Key {
            return None;
        }
        let text = self.parser.source();
        let name = decode(&text[self.parser.span()]);
        Some((name, Raw(&text[self.parser.skip_value_of_key().ok()?])))
    }
}

/// Elements of an array. See [`Raw::elements`].
#[derive(Debug)]
pub struct Elements<'t> {
    parser: Parser<Slice<'t>>,
    started: bool,
}

impl<'t> Iterator for Elements<'t> {
    type Item = Raw<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.started {
            self.started = true;
            if self.parser.next_event().ok()? != Event::ArrayStart {
                return None;
            }
        }
        if !self.parser.next_element().ok()? {
            return None;
        }
        Some(Raw(&self.parser.source()[self.parser.skip().ok()?]))
    }
}

/// Returns the bytes of a text without the whitespace between its tokens.
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

/// Writes a token. With `ascii`, escapes everything outside printable ASCII.
fn escape(token: &str, ascii: bool, text: &mut String) {
    let printable = |character: char| matches!(character, ' '..='~');
    if !ascii || token.chars().all(printable) {
        return text.push_str(token);
    }
    for character in token.chars() {
        if printable(character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_of_the_text() {
        let object = Raw::new("{ \"a\" : [1, 2] , \"b\\n\":{\"c\": \"}\"} }");
        let found: Vec<_> = object.members().map(|(name, raw)| (name, raw.text())).collect();
        assert_eq!(found, [("a".into(), "[1, 2]"), ("b\n".into(), "{\"c\": \"}\"}")]);
        for text in ["{}", "[1]", "1", "", "{1", "null"] {
            assert_eq!(Raw::new(text).members().count(), 0, "{text}");
        }
    }

    #[test]
    fn elements_are_those_of_the_text() {
        let elements = |text| Raw::new(text).elements().map(Raw::text).collect::<Vec<_>>();
        assert_eq!(elements("[ 1 ,{\"a\": [2]}\n, \"]\" ]"), ["1", "{\"a\": [2]}", "\"]\""]);
        for text in [" [ ] ", "{\"a\": 1}", "1", "", "null"] {
            assert_eq!(elements(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_restyled_text_means_the_same() {
        let piece = Raw::new("{\"a\":[1e-07,{}] ,\r\n\"caf\\udce9 é😀\\n\":{\"b\" : NaN}}");
        assert_eq!(
            piece.restyle(&Style::default(), 1),
            "{\n    \"a\": [\n      1e-07,\n      {}\n    ],\n    \
             \"caf\\udce9 \\u00e9\\ud83d\\ude00\\n\": {\n      \"b\": NaN\n    }\n  }"
        );
        assert_eq!(
            piece.restyle(&Style::one_line(), 1),
            "{\"a\": [1e-07, {}], \"caf\\udce9 é😀\\n\": {\"b\": NaN}}"
        );
        assert_eq!(Raw::new("\"é\"").restyle(&Style::default(), 7), "\"\\u00e9\"");
    }

    #[test]
    fn blanks_count_inside_strings_only() {
        let piece = Raw::new(r#"{"a \" b": [1, "\\"], "c": " "}"#);
        let same = "{\n\"a \\\" b\":[1,\"\\\\\"  ]\t,\"c\" :\" \"}";
        assert!(piece.same_tokens(Raw::new(same)));
        for other in [
            r#"{"a \"b": [1, "\\"], "c": " "}"#,
            r#"{"a \" b": [1, "\\"], "c": ""}"#,
            r#"{"a \" b": [1, "\\"], "c": " "}, 1"#,
        ] {
            assert!(!piece.same_tokens(Raw::new(other)), "{other}");
        }
    }
}
