//! Walking over JSON text without building anything.
//!
//! This is the one place that knows the grammar. It accepts what Python's `json` module writes:
//! JSON, and the tokens `NaN`, `Infinity` and `-Infinity`. It works on bytes and can stop at the
//! end of a window and go on in the next one, so that a manifest of any size is checked in one
//! pass and a fixed amount of memory. Eight bytes are looked at together where that is possible:
//! most of a manifest is indentation and the insides of strings.

use super::Fault;

/// Python writes documents up to a nesting of about 990 and fails above.
pub(crate) const MAX_DEPTH: usize = 1024;

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

fn fault<T>(at: usize, problem: &'static str) -> Result<T, Stop> {
    Err(Stop::Fault(Fault::new(at, problem)))
}

#[derive(Clone, Copy)]
enum Container {
    Object,
    Array,
}

#[derive(Clone, Copy)]
enum Next {
    Value,
    FirstKey,
    Key,
    FirstElement,
    Separator,
}

/// A scan over one value, which may be spread over several windows.
pub(crate) struct Scan {
    open: Vec<Container>,
    next: Next,
}

impl Scan {
    pub(crate) const fn new() -> Self {
        Self { open: Vec::new(), next: Next::Value }
    }

    /// Moves `at` behind the value.
    ///
    /// On [`Stop::NeedMore`] `at` is at the token that the window cuts, and the next call goes on
    /// from there. `complete` says that no bytes follow this window.
    pub(crate) fn run(&mut self, bytes: &[u8], at: &mut usize, complete: bool) -> Result<(), Stop> {
        // Copies of the two, so that they stay in registers.
        let (mut position, mut next) = (*at, self.next);
        let result = self.walk(bytes, &mut position, &mut next, complete);
        (*at, self.next) = (position, next);
        match result {
            Err(Stop::NeedMore) if complete => Err(Stop::Fault(Fault::torn(bytes.len()))),
            other => other,
        }
    }

    #[inline]
    fn walk(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        next: &mut Next,
        complete: bool,
    ) -> Result<(), Stop> {
        loop {
            let byte = peek(bytes, at)?;
            match *next {
                Next::Value => match byte {
                    b'{' => *next = self.enter(Container::Object, Next::FirstKey, at)?,
                    b'[' => *next = self.enter(Container::Array, Next::FirstElement, at)?,
                    _ => {
                        *at = scalar(bytes, *at, complete)?;
                        *next = Next::Separator;
                        if self.open.is_empty() {
                            return Ok(());
                        }
                    }
                },
                Next::FirstKey if byte != b'}' => *next = Next::Key,
                Next::Key => members(bytes, at, next, complete)?,
                Next::FirstElement if byte != b']' => *next = Next::Value,
                Next::FirstKey | Next::FirstElement | Next::Separator => {
                    *next = match (self.open.last(), byte) {
                        (Some(Container::Object), b',') => Next::Key,
                        (Some(Container::Array), b',') => Next::Value,
                        (Some(Container::Object), b'}') | (Some(Container::Array), b']') => {
                            self.open.pop();
                            Next::Separator
                        }
                        (Some(Container::Object), _) => return fault(*at, "expected `,` or `}`"),
                        _ => return fault(*at, "expected `,` or `]`"),
                    };
                    *at += 1;
                    if self.open.is_empty() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn enter(&mut self, container: Container, next: Next, at: &mut usize) -> Result<Next, Stop> {
        if self.open.len() == MAX_DEPTH {
            return fault(*at, "nested too deep");
        }
        self.open.push(container);
        *at += 1;
        Ok(next)
    }
}

/// Passes over members whose values are scalars, which nearly all are: up to a value that is
/// none, or to what follows the last one.
#[inline]
fn members(bytes: &[u8], at: &mut usize, next: &mut Next, complete: bool) -> Result<(), Stop> {
    loop {
        *next = Next::Key;
        peek(bytes, at)?;
        *at = key(bytes, *at)?;
        *next = Next::Value;
        if let b'{' | b'[' = peek(bytes, at)? {
            return Ok(());
        }
        *at = scalar(bytes, *at, complete)?;
        *next = Next::Separator;
        if peek(bytes, at)? != b',' {
            return Ok(());
        }
        *at += 1;
    }
}

/// The next byte that is not blank; moves to it.
#[inline]
fn peek(bytes: &[u8], at: &mut usize) -> Result<u8, Stop> {
    *at = blanks(bytes, *at);
    bytes.get(*at).copied().ok_or(Stop::NeedMore)
}

/// Where the value that starts at `at` ends, in a text that is all there.
#[inline]
pub(crate) fn skip(bytes: &[u8], mut at: usize) -> Result<usize, Fault> {
    let end = match bytes.get(at) {
        None => Err(Stop::NeedMore),
        Some(b'{' | b'[') => Scan::new().run(bytes, &mut at, true).map(|()| at),
        Some(_) => scalar(bytes, at, true),
    };
    end.map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::NeedMore => Fault::torn(bytes.len()),
    })
}

/// Where the first byte that is not blank stands.
#[inline]
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
#[inline]
fn key(bytes: &[u8], at: usize) -> Result<usize, Stop> {
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

#[inline]
fn scalar(bytes: &[u8], at: usize, complete: bool) -> Result<usize, Stop> {
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
#[inline]
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
    const PROBLEM: &str = "not a number";
    let mut at = start + usize::from(bytes[start] == b'-');
    let whole = digits(bytes, at);
    if whole == at || (bytes[at] == b'0' && whole > at + 1) {
        return if whole == bytes.len() && !complete {
            Err(Stop::NeedMore)
        } else {
            fault(start, PROBLEM)
        };
    }
    at = whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(bytes, at + 1);
        if fraction == at + 1 && (complete || fraction < bytes.len()) {
            return fault(start, PROBLEM);
        }
        at = fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let exponent = digits(bytes, at);
        if exponent == at && (complete || exponent < bytes.len()) {
            return fault(start, PROBLEM);
        }
        at = exponent;
    }
    if at == bytes.len() && !complete { Err(Stop::NeedMore) } else { Ok(at) }
}

#[inline]
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

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The place of the lowest byte in which a bit is set.
///
/// Callers add 8 themselves when no byte is marked: the processor guesses a branch ahead, but
/// must wait for a sum.
#[inline]
const fn first_marked(word: u64) -> usize {
    word.trailing_zeros() as usize / 8
}

/// Marks the high bit of each byte that is zero.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTED: [&str; 14] = [
        "{}",
        "[]",
        "null",
        "-0.0",
        "1e-07",
        "1E+5",
        "340282366920938463463374607431768211456",
        "NaN",
        "[-Infinity, Infinity]",
        r#"{"a": [1, {"b": "x\u00e9\"\\ y"}], "": null}"#,
        "\"0123456é89😀 plain\u{7f}\"",
        "[true, false, [[]], {\"a\":{}}]",
        r#""\ud800 alone""#,
        "[\n\t\r 1\n        \n]",
    ];

    const REFUSED: [&str; 24] = [
        "{",
        "[1,]",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "nul",
        "NAN",
        "tru",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "]",
        "",
        "[}",
        "{]",
        "-Inf",
        "\"12345678\u{1}\"",
    ];

    #[test]
    fn accepts_what_python_writes() {
        for text in ACCEPTED {
            assert_eq!(skip(text.as_bytes(), 0).expect(text), text.len(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in REFUSED {
            let result = skip(text.as_bytes(), 0);
            assert!(!matches!(result, Ok(end) if end == text.len()), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_window_may_end_anywhere() {
        for text in ACCEPTED {
            for cut in 0..text.len() {
                let (bytes, mut scan, mut at) = (text.as_bytes(), Scan::new(), 0);
                match scan.run(&bytes[..cut], &mut at, false) {
                    Err(Stop::NeedMore) => {}
                    other => panic!("{text} cut at {cut}: {other:?}"),
                }
                scan.run(bytes, &mut at, true).expect(text);
                assert_eq!(at, text.len(), "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_cut_text_is_torn_and_a_wrong_one_is_not() {
        assert!(skip(b"{\"a\": [1, \"b", 0).unwrap_err().is_torn());
        assert!(skip(b"{\"a\": nul", 0).unwrap_err().is_torn());
        assert!(!skip(b"{\"a\": nix}", 0).unwrap_err().is_torn());
    }

    #[test]
    fn bad_utf8_is_found_inside_strings() {
        assert!(skip(b"\"caf\xe9 au lait\"", 0).is_err());
        assert!(skip(b"\"caf\xc3\xa9\"", 0).is_ok());
    }

    #[test]
    fn depth_is_limited_and_not_by_the_stack() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(skip(nested(MAX_DEPTH).as_bytes(), 0).is_ok());
        assert!(!skip(nested(MAX_DEPTH + 1).as_bytes(), 0).unwrap_err().is_torn());
        assert!(skip("[".repeat(1_000_000).as_bytes(), 0).is_err());
    }
}
