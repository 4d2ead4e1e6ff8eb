//! Values, which are compared by meaning.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;

use crate::error::{ParseError, ParseErrorKind};
use crate::event::Kind;
use crate::lexer::starts_scalar;
use crate::number::Number;
use crate::parser::Parser;
use crate::source::Slice;
use crate::string::{decode, encode};
use crate::style::Style;

/// A JSON value. Objects keep the order of their keys, numbers their digits.
///
/// Two values are equal when they mean the same: neither the order of keys nor the way a number
/// or a string is written makes a difference.
///
/// With the feature `serde` it serializes as strict JSON: a number that is not finite becomes
/// `null`.
///
/// ```
/// use json_document::Value;
///
/// let one = Value::parse(r#"{"a": 1e-07, "b": ["caf\u00e9"]}"#)?;
/// let two = Value::parse(r#"{"b": ["café"], "a": 0.0000001}"#)?;
/// assert_eq!(one, two);
/// # Ok::<(), json_document::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, which Python may have written as `NaN` or `Infinity`.
    Number(Number<'t>),
    /// A string. A lone surrogate in it stays an escape, such as `\udce9`.
    String(Cow<'t, str>),
    /// An array.
    Array(Vec<Value<'t>>),
    /// An object, in the order of the document.
    Object(Vec<(Cow<'t, str>, Value<'t>)>),
}

/// A key and its value.
type Member<'t> = (Cow<'t, str>, Value<'t>);

impl<'t> Value<'t> {
    /// Parses a text that contains one value.
    ///
    /// # Errors
    /// A [`ParseError`](crate::ParseError) if the text is not one value, or an object in it has a
    /// duplicate key.
    pub fn parse(text: &'t str) -> Result<Self, ParseError> {
        if text.trim_ascii().is_empty() {
            return Err(ParseError::new(0, ParseErrorKind::Empty));
        }
        // This pass also limits the depth of the recursion in `read`.
        let start = Parser::from_str(text).skip()?.start;
        let mut parser = Parser::again(text, start);
        let value = Self::read(&mut parser)?;
        parser.finish()?;
        Ok(value)
    }

    /// Reads a value that was parsed before.
    pub(crate) fn of(text: &'t str) -> Self {
        if let Some(byte) = text.bytes().next()
            && starts_scalar(byte)
        {
            return Self::scalar(text);
        }
        Self::read(&mut Parser::again(text, 0)).unwrap_or(Value::Null)
    }

    fn scalar(text: &'t str) -> Self {
        match text.as_bytes() {
            b"null" => Value::Null,
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            [b'"', ..] => Value::String(decode(text)),
            _ => Value::Number(Number::of(text)),
        }
    }

    fn read(parser: &mut Parser<Slice<'t>>) -> Result<Self, ParseError> {
        match parser.peek()? {
            Some(Kind::Object) => {
                let mut members = Vec::new();
                parser.object::<ParseError>(|parser, key| {
                    members.push((key.name, Self::read(parser)?));
                    Ok(())
                })?;
                Ok(Value::Object(members))
            }
            Some(Kind::Array) => {
                let mut elements = Vec::new();
                parser.array::<ParseError>(|parser| {
                    elements.push(Self::read(parser)?);
                    Ok(())
                })?;
                Ok(Value::Array(elements))
            }
            _ => {
                let text = parser.source();
                Ok(Self::scalar(&text[parser.skip()?]))
            }
        }
    }

    /// Returns the string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if this is one.
    pub const fn as_number(&self) -> Option<&Number<'t>> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value<'t>> {
        match self {
            Value::Object(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Returns the value as text in a style, for a value at `depth` in its document.
    ///
    /// ```
    /// use json_document::{Style, Value};
    ///
    /// let value = Value::Array(vec![Value::Bool(true), Value::Null]);
    /// assert_eq!(value.to_text(&Style::default(), 1), "[\n    true,\n    null\n  ]");
    /// ```
    pub fn to_text(&self, style: &Style, depth: usize) -> String {
        let mut text = String::new();
        self.write(style, depth, &mut text);
        text
    }

    fn write(&self, style: &Style, depth: usize, text: &mut String) {
        match self {
            Value::Null => text.push_str("null"),
            Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => text.push_str(number.text()),
            Value::String(string) => text.push_str(&encode(string, style.is_ascii())),
            Value::Array(elements) => {
                style.enclose(['[', ']'], elements, depth, text, |element, text| {
                    element.write(style, depth + 1, text);
                });
            }
            Value::Object(members) => {
                style.enclose(['{', '}'], members, depth, text, |(key, value), text| {
                    text.push_str(&encode(key, style.is_ascii()));
                    text.push_str(style.colon());
                    value.write(style, depth + 1, text);
                });
            }
        }
    }
}

/// Writes the value on one line, as JSON.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text(&Style::one_line(), 0))
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(one), Value::Bool(two)) => one == two,
            (Value::Number(one), Value::Number(two)) => one == two,
            (Value::String(one), Value::String(two)) => one == two,
            (Value::Array(one), Value::Array(two)) => one == two,
            (Value::Object(one), Value::Object(two)) => same_members(one, two),
            _ => false,
        }
    }
}

fn same_members(one: &[Member<'_>], two: &[Member<'_>]) -> bool {
    if one.len() != two.len() {
        return false;
    }
    // The keys nearly always have the same order, so sorting is the exception.
    if one.iter().zip(two).all(|(one, two)| one.0 == two.0) {
        return one.iter().zip(two).all(|(one, two)| one.1 == two.1);
    }
    sorted(one).into_iter().eq(sorted(two))
}

/// Returns the members in the order of their keys.
fn sorted<'v, 't>(members: &'v [Member<'t>]) -> Vec<&'v Member<'t>> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|one, two| one.0.cmp(&two.0));
    sorted
}

impl Eq for Value<'_> {}

impl Hash for Value<'_> {
    /// Hashes the meaning: neither the order of keys nor the digits of a number count.
    fn hash<H: Hasher>(&self, state: &mut H) {
        mem::discriminant(self).hash(state);
        match self {
            Value::Null => {}
            Value::Bool(value) => value.hash(state),
            Value::Number(number) => number.hash(state),
            Value::String(text) => text.hash(state),
            Value::Array(elements) => elements.hash(state),
            Value::Object(members) => sorted(members).hash(state),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Value<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(elements) => serializer.collect_seq(elements),
            Value::Object(members) => {
                serializer.collect_map(members.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;
    use crate::grammar::MAX_DEPTH;

    #[test]
    fn values_are_equal_by_meaning() {
        let same = [
            (r#"{"a": 1, "b": [2]}"#, r#"{"b":[2],"a":1}"#),
            ("1e-7", "0.0000001"),
            ("1.0", "1"),
            (r#""\u00e9""#, "\"é\""),
            ("NaN", "NaN"),
        ];
        for (one, two) in same {
            assert_eq!(Value::of(one), Value::of(two));
            let state = RandomState::new();
            assert_eq!(state.hash_one(Value::of(one)), state.hash_one(Value::of(two)));
        }
        let different = [
            ("18446744073709551616", "18446744073709551617"),
            ("1e400", "2e400"),
            ("1", "\"1\""),
            ("null", "0"),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 2, "b": 1}"#),
            ("[1, 2]", "[2, 1]"),
            ("NaN", "Infinity"),
        ];
        for (one, two) in different {
            assert_ne!(Value::of(one), Value::of(two));
        }
    }

    #[test]
    fn deep_values_are_read_and_written() {
        let text = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        let value = Value::parse(&text).expect("deep but valid");
        assert_eq!(Value::of(&text), value);
        assert_eq!(value.to_string(), text);
        let text = format!("[{text}]");
        assert_eq!(Value::parse(&text).unwrap_err().kind, ParseErrorKind::TooDeep);
    }
}
