//! Walking over JSON text without building anything.
//!
//! This is the one place that knows the grammar. It accepts what Python's `json` module writes:
//! JSON, and the tokens `NaN`, `Infinity` and `-Infinity`. It works on bytes and can stop at the
//! end of a window and go on in the next one, so that a manifest of any size is checked in one
//! pass and a fixed amount of memory.

use super::Fault;
use super::token::{Stop, blanks, fault, key, scalar};

/// Python writes documents up to a nesting of about 990 and fails above.
pub(crate) const MAX_DEPTH: usize = 1024;

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

/// That a text ends too early, if it does and is sound up to there.
pub(crate) fn cut(bytes: &[u8]) -> Option<Fault> {
    skip(bytes, blanks(bytes, 0)).err().filter(Fault::is_torn)
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
