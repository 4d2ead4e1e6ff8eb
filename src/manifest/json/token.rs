//! The tokens of JSON text: where each ends, and nothing else.
//!
//! Eight bytes are looked at together where that is possible: most of a manifest is indentation
//! and the insides of strings.

#![expect(clippy::inline_always, reason = "built for size, or the hot loops would become calls")]

use super::Fault;

const LOW_BITS: u64 = splat(1);
const HIGH_BITS: u64 = splat(0x80);

/// Why a scan stopped before the end of a value.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The window ends inside a token; go on when there are more bytes.
    NeedMore,
    /// The text is not JSON.
    Fault(Fault),
}

pub(super) fn fault<T>(at: usize, problem: &'static str) -> Result<T, Stop> {
    Err(Stop::Fault(Fault::new(at, problem)))
}

/// Where the first byte that is not blank stands.
#[inline(always)]
pub(crate) fn blanks(bytes: &[u8], mut at: usize) -> usize {
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

/// A key and its colon, as one token.
#[inline(always)]
pub(super) fn key(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    if bytes[at] != b'"' {
        return fault(at, "expected a key in quotes");
    }
    let at = blanks(bytes, string(bytes, at)?);
    match bytes.get(at) {
        Some(b':') => Ok(at + 1),
        Some(_) => fault(at, "expected `:`"),
        None => Err(Stop::NeedMore),
    }
}

#[inline(always)]
pub(super) fn scalar(bytes: &[u8], at: usize, complete: bool) -> Result<usize, Stop> {
    match bytes[at] {
        b'"' => string(bytes, at),
        b'-' if bytes.get(at + 1) == Some(&b'I') => literal(bytes, at, b"-Infinity"),
        b'-' | b'0'..=b'9' => number(bytes, at, complete),
        b'n' => literal(bytes, at, b"null"),
        b't' => literal(bytes, at, b"true"),
        b'f' => literal(bytes, at, b"false"),
        b'N' => literal(bytes, at, b"NaN"),
        b'I' => literal(bytes, at, b"Infinity"),
        _ => fault(at, "expected a value"),
    }
}

/// The string whose opening quote is at `start`, to behind its closing quote.
#[inline(always)]
fn string(bytes: &[u8], start: usize) -> Result<usize, Stop> {
    let mut at = start + 1;
    loop {
        while let Some(word) = word(bytes, at) {
            let special = zero_bytes(word ^ splat(b'"'))
                | zero_bytes(word ^ splat(b'\\'))
                | (word.wrapping_sub(splat(b' ')) & !word)
                | word;
            // A borrow can mark bytes above a special one wrongly, but never the lowest.
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
            Some(0..=0x1f) => {
                return fault(at, "a string holds a control character; is a quote missing?");
            }
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
                return fault(at, "`\\u` needs four hexadecimal digits");
            }
            if digits.len() < 4 { Err(Stop::NeedMore) } else { Ok(at + 6) }
        }
        Some(_) => fault(at, "a string holds an unknown escape"),
    }
}

/// A run of bytes outside ASCII: UTF-8 is checked here and nowhere else.
fn multibyte(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let length = bytes[at..].iter().take_while(|byte| !byte.is_ascii()).count();
    match std::str::from_utf8(&bytes[at..at + length]) {
        Ok(_) => Ok(at + length),
        Err(error) if error.error_len().is_none() && at + length == bytes.len() => {
            Err(Stop::NeedMore)
        }
        Err(error) => fault(at + error.valid_up_to(), "the text is not UTF-8"),
    }
}

fn number(bytes: &[u8], start: usize, complete: bool) -> Result<usize, Stop> {
    let mut at = start + usize::from(bytes[start] == b'-');
    // What ends with the bytes may have been meant to go on, whether or not more follow.
    let cut = |end: usize| {
        if end == bytes.len() { Err(Stop::NeedMore) } else { fault(start, "not a number") }
    };
    let whole = digits(bytes, at);
    if whole == at {
        return cut(whole);
    }
    if bytes[at] == b'0' && whole > at + 1 {
        return fault(start, "not a number");
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
        fault(at, "expected a value")
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

/// The place of the lowest byte in which a bit is set.
///
/// Callers add 8 themselves when no byte is marked: the processor guesses a branch ahead, but
/// must wait for a sum.
#[inline(always)]
const fn first_marked(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
}

/// Marks the high bit of each byte that is zero.
#[inline(always)]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word
}
