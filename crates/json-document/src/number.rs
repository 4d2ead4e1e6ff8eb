//! Numbers with the digits they were written with.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::parser::Kind;
use crate::value::Value;

/// A number with the digits it was written with.
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
    /// Reads a number as a document can contain it; `None` if the text is not a number.
    pub fn parse(text: &'t str) -> Option<Self> {
        if text.bytes().next().map(Kind::of) != Some(Kind::Number) {
            return None;
        }
        match Value::parse(text).ok()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// A number whose text the lexer has checked.
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
            // A number beyond the range is an infinity, as in Python.
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
        // Rounding keeps the order: only equal floats leave the question open.
        match self.as_f64().partial_cmp(&other.as_f64())? {
            Ordering::Equal => Some(Decimal::of(self).cmp(&Decimal::of(other))),
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

/// The exact value of a number: a sign, and 0.DIGITS times a power of ten.
#[derive(PartialEq, Eq)]
struct Decimal<'n> {
    negative: bool,
    /// Power of ten; the largest for an infinity, the smallest for zero. Those beyond 37 digits
    /// are taken as that large, too.
    exponent: i128,
    /// Digits before and behind the point, without zeros at either end.
    digits: [&'n [u8]; 2],
}

impl<'n> Decimal<'n> {
    const LARGEST: i128 = i128::MAX;

    fn of(number: &'n Number<'_>) -> Self {
        let (negative, text) = match number.text().strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, number.text()),
        };
        if text == "Infinity" {
            return Self { negative, exponent: Self::LARGEST, digits: [b"", b""] };
        }
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('0').as_bytes();
        let fraction = fraction.trim_end_matches('0').as_bytes();
        let places = |digits: &[u8]| i128::try_from(digits.len()).unwrap_or(i128::MAX);
        let zeros = fraction.iter().take_while(|digit| **digit == b'0').count();
        let (shift, digits) = match (whole, fraction) {
            ([], []) => {
                // Zero has no sign.
                return Self { negative: false, exponent: i128::MIN, digits: [b"", b""] };
            }
            ([], fraction) => (-places(&fraction[..zeros]), [&b""[..], &fraction[zeros..]]),
            (whole, []) => (places(whole), [without_end_zeros(whole), b""]),
            _ => (places(whole), [whole, fraction]),
        };
        let exponent = exponent(power).saturating_add(shift).min(Self::LARGEST - 1);
        Self { negative, exponent, digits }
    }

    fn magnitude(&self) -> (i128, impl Iterator<Item = &u8>) {
        (self.exponent, self.digits[0].iter().chain(self.digits[1]))
    }
}

fn without_end_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    &digits[..digits.len() - zeros]
}

/// Reads the power of ten of a number.
fn exponent(text: &str) -> i128 {
    // Room is left for the digits in front of the point to be added.
    const LIMIT: i128 = 10_i128.pow(37);
    let limit = if text.starts_with('-') { -LIMIT } else { LIMIT };
    text.parse().unwrap_or(limit).clamp(-LIMIT, LIMIT)
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = other.negative.cmp(&self.negative);
        let ((one, digits), (two, others)) = (self.magnitude(), other.magnitude());
        let by_size = one.cmp(&two).then_with(|| digits.cmp(others));
        by_sign.then(if self.negative { by_size.reverse() } else { by_size })
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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

/// A text that is not a number.
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

/// Reads what [`Number::parse`] reads.
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
    /// Takes the digits that the short float shows: `0.1` stays `0.1`.
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
        // `{:?}` differs from Python in when it uses an exponent.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

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
    fn numbers_have_one_exact_order() {
        let ascending = [
            "-Infinity",
            "-2e400",
            "-1e400",
            "-100000000000000000000000",
            "-99999999999999999999999",
            "-10",
            "-9.5",
            "-9",
            "-1e-400",
            "0",
            "1e-99999999999999999999999999999999999999999",
            "1e-401",
            "1e-400",
            "5e-324",
            "0.1",
            "0.10000000000000000555111512312578270211815834045410156250",
            "0.10000000000000000555111512312578270211815834045410156251",
            "1",
            "5",
            "5.5",
            "7",
            "10",
            "9007199254740992.0",
            "9007199254740993",
            "18446744073709551616",
            "18446744073709551617",
            "1e400",
            "1.5e400",
            "2e400",
            "20e400",
            "1e99999999999999999999999999999999999999999",
            "Infinity",
        ];
        for (i, one) in ascending.iter().enumerate() {
            for (j, two) in ascending.iter().enumerate() {
                let order = number(one).compare(&number(two));
                assert_eq!(order, Some(i.cmp(&j)), "{one} and {two}");
            }
        }
    }

    #[test]
    fn one_number_has_many_forms() {
        for (one, two) in [
            ("0", "-0"),
            ("0", "-0.0e400"),
            ("1", "1.0"),
            ("1", "10e-1"),
            ("1e-7", "0.0000001"),
            ("100000000000000000000", "1e20"),
            ("1e400", "1000.000e+397"),
            ("0.00120", "1.2E-3"),
            ("-12.5", "-0.125e2"),
            ("1e-400", "0.01e-398"),
        ] {
            assert_eq!(number(one), number(two), "{one} and {two}");
        }
        let nan = number("NaN");
        assert_eq!(nan, nan.clone());
        assert_eq!((nan.compare(&nan), nan.compare(&number("1"))), (None, None));
    }

    #[test]
    fn short_floats_keep_their_digits() {
        assert_eq!(Number::from(0.1_f32).text(), "0.1");
        assert_eq!(Number::from(f32::INFINITY).text(), "Infinity");
    }

    #[test]
    fn only_numbers_are_numbers() {
        for text in ["", "1 2", " 1", "abc", "\"1\"", "0x10", "1_000", "nan", "+1", "null"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}
