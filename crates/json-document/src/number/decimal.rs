//! The exact value of a number, for comparisons.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The exact value of a number: a sign, and 0.DIGITS times a power of ten.
pub(super) struct Decimal<'n> {
    negative: bool,
    /// Power of ten; the largest for an infinity, the smallest for zero. A power beyond 10^37 is
    /// clamped to it.
    exponent: i128,
    /// Digits before and after the point, without zeros at either end.
    digits: [&'n [u8]; 2],
}

impl<'n> Decimal<'n> {
    const LARGEST: i128 = i128::MAX;

    /// Reads the text of a number. `NaN` gets a value that equals only itself.
    pub(super) fn of(text: &'n str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
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
    // Leaves room for adding the number of digits before the point.
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

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal<'_> {}

impl Hash for Decimal<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.negative.hash(state);
        self.exponent.hash(state);
        for digit in self.digits.into_iter().flatten() {
            state.write_u8(*digit);
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
