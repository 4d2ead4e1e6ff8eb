//! A parser over a text or a stream.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use crate::error::{Expected, ParseError, ParseErrorKind};
use crate::event::{Event, Key, Kind};
use crate::grammar::{MAX_DEPTH, State};
use crate::keys::Keys;
use crate::lexer::{Stop, skip_whitespace};
use crate::source::{Slice, Source, Window};
use crate::string::decode;

/// A parser over a text in memory or a stream.
///
/// It accepts what Python's `json` module writes: JSON, and the numbers `NaN`, `Infinity` and
/// `-Infinity`. Use [`Parser::next_event`] for one event at a time, or [`Parser::object`],
/// [`Parser::array`] and [`Parser::skip`] to follow the structure of a document.
///
/// ```
/// use json_document::{ParseError, Parser};
///
/// let text = r#"{"name": "caf\u00e9", "sizes": [1, 2, 3]}"#;
/// let mut parser = Parser::from_str(text);
/// let mut sizes = Vec::new();
/// parser.object::<ParseError>(|parser, key| match &*key.name {
///     "sizes" => parser.array(|parser| {
///         sizes.push(&text[parser.skip()?]);
///         Ok(())
///     }),
///     _ => parser.skip().map(drop),
/// })?;
/// parser.finish()?;
/// assert_eq!(sizes, ["1", "2", "3"]);
/// # Ok::<(), ParseError>(())
/// ```
#[derive(Debug)]
pub struct Parser<S> {
    source: S,
    at: usize,
    state: State,
    token: Range<usize>,
    /// Greatest depth for [`Parser::next_event`].
    limit: usize,
}

impl<'t> Parser<Slice<'t>> {
    /// Returns a parser over a text in memory.
    pub const fn from_str(text: &'t str) -> Self {
        Self { source: Slice { text }, at: 0, state: State::new(), token: 0..0, limit: MAX_DEPTH }
    }

    /// Returns a parser over bytes in memory.
    ///
    /// # Errors
    /// [`ParseErrorKind::NotUtf8`] if the bytes are not UTF-8.
    pub fn from_slice(bytes: &'t [u8]) -> Result<Self, ParseError> {
        let not_utf8 = |error: std::str::Utf8Error| {
            ParseError::new(error.valid_up_to(), ParseErrorKind::NotUtf8)
        };
        Ok(Self::from_str(std::str::from_utf8(bytes).map_err(not_utf8)?))
    }

    /// Returns a parser for a value that was parsed before and starts at `at` in a text.
    ///
    /// The depth is not limited: each member of an object may itself have [`MAX_DEPTH`] levels, so
    /// the object may have one more.
    pub(crate) const fn again(text: &'t str, at: usize) -> Self {
        let state = State::without_memo();
        Self { source: Slice { text }, at, state, token: 0..0, limit: usize::MAX }
    }

    /// Returns the text that is parsed.
    pub const fn source(&self) -> &'t str {
        self.source.text
    }

    /// Moves past a value that was read without the parser, to its end.
    pub(crate) fn pass_value(&mut self, end: usize) {
        self.at = end;
        self.state.end_value();
    }
}

impl<R: Read> Parser<Window<R>> {
    /// Returns a parser over a stream, which is read through a window of fixed size.
    ///
    /// ```
    /// use json_document::{Parser, ReadError};
    ///
    /// let mut parser = Parser::from_reader(&br#"{"a": [1, 2], "b": NaN}"#[..]);
    /// let mut keys = Vec::new();
    /// parser.object::<ReadError>(|parser, key| {
    ///     keys.push(key.name.into_owned());
    ///     parser.skip().map(drop)
    /// })?;
    /// parser.finish()?;
    /// assert_eq!(keys, ["a", "b"]);
    /// # Ok::<(), ReadError>(())
    /// ```
    pub fn from_reader(input: R) -> Self {
        let (source, state) = (Window::new(input), State::new());
        Self { source, at: 0, state, token: 0..0, limit: MAX_DEPTH }
    }
}

impl<'t, S: Source<'t>> Parser<S> {
    /// Returns the next event; after the end of the document always [`Event::End`].
    ///
    /// ```
    /// use json_document::{Event, Parser};
    ///
    /// let mut parser = Parser::from_str("[1e-07]");
    /// assert_eq!(parser.next_event()?, Event::ArrayStart);
    /// assert_eq!(parser.next_event()?, Event::Scalar);
    /// assert_eq!((&*parser.token(), parser.span()), ("1e-07", 1..6));
    /// assert_eq!(parser.next_event()?, Event::ArrayEnd);
    /// assert_eq!(parser.next_event()?, Event::End);
    /// # Ok::<(), json_document::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// A [`ParseError`] or, for a stream, an I/O error. The parser does not move past an error.
    pub fn next_event(&mut self) -> Result<Event, S::Error> {
        loop {
            let (bytes, complete) = (self.source.bytes(), self.source.is_complete());
            match self.state.step(bytes, &mut self.at, complete, self.limit) {
                Ok((event, start)) => {
                    self.token = start..self.at;
                    return Ok(event);
                }
                Err(stop) => self.resume(stop)?,
            }
        }
    }

    /// Returns the text of the last event's token.
    pub fn token(&self) -> Cow<'t, str> {
        self.source.token(self.token.clone())
    }

    /// Returns the byte range of the last event's token in the text or the stream.
    pub fn span(&self) -> Range<usize> {
        self.absolute(&self.token)
    }

    /// Returns the kind of the next value without reading it; `None` at the end of the text.
    ///
    /// # Errors
    /// For a stream, an I/O error.
    pub fn peek(&mut self) -> Result<Option<Kind>, S::Error> {
        Ok(self.peek_byte()?.map(Kind::of))
    }

    /// Returns the byte offset of the next token, after any whitespace.
    ///
    /// # Errors
    /// For a stream, an I/O error.
    pub fn start(&mut self) -> Result<usize, S::Error> {
        self.peek_byte()?;
        Ok(self.offset())
    }

    /// Returns the byte offset that the parser has reached. After a value was read, it is the
    /// value's end.
    pub fn offset(&self) -> usize {
        self.source.passed() + self.at
    }

    /// Skips the next value and returns its byte range.
    ///
    /// The syntax of the value is checked. The value itself may have [`MAX_DEPTH`] levels.
    ///
    /// # Errors
    /// A [`ParseError`] or, for a stream, an I/O error.
    pub fn skip(&mut self) -> Result<Range<usize>, S::Error> {
        let start = self.start()?;
        self.walk(&mut |_| {})?;
        Ok(start..self.offset())
    }

    /// Skips the value of the key that was the last event.
    pub(crate) fn skip_value_of_key(&mut self) -> Result<Range<usize>, S::Error> {
        self.colon()?;
        self.skip()
    }

    /// Skips the next value and appends its text to `kept`.
    ///
    /// # Errors
    /// Those of [`Parser::skip`].
    pub fn skip_into(&mut self, kept: &mut Vec<u8>) -> Result<(), S::Error> {
        self.start()?;
        self.walk(&mut |passed| kept.extend_from_slice(passed))
    }

    /// Reads an object. `each` is called with every key and must read the key's value.
    ///
    /// # Errors
    /// The errors of `each`; a [`ParseError`] or, for a stream, an I/O error. A value that is not
    /// an object is [`ParseErrorKind::WrongKind`]. Two equal keys are
    /// [`ParseErrorKind::DuplicateKey`], because other parsers silently drop one of them, and a
    /// line-by-line merge without conflicts can produce them.
    pub fn object<E: From<S::Error>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Key<'t>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{', Expected::Object)?;
        let mut keys = Keys::new();
        while self.next_event()? == Event::Key {
            let (quoted, span) = (self.token(), self.span());
            let name = match &quoted {
                Cow::Borrowed(quoted) => decode(quoted),
                Cow::Owned(quoted) => Cow::Owned(decode(quoted).into_owned()),
            };
            keys.insert(name.clone(), span.start).map_err(S::Error::from)?;
            self.colon()?;
            each(self, Key { name, quoted, span })?;
        }
        Ok(())
    }

    /// Reads an array. `each` is called before every element and must read it.
    ///
    /// # Errors
    /// The errors of `each`; a [`ParseError`] or, for a stream, an I/O error. A value that is not
    /// an array is [`ParseErrorKind::WrongKind`].
    pub fn array<E: From<S::Error>>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[', Expected::Array)?;
        while self.next_element()? {
            each(self)?;
        }
        Ok(())
    }

    /// Checks that nothing follows the value.
    ///
    /// # Errors
    /// [`Expected::End`] if anything but whitespace follows.
    pub fn finish(&mut self) -> Result<(), S::Error> {
        self.next_event().map(drop)
    }

    /// Moves past the start of a container.
    fn enter(&mut self, open: u8, kind: Expected) -> Result<(), S::Error> {
        match self.peek_byte()? {
            Some(byte) if byte == open => self.next_event().map(drop),
            Some(_) => Err(self.wrong_kind(kind)),
            None => Err(ParseError::new(self.offset(), ParseErrorKind::Truncated).into()),
        }
    }

    /// Returns the error if the next value is not of the kind `expected`, or is not valid.
    fn wrong_kind(&mut self, expected: Expected) -> S::Error {
        let (start, outside) = (self.offset(), self.state.open.depth());
        loop {
            let (bytes, complete) = (self.source.bytes(), self.source.is_complete());
            let kind = match self.state.walk(bytes, &mut self.at, complete, outside) {
                Ok(()) => ParseErrorKind::WrongKind(expected),
                Err(Stop::Error(_)) => ParseErrorKind::Expected(expected),
                Err(stop) => match self.resume(stop) {
                    Ok(()) => continue,
                    Err(error) => return error,
                },
            };
            return ParseError::new(start, kind).into();
        }
    }

    /// Moves to the next element of an array, or past its end. Returns whether there is one.
    pub(crate) fn next_element(&mut self) -> Result<bool, S::Error> {
        loop {
            let (bytes, complete) = (self.source.bytes(), self.source.is_complete());
            match self.state.next_element(bytes, &mut self.at, complete) {
                Ok(found) => return Ok(found),
                Err(stop) => self.resume(stop)?,
            }
        }
    }

    /// Moves past the colon of a key.
    fn colon(&mut self) -> Result<(), S::Error> {
        loop {
            match self.state.colon(self.source.bytes(), &mut self.at) {
                Ok(()) => return Ok(()),
                Err(stop) => self.resume(stop)?,
            }
        }
    }

    fn peek_byte(&mut self) -> Result<Option<u8>, S::Error> {
        loop {
            self.at = skip_whitespace(self.source.bytes(), self.at);
            match self.source.bytes().get(self.at) {
                Some(byte) => return Ok(Some(*byte)),
                None if self.source.is_complete() => return Ok(None),
                None => self.source.read_more(&mut self.at)?,
            }
        }
    }

    /// Moves past the next value without returning its events, and calls `pass` with its bytes.
    fn walk(&mut self, pass: &mut impl FnMut(&[u8])) -> Result<(), S::Error> {
        let outside = self.state.open.depth();
        loop {
            let start = self.at;
            let (bytes, complete) = (self.source.bytes(), self.source.is_complete());
            let result = self.state.walk(bytes, &mut self.at, complete, outside);
            pass(&bytes[start..self.at]);
            match result {
                Ok(()) => return Ok(()),
                Err(stop) => self.resume(stop)?,
            }
        }
    }

    /// Reads more bytes if the token was only cut off; otherwise returns the error.
    fn resume(&mut self, stop: Stop) -> Result<(), S::Error> {
        match stop {
            Stop::NeedMore => self.source.read_more(&mut self.at),
            Stop::Error(ParseError { offset, kind }) => {
                Err(ParseError::new(self.source.passed() + offset, kind).into())
            }
        }
    }

    fn absolute(&self, range: &Range<usize>) -> Range<usize> {
        self.source.passed() + range.start..self.source.passed() + range.end
    }
}
