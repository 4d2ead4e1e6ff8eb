//! Finds where each token ends.
//!
//! The functions look at eight bytes at a time where they can, because most of a document is
//! indentation and the insides of strings.

#![expect(clippy::inline_always, reason = "in a build for size the hot loops would be calls")]

use crate::error::{Expected, ParseError, ParseErrorKind};

const LOW_BITS: u64 = splat(1);
const HIGH_BITS: u64 = splat(0x80);

/// Why the lexer stopped inside a token.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes end inside the token. With more bytes, start over at its first byte.
    NeedMore,
    /// The token is malformed.
    Error(ParseError),
}

fn error<T>(at: usize, kind: ParseErrorKind) -> Result<T, Stop> {
    Err(Stop::Error(ParseError::new(at, kind)))
}

pub(crate) fn expected<T>(at: usize, expected: Expected) -> Result<T, Stop> {
    Err(Stop::Error(ParseError::expected(at, expected)))
}

/// Returns the offset of the first byte after `at` that is not whitespace.
#[inline(always)]
pub(crate) fn skip_whitespace(bytes: &[u8], mut at: usize) -> usize {
    const SPACES: u64 = splat(b' ');
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
        while let Some(word) = word(bytes, at) {
            if word != SPACES {
                at += first_marked(word ^ SPACES);
                break;
            }
            at += 8;
        }
    }
    at
}

/// Returns whether a string, a number or a literal starts with a byte.
#[inline(always)]
pub(crate) const fn starts_scalar(byte: u8) -> bool {
    matches!(byte, b'"' | b'-' | b'0'..=b'9' | b'n' | b't' | b'f' | b'N' | b'I')
}

/// Returns the end of the string, number or literal that starts at `at`.
///
/// `complete` means that no more bytes follow: a number at the end of the bytes ends there.
#[inline(always)]
pub(crate) fn scalar(bytes: &[u8], at: usize, complete: bool) -> Result<usize, Stop> {
    match bytes[at] {
        b'"' => string(bytes, at),
        b'-' if bytes.get(at + 1) == Some(&b'I') => literal(bytes, at, b"-Infinity"),
        b'-' | b'0'..=b'9' => number(bytes, at, complete),
        b'n' => literal(bytes, at, b"null"),
        b't' => literal(bytes, at, b"true"),
        b'f' => literal(bytes, at, b"false"),
        b'N' => literal(bytes, at, b"NaN"),
        b'I' => literal(bytes, at, b"Infinity"),
        _ => expected(at, Expected::Value),
    }
}

/// Returns the end of the string whose opening quote is at `start`.
#[inline(always)]
pub(crate) fn string(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let mut at = start + 1;
    loop {
        while let Some(word) = word(bytes, at) {
            let special = zero_bytes(word ^ splat(b'"'))
                | zero_bytes(word ^ splat(b'\\'))
                | (word.wrapping_sub(splat(b' ')) & !word)
                | word;
            // A borrow can mark bytes above a special one, but never below the lowest.
            if special & HIGH_BITS != 0 {
                at += first_marked(special & HIGH_BITS);
                break;
            }
            at += 8;
        }
        match bytes.get(at) {
            None => return Err(Stop::NeedMore),
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(bytes, at)?,
            Some(0..=0x1f) => return error(at, ParseErrorKind::ControlCharacter),
            Some(0x80..) => at = multibyte(bytes, at)?,
            Some(_) => at += 1,
        }
    }
}

fn escape(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match bytes.get(at + 1) {
        None => Err(Stop::NeedMore),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let digits = &bytes[at + 2..bytes.len().min(at + 6)];
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return error(at, ParseErrorKind::InvalidUnicodeEscape);
            }
            if digits.len() < 4 { Err(Stop::NeedMore) } else { Ok(at + 6) }
        }
        Some(_) => error(at, ParseErrorKind::UnknownEscape),
    }
}

/// Returns the end of a run of bytes outside ASCII, and checks that it is UTF-8.
fn multibyte(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let length = bytes[at..].iter().take_while(|byte| !byte.is_ascii()).count();
    match std::str::from_utf8(&bytes[at..at + length]) {
        Ok(_) => Ok(at + length),
        Err(bad) if bad.error_len().is_none() && at + length == bytes.len() => Err(Stop::NeedMore),
        Err(bad) => error(at + bad.valid_up_to(), ParseErrorKind::NotUtf8),
    }
}

fn number(bytes: &[u8], start: usize, complete: bool) -> Result<usize, Stop> {
    let mut at = start + usize::from(bytes[start] == b'-');
    // A number that is incomplete at the end of the bytes is truncated, not malformed.
    let cut = |end: usize| {
        if end < bytes.len() {
            error(start, ParseErrorKind::InvalidNumber)
        } else {
            Err(Stop::NeedMore)
        }
    };
    let whole = digits(bytes, at);
    if whole == at {
        return cut(whole);
    }
    if bytes[at] == b'0' && whole > at + 1 {
        return error(start, ParseErrorKind::InvalidNumber);
    }
    at = whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(bytes, at + 1);
        if fraction == at + 1 {
            return cut(fraction);
        }
        at = fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let exponent = digits(bytes, at);
        if exponent == at {
            return cut(exponent);
        }
        at = exponent;
    }
    if at == bytes.len() && !complete { Err(Stop::NeedMore) } else { Ok(at) }
}

#[inline(always)]
fn digits(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        let value = word ^ splat(b'0');
        let other = (value.wrapping_add(splat(0x80 - 10)) | value) & HIGH_BITS;
        if other != 0 {
            return at + first_marked(other);
        }
        at += 8;
    }
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    at
}

fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Stop> {
    let found = &bytes[at..bytes.len().min(at + word.len())];
    if found == word {
        Ok(at + word.len())
    } else if word.starts_with(found) {
        Err(Stop::NeedMore)
    } else {
        expected(at, Expected::Value)
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

#[inline(always)]
const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Returns the index of the lowest byte in which a bit is set.
///
/// Callers branch when no byte is marked instead of adding the 8 that this returns then: the
/// processor predicts a branch, but has to wait for a sum.
#[inline(always)]
const fn first_marked(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
}

/// Sets the high bit of each byte that is zero.
#[inline(always)]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word
}
