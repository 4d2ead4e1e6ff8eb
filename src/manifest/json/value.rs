//! A piece of the document as a value.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::{Cursor, Fault, Style, decode, write_value};

/// A value in the document. Objects keep the order of their keys, numbers their digits.
///
/// Two values are equal when they mean the same: the order of keys and the way a number or a
/// string is written make no difference.
///
/// As [`Serialize`] it is strict JSON: a number that is not finite becomes `null`.
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

impl<'t> Value<'t> {
    /// Reads a text that holds one value.
    pub(crate) fn parse(text: &'t str) -> Result<Self, Fault> {
        super::scan::skip(text.as_bytes(), 0)?;
        let mut cursor = Cursor::new(text);
        let value = Self::read(&mut cursor)?;
        cursor.finish()?;
        Ok(value)
    }

    /// Reads a piece of a document that was found whole when it was loaded.
    pub(crate) fn of(text: &'t str) -> Self {
        Self::read(&mut Cursor::new(text)).unwrap_or(Value::Null)
    }

    fn read(cursor: &mut Cursor<'t>) -> Result<Self, Fault> {
        match cursor.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                cursor.object(|cursor, key| {
                    members.push((key.name, Self::read(cursor)?));
                    Ok(())
                })?;
                Ok(Value::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                cursor.array(|cursor| {
                    elements.push(Self::read(cursor)?);
                    Ok(())
                })?;
                Ok(Value::Array(elements))
            }
            _ => {
                let text = cursor.value()?;
                Ok(match text.as_bytes() {
                    b"null" => Value::Null,
                    b"true" => Value::Bool(true),
                    b"false" => Value::Bool(false),
                    [b'"', ..] => Value::String(decode(text)),
                    _ => Value::Number(Number(Cow::Borrowed(text))),
                })
            }
        }
    }

    /// The value as text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a number, if it is one.
    pub const fn as_number(&self) -> Option<&Number<'t>> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value<'t>> {
        match self {
            Value::Object(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// The value on one line, as JSON.
impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&write_value(self, &Style::one_line(), 0))
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

type Member<'t> = (Cow<'t, str>, Value<'t>);

fn same_members(one: &[Member<'_>], two: &[Member<'_>]) -> bool {
    if one.len() != two.len() {
        return false;
    }
    // Nearly always the keys stand in the same order; sort only when they do not.
    if one.iter().zip(two).all(|(one, two)| one.0 == two.0) {
        return one.iter().zip(two).all(|(one, two)| one.1 == two.1);
    }
    let sorted = |members: &[Member<'_>]| -> Vec<usize> {
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by(|&a, &b| members[a].0.cmp(&members[b].0));
        order
    };
    sorted(one).into_iter().zip(sorted(two)).all(|(a, b)| one[a] == two[b])
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(elements) => {
                let mut seq = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    seq.serialize_element(element)?;
                }
                seq.end()
            }
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// A number with the digits it was written with.
///
/// ```
/// use model_registry::Number;
///
/// assert_eq!(Number::from(1e-7).text(), "1e-07"); // as Python writes it
/// assert_eq!(Number::from(6079_u64).text(), "6079");
/// assert!(!Number::from(f64::NAN).is_finite());
/// ```
#[derive(Debug, Clone)]
pub struct Number<'t>(Cow<'t, str>);

impl<'t> Number<'t> {
    /// Reads a number as it may stand in the document; `None` if the text is none.
    pub fn parse(text: &'t str) -> Option<Self> {
        match Value::parse(text).ok()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The digits as written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The nearest floating point number.
    pub fn as_f64(&self) -> f64 {
        match &*self.0 {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            // A number beyond the range reads as an infinity, as it does in Python.
            digits => digits.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether this is a number that can be compared with others.
    pub fn is_finite(&self) -> bool {
        self.as_f64().is_finite()
    }

    /// Whether it was written as an integer.
    pub fn is_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    /// The same number with its own copy of the digits.
    pub fn into_owned(self) -> Number<'static> {
        Number(Cow::Owned(self.0.into_owned()))
    }

    /// Compares by value, integers exactly at any size, and against a fraction, too. `None` if one
    /// of them is not a number at all.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.is_integer(), other.is_integer()) {
            (true, true) => Some(integer_order(self.text()).cmp(&integer_order(other.text()))),
            (true, false) => self.compare_integer(other.as_f64()),
            (false, true) => other.compare_integer(self.as_f64()).map(Ordering::reverse),
            (false, false) => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }

    /// Compares an integer with a floating point number, whose whole part is exact.
    fn compare_integer(&self, other: f64) -> Option<Ordering> {
        if !other.is_finite() {
            return 0.0.partial_cmp(&other);
        }
        let whole = Self(Cow::Owned(format!("{:.0}", other.trunc())));
        let rest = other.fract().partial_cmp(&0.0)?;
        Some(self.compare(&whole)?.then(rest.reverse()))
    }

    /// The same number as Python writes it: an integer as it is, any other by its shortest digits.
    pub(crate) fn normalized(&self) -> Number<'static> {
        if self.is_integer() { self.clone().into_owned() } else { self.as_f64().into() }
    }
}

/// A key by which integers of any length sort; `-0` is `0`.
fn integer_order(text: &str) -> (i64, std::cmp::Ordering, Vec<u8>) {
    let digits = text.trim_start_matches('-').trim_start_matches('0');
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if text.starts_with('-') && !digits.is_empty() {
        // Among negative numbers, the larger digit is the smaller number.
        (-length, Ordering::Less, digits.bytes().map(|digit| b'9' - digit).collect())
    } else {
        (length, Ordering::Equal, digits.bytes().collect())
    }
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.compare(other) == Some(Ordering::Equal)
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Numbers from the integers that trainers count with.
macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number<'static> {
            fn from(value: $integer) -> Self {
                Self(Cow::Owned(value.to_string()))
            }
        }
    )*};
}

from_integers!(i32 i64 i128 isize u32 u64 u128 usize);

impl From<f32> for Number<'static> {
    /// Takes the digits that the short number shows: `0.1` stays `0.1`.
    fn from(value: f32) -> Self {
        value.to_string().parse().unwrap_or(f64::NAN).into()
    }
}

impl From<f64> for Number<'static> {
    /// Writes the shortest digits that read back as the same number, in the manner of Python.
    fn from(value: f64) -> Self {
        Self(Cow::Owned(python_repr(value)))
    }
}

fn python_repr(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        // `{:?}` would do but for its own idea of when an exponent is needed.
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.is_finite() {
            return serializer.serialize_unit();
        }
        let digits = self.text().to_owned();
        serde_json::value::RawValue::from_string(digits)
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_does() {
        for (value, text) in [
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (0.907_303_832_202_868_9, "0.9073038322028689"),
            (123_456.789, "123456.789"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(Number::from(value).text(), text);
        }
    }

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
        }
        let different = [
            ("18446744073709551616", "18446744073709551617"),
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
    fn integers_compare_exactly_at_any_size() {
        let ascending = [
            "-100000000000000000000000",
            "-99999999999999999999999",
            "-10",
            "-9",
            "0",
            "7",
            "10",
            "18446744073709551616",
            "18446744073709551617",
        ];
        let numbers: Vec<_> =
            ascending.iter().map(|text| Number::parse(text).expect("a number")).collect();
        for (i, one) in numbers.iter().enumerate() {
            for (j, two) in numbers.iter().enumerate() {
                assert_eq!(one.compare(two), Some(i.cmp(&j)), "{one} and {two}");
            }
        }
        assert_eq!(Number::parse("-0").expect("a number"), Number::from(0_u64));
    }

    #[test]
    fn an_integer_compares_exactly_with_a_fraction() {
        use Ordering::{Equal, Greater, Less};
        for (integer, float, order) in [
            ("9007199254740993", "9007199254740992.0", Greater),
            ("9007199254740992", "9007199254740992.0", Equal),
            ("-9007199254740993", "-9007199254740992.0", Less),
            ("5", "5.5", Less),
            ("-5", "-5.5", Greater),
            ("0", "-0.0", Equal),
            ("1", "5e-324", Greater),
            ("100000000000000000000", "1e20", Equal),
            ("7", "1e400", Less),
        ] {
            let number = |text| Number::parse(text).expect("a number");
            let (integer, float) = (number(integer), number(float));
            assert_eq!(integer.compare(&float), Some(order), "{integer} and {float}");
            assert_eq!(float.compare(&integer), Some(order.reverse()), "{float} and {integer}");
        }
        assert_eq!(Number::from(5).compare(&Number::from(f64::NAN)), None);
    }

    #[test]
    fn short_floats_keep_their_digits() {
        assert_eq!(Number::from(0.1_f32).text(), "0.1");
        assert_eq!(Number::from(f32::INFINITY).text(), "Infinity");
    }

    #[test]
    fn only_numbers_are_numbers() {
        for text in ["", "1 2", "abc", "\"1\"", "0x10", "1_000", "nan", "+1", "null"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn deep_values_are_read_and_written() {
        let depth = super::super::scan::MAX_DEPTH;
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(Value::of(&text), Value::parse(&text).expect("deep but valid"));
    }
}
