//! Numbers that keep their digits.

mod decimal;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::event::Kind;
use crate::value::Value;

use decimal::Decimal;

/// A number that keeps its digits.
///
/// Numbers compare by value, and exactly: an integer of any size, a fraction with any number of
/// digits, and numbers beyond the range of a float. `NaN` is equal to itself, so that a document
/// equals its copy, but has no order.
///
/// ```
/// use json_document::Number;
///
/// assert_eq!(Number::from(1e-7).text(), "1e-07"); // as Python writes it
/// assert_eq!(Number::parse("1e-7"), Number::parse("0.0000001"));
/// assert_ne!(Number::parse("1e400"), Number::parse("2e400"));
/// ```
#[derive(Debug, Clone)]
pub struct Number<'t>(Cow<'t, str>);

impl<'t> Number<'t> {
    /// Parses a number of a document, which may be `NaN` or an infinity; `None` if the text is not
    /// one.
    pub fn parse(text: &'t str) -> Option<Self> {
        if text.bytes().next().map(Kind::of) != Some(Kind::Number) {
            return None;
        }
        match Value::parse(text).ok()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns a number whose text the lexer has checked.
    pub(crate) const fn of(text: &'t str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Returns the digits as written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the nearest floating point number.
    pub fn as_f64(&self) -> f64 {
        match &*self.0 {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            // A number outside the range becomes an infinity, as in Python.
            digits => digits.parse().unwrap_or(f64::NAN),
        }
    }

    /// Returns whether the number is finite as a floating point number.
    pub fn is_finite(&self) -> bool {
        // The largest float has 309 digits, so a shorter number without an exponent is below it.
        let is_small = self.0.len() < 300
            && self.0.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
        is_small || self.as_f64().is_finite()
    }

    /// Returns whether the number was written as an integer.
    pub fn is_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    /// Returns the number with its own copy of the digits.
    pub fn into_owned(self) -> Number<'static> {
        Number(Cow::Owned(self.0.into_owned()))
    }

    /// Compares by value; `None` if one of the two is `NaN`.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// use json_document::Number;
    ///
    /// let (one, two) = (Number::parse("9007199254740993"), Number::parse("9007199254740992.0"));
    /// assert_eq!(one.unwrap().compare(&two.unwrap()), Some(Ordering::Greater));
    /// ```
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        // Rounding keeps the order, so exact values are needed only if the floats are equal.
        match self.as_f64().partial_cmp(&other.as_f64())? {
            Ordering::Equal => Some(Decimal::of(self.text()).cmp(&Decimal::of(other.text()))),
            order => Some(order),
        }
    }

    /// Returns the number as Python writes it: an integer as it is, any other with the shortest
    /// digits that read back as the same float.
    #[must_use]
    pub fn normalized(&self) -> Number<'static> {
        if self.is_integer() { self.clone().into_owned() } else { self.as_f64().into() }
    }
}

impl Eq for Number<'_> {}

impl Hash for Number<'_> {
    /// Hashes the value, so that `1` and `1.0` have the same hash.
    fn hash<H: Hasher>(&self, state: &mut H) {
        Decimal::of(self.text()).hash(state);
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

/// Error for a text that is not a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParseNumberError {
    text: String,
}

impl fmt::Display for ParseNumberError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is not a number", self.text.escape_debug())
    }
}

impl std::error::Error for ParseNumberError {}

/// Parses like [`Number::parse`].
///
/// ```
/// use json_document::Number;
///
/// assert_eq!("1e-07".parse::<Number<'static>>().unwrap().text(), "1e-07");
/// assert_eq!("1,5".parse::<Number<'static>>().unwrap_err().to_string(), "`1,5` is not a number");
/// ```
impl FromStr for Number<'static> {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        let number = Number::parse(text).map(Number::into_owned);
        number.ok_or_else(|| ParseNumberError { text: text.to_owned() })
    }
}

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
    /// Writes the shortest digits that read back as the same `f32`: `0.1_f32` becomes `0.1`.
    fn from(value: f32) -> Self {
        value.to_string().parse().unwrap_or(f64::NAN).into()
    }
}

impl From<f64> for Number<'static> {
    /// Writes the shortest digits that read back as the same float, as Python's `repr` does.
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
        // `{:?}` would use an exponent where Python does not, and the reverse.
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(feature = "serde")]
impl serde::Serialize for Number<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;

        if !self.is_finite() {
            return serializer.serialize_unit();
        }
        let digits = self.text().to_owned();
        serde_json::value::RawValue::from_string(digits)
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}
