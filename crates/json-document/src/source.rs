//! Where a parser's bytes come from: a text in memory, or a stream that is read through a window.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

use crate::error::{ParseError, ParseErrorKind};

/// Size of a window: large enough that reading costs little, and small enough for a processor
/// cache.
pub(crate) const WINDOW: usize = 256 * 1024;

/// The bytes that a parser reads. Implemented by [`Slice`] and [`Window`].
///
/// `'t` is the lifetime of a token: that of the text in memory, or `'static` for a token that is
/// copied out of a window.
pub trait Source<'t>: sealed::Sealed {
    /// Error of a parser: a [`ParseError`] or, for a stream, an I/O error.
    type Error: From<ParseError>;

    /// Returns the bytes that are in memory.
    #[doc(hidden)]
    fn bytes(&self) -> &[u8];

    /// Returns how many bytes came before those in memory.
    #[doc(hidden)]
    fn passed(&self) -> usize;

    /// Returns whether no bytes follow those in memory.
    #[doc(hidden)]
    fn is_complete(&self) -> bool;

    /// Reads more bytes. The bytes from `at` on are kept, but may move to the front, and `at` with
    /// them.
    #[doc(hidden)]
    fn read_more(&mut self, at: &mut usize) -> Result<(), Self::Error>;

    /// Returns a token that the lexer has checked.
    #[doc(hidden)]
    fn token(&self, range: Range<usize>) -> Cow<'t, str>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Slice<'_> {}
    impl<R> Sealed for super::Window<R> {}
}

/// A text in memory.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'t> {
    pub(crate) text: &'t str,
}

impl<'t> Source<'t> for Slice<'t> {
    type Error = ParseError;

    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn passed(&self) -> usize {
        0
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn read_more(&mut self, _: &mut usize) -> Result<(), ParseError> {
        Err(ParseError::new(self.text.len(), ParseErrorKind::Truncated))
    }

    fn token(&self, range: Range<usize>) -> Cow<'t, str> {
        Cow::Borrowed(&self.text[range])
    }
}

/// A stream that is read through a window of fixed size. The window grows only for a token that
/// does not fit into it.
#[derive(Debug)]
pub struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    filled: usize,
    passed: usize,
    complete: bool,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, bytes: vec![0; WINDOW], filled: 0, passed: 0, complete: false }
    }
}

impl<R: Read> Source<'static> for Window<R> {
    type Error = ReadError;

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    fn passed(&self) -> usize {
        self.passed
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn read_more(&mut self, at: &mut usize) -> Result<(), ReadError> {
        if self.complete {
            let end = self.passed + self.filled;
            return Err(ParseError::new(end, ParseErrorKind::Truncated).into());
        }
        self.bytes.copy_within(*at..self.filled, 0);
        self.filled -= *at;
        self.passed += *at;
        *at = 0;
        if self.filled == self.bytes.len() {
            self.bytes.resize(2 * self.bytes.len(), 0);
        }
        loop {
            match self.input.read(&mut self.bytes[self.filled..]) {
                Ok(count) => {
                    self.filled += count;
                    self.complete = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Io(error)),
            }
        }
    }

    fn token(&self, range: Range<usize>) -> Cow<'static, str> {
        Cow::Owned(String::from_utf8_lossy(&self.bytes[range]).into_owned())
    }
}

/// Why a stream could not be parsed.
#[derive(Debug)]
pub enum ReadError {
    /// The stream could not be read.
    Io(io::Error),
    /// The content of the stream is not a document.
    Parse(ParseError),
}

impl From<ParseError> for ReadError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(formatter),
            Self::Parse(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ReadError {}
