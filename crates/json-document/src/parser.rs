//! The grammar: turns tokens into events.

#![expect(clippy::inline_always, reason = "in a build for size the hot loop would be calls")]

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use crate::error::{Expected, ParseError, ParseErrorKind};
use crate::keys::Keys;
use crate::lexer::{Stop, blanks, expected, scalar, string};
use crate::memo::{Memo, Place};
use crate::nesting::Nesting;
use crate::source::{Slice, Source, Window};
use crate::string::decode;

/// How deep a value may be nested. Python writes documents down to about 990 levels.
pub const MAX_DEPTH: usize = 1024;

/// A step through a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// `{`
    ObjectStart,
    /// A key of an object, in quotes.
    Key,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// A string, a number or a literal.
    Scalar,
    /// The end of the document.
    End,
}

/// The kind of a value, as its first byte shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, `NaN` or an infinity.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
    /// No value starts like this.
    Other,
}

impl Kind {
    /// Returns the kind of a value that starts with a byte.
    pub const fn of(byte: u8) -> Self {
        match byte {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::String,
            b'n' => Self::Null,
            b't' | b'f' => Self::Bool,
            b'-' | b'0'..=b'9' | b'N' | b'I' => Self::Number,
            _ => Self::Other,
        }
    }
}

/// A key of an object.
#[derive(Debug, Clone)]
pub struct Key<'t> {
    /// The key, decoded.
    pub name: Cow<'t, str>,
    /// The key in quotes, as it is written in the document.
    pub quoted: Cow<'t, str>,
    /// Place of the key with its quotes.
    pub span: Range<usize>,
}

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
    /// How many containers may be open when [`Parser::next_event`] opens another.
    limit: usize,
}

/// Next step that the grammar allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Value,
    FirstKey,
    Key,
    Colon,
    FirstElement,
    Separator,
    End,
}

#[derive(Debug, Clone)]
struct State {
    open: Nesting,
    next: Next,
    memo: Memo,
}

impl<'t> Parser<Slice<'t>> {
    /// Returns a parser over a text in memory.
    pub const fn from_str(text: &'t str) -> Self {
        Self { source: Slice { text }, at: 0, state: State::new(), token: 0..0, limit: MAX_DEPTH }
    }

    /// Returns a parser over bytes in memory.
    ///
    /// # Errors
    /// [`ParseErrorKind::NotUtf8`].
    pub fn from_slice(bytes: &'t [u8]) -> Result<Self, ParseError> {
        let not_utf8 = |error: std::str::Utf8Error| {
            ParseError::new(error.valid_up_to(), ParseErrorKind::NotUtf8)
        };
        Ok(Self::from_str(std::str::from_utf8(bytes).map_err(not_utf8)?))
    }

    /// Returns a parser for a value that starts at a place in a text and was parsed before.
    ///
    /// It has no limit of depth: an object in the middle of a document may be one level deeper
    /// than each of its members may be.
    pub(crate) const fn again(text: &'t str, at: usize) -> Self {
        let state = State { open: Nesting::new(), next: Next::Value, memo: Memo::off() };
        Self { source: Slice { text }, at, state, token: 0..0, limit: usize::MAX }
    }

    /// Returns the text that is parsed.
    pub const fn source(&self) -> &'t str {
        self.source.text
    }

    /// Gets behind a value that was read in another way.
    pub(crate) fn pass_value(&mut self, end: usize) {
        self.at = end;
        self.state.end_value();
    }

    /// Skips a value and checks that no object in it has a key twice.
    ///
    /// # Errors
    /// Those of [`Parser::skip`]; [`ParseErrorKind::DuplicateKey`].
    pub fn skip_unique(&mut self) -> Result<Range<usize>, ParseError> {
        // The grammar comes first: it is the more useful error.
        let span = self.skip()?;
        if let b'{' | b'[' = self.source.bytes()[span.start] {
            unique(self.source.text, span.start)?;
        }
        Ok(span)
    }
}

/// Checks that no object in the container that starts at `start` has a key twice.
fn unique(text: &str, start: usize) -> Result<(), ParseError> {
    let mut parser = Parser::again(text, start);
    let mut open: Vec<Keys<'_>> = Vec::new();
    loop {
        match parser.next_event()? {
            Event::ObjectStart => open.push(Keys::new()),
            Event::ArrayStart => open.push(Keys::default()),
            Event::Key => {
                let token = parser.token.clone();
                if let Some(keys) = open.last_mut() {
                    keys.insert(decode(&text[token.clone()]), token.start)?;
                }
            }
            Event::ObjectEnd | Event::ArrayEnd => drop(open.pop()),
            Event::Scalar => {}
            Event::End => return Ok(()),
        }
        if open.is_empty() {
            return Ok(());
        }
    }
}

impl<R: Read> Parser<Window<R>> {
    /// Returns a parser over a stream, which passes in a window of fixed size.
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
    /// Returns the next event. After [`Event::End`] it is returned again.
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
    /// Those of the grammar and, for a stream, of reading. The parser does not get past an error.
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

    /// Returns the place of the last event's token in the text or the stream.
    pub fn span(&self) -> Range<usize> {
        self.absolute(&self.token)
    }

    /// Returns the kind of the next value without reading it; `None` at the end of the text.
    ///
    /// # Errors
    /// For a stream, those of reading.
    pub fn peek(&mut self) -> Result<Option<Kind>, S::Error> {
        Ok(self.peek_byte()?.map(Kind::of))
    }

    /// Returns the place of the next token, behind any blanks.
    ///
    /// # Errors
    /// For a stream, those of reading.
    pub fn start(&mut self) -> Result<usize, S::Error> {
        self.peek_byte()?;
        Ok(self.offset())
    }

    /// Returns the place that the parser has reached: behind the last value that was read.
    pub fn offset(&self) -> usize {
        self.source.passed() + self.at
    }

    /// Skips the next value and returns its place.
    ///
    /// The value is checked, and may be nested [`MAX_DEPTH`] deep in itself.
    ///
    /// # Errors
    /// Those of the grammar and, for a stream, of reading.
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
    /// Those of `each`; [`ParseErrorKind::WrongKind`]; [`ParseErrorKind::DuplicateKey`], because parsers
    /// silently drop one of two equal keys, and a merge that is clean line by line can write them.
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

    /// Reads an array. `each` is called in front of every element and must read it.
    ///
    /// # Errors
    /// Those of `each`; [`ParseErrorKind::WrongKind`].
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
    /// [`Expected::End`].
    pub fn finish(&mut self) -> Result<(), S::Error> {
        self.next_event().map(drop)
    }

    /// Gets behind the start of a container.
    fn enter(&mut self, open: u8, kind: Expected) -> Result<(), S::Error> {
        match self.peek_byte()? {
            Some(byte) if byte == open => self.next_event().map(drop),
            Some(_) => Err(self.wrong_kind(kind)),
            None => Err(ParseError::new(self.offset(), ParseErrorKind::Truncated).into()),
        }
    }

    /// The next value is of another kind than `expected`, if it is a value at all.
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

    /// Gets to the next element of an array, or behind the array.
    pub(crate) fn next_element(&mut self) -> Result<bool, S::Error> {
        loop {
            let (bytes, complete) = (self.source.bytes(), self.source.is_complete());
            match self.state.next_element(bytes, &mut self.at, complete) {
                Ok(there) => return Ok(there),
                Err(stop) => self.resume(stop)?,
            }
        }
    }

    /// Gets behind the colon of a key.
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
            self.at = blanks(self.source.bytes(), self.at);
            match self.source.bytes().get(self.at) {
                Some(byte) => return Ok(Some(*byte)),
                None if self.source.is_complete() => return Ok(None),
                None => self.source.read_more(&mut self.at)?,
            }
        }
    }

    /// Walks over the next value without giving out its events.
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

    /// Gets more bytes if that is all that is missing.
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

impl State {
    const fn new() -> Self {
        Self { open: Nesting::new(), next: Next::Value, memo: Memo::new() }
    }

    /// Moves `at` behind the next token and returns its event and where it starts.
    ///
    /// On [`Stop::NeedMore`] `at` is in front of the token that the bytes cut, so the next call
    /// continues from there.
    #[inline(always)]
    fn step(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
        limit: usize,
    ) -> Result<(Event, usize), Stop> {
        if self.next == Next::End {
            *at = blanks(bytes, *at);
            return match bytes.get(*at) {
                None if complete => Ok((Event::End, *at)),
                None => Err(Stop::NeedMore),
                Some(_) => expected(*at, Expected::End),
            };
        }
        if self.next == Next::Colon {
            self.colon(bytes, at)?;
        }
        let mut byte = peek(bytes, at)?;
        if self.next == Next::Separator {
            if byte == b',' {
                *at += 1;
                self.next = if self.open.in_object() { Next::Key } else { Next::Value };
                byte = peek(bytes, at)?;
            } else {
                return self.close(byte, at);
            }
        }
        match self.next {
            Next::FirstKey if byte == b'}' => self.close(byte, at),
            Next::FirstElement if byte == b']' => self.close(byte, at),
            Next::FirstKey | Next::Key => {
                if byte != b'"' {
                    return expected(*at, Expected::Key);
                }
                let start = *at;
                *at = string(bytes, start)?;
                self.next = Next::Colon;
                Ok((Event::Key, start))
            }
            _ if matches!(byte, b'{' | b'[') => {
                if self.open.depth() == limit {
                    return Err(Stop::Error(ParseError::new(*at, ParseErrorKind::TooDeep)));
                }
                let object = byte == b'{';
                self.open.push(object);
                *at += 1;
                let (event, next) = if object {
                    (Event::ObjectStart, Next::FirstKey)
                } else {
                    (Event::ArrayStart, Next::FirstElement)
                };
                self.next = next;
                Ok((event, *at - 1))
            }
            _ => {
                let start = *at;
                *at = scalar(bytes, start, complete)?;
                self.end_value();
                Ok((Event::Scalar, start))
            }
        }
    }

    /// Walks to the end of the value that comes next, `outside` containers deep.
    fn walk(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
        outside: usize,
    ) -> Result<(), Stop> {
        // A copy stays in registers.
        let mut position = *at;
        let result = self.walk_from(bytes, &mut position, complete, outside);
        *at = position;
        result
    }

    #[inline(always)]
    fn walk_from(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
        outside: usize,
    ) -> Result<(), Stop> {
        let limit = outside + MAX_DEPTH;
        // A text that is read in order to be remembered: where it starts, in which place of the
        // grammar, and the lowest depth since then.
        let mut unknown: Option<(usize, Place)> = None;
        let mut lowest = usize::MAX;
        self.memo.start();
        loop {
            if unknown.is_none()
                && matches!(self.next, Next::Separator | Next::Value)
                && self.memo.is_on()
                && let Some(before) = self.place()
            {
                if let Some((length, after)) = self.memo.recall(bytes, *at, before, outside) {
                    *at += length;
                    self.open.set_shallow(after.top, after.depth);
                    self.next = after.next;
                    if bytes.get(*at).is_some_and(|byte| starts_scalar(*byte)) {
                        *at = scalar(bytes, *at, complete)?;
                        self.next = Next::Separator;
                        continue;
                    }
                    self.memo.start();
                } else {
                    (unknown, lowest) = (Some((*at, before)), usize::MAX);
                }
            }
            let next = self.next;
            match self.step(bytes, at, complete, limit)? {
                (Event::Scalar, start) => {
                    if self.open.depth() == outside {
                        return Ok(());
                    }
                    if let Some((gap, before)) = unknown.take() {
                        self.remember(&bytes[gap..start], before, next, lowest);
                    }
                }
                (Event::ObjectEnd | Event::ArrayEnd, _) => {
                    if self.open.depth() == outside {
                        return Ok(());
                    }
                    lowest = lowest.min(self.open.depth());
                }
                (Event::Key, _) => {
                    // Nearly every key is followed by a colon, a blank and the value.
                    if let Some([b':', b' ', byte]) = bytes.get(*at..*at + 3)
                        && starts_scalar(*byte)
                    {
                        let start = *at + 2;
                        *at = scalar(bytes, start, complete)?;
                        self.next = Next::Separator;
                        if let Some((gap, before)) = unknown.take() {
                            self.remember(&bytes[gap..start], before, Next::Value, lowest);
                        }
                    }
                }
                (Event::End, _) => return expected(*at, Expected::Value),
                _ => {}
            }
        }
    }

    #[inline(always)]
    fn place(&self) -> Option<Place> {
        let (top, depth) = self.open.shallow()?;
        Some(Place { top, depth, next: self.next })
    }

    /// Remembers the text in front of a scalar; `next` is what the grammar allowed before the
    /// last step.
    fn remember(&mut self, text: &[u8], before: Place, next: Next, lowest: usize) {
        // That step may have begun with a comma or a colon, and behind it comes a value.
        let next = if next == Next::FirstElement { next } else { Next::Value };
        match self.open.shallow() {
            Some((top, depth)) => {
                self.memo.learn(text, before, Place { top, depth, next }, lowest);
            }
            None => self.memo.start(),
        }
    }

    fn next_element(&mut self, bytes: &[u8], at: &mut usize, complete: bool) -> Result<bool, Stop> {
        let byte = peek(bytes, at)?;
        match self.next {
            Next::Value => Ok(true),
            Next::FirstElement if byte != b']' => {
                self.next = Next::Value;
                Ok(true)
            }
            Next::Separator if byte == b',' => {
                *at += 1;
                self.next = Next::Value;
                peek(bytes, at).map(|_| true)
            }
            _ => self.step(bytes, at, complete, MAX_DEPTH).map(|_| false),
        }
    }

    #[inline(always)]
    fn colon(&mut self, bytes: &[u8], at: &mut usize) -> Result<(), Stop> {
        if peek(bytes, at)? != b':' {
            return expected(*at, Expected::Colon);
        }
        *at += 1;
        self.next = Next::Value;
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self, byte: u8, at: &mut usize) -> Result<(Event, usize), Stop> {
        let event = match (self.open.in_object(), byte) {
            (true, b'}') => Event::ObjectEnd,
            (false, b']') => Event::ArrayEnd,
            (true, _) => return expected(*at, Expected::CommaOrBrace),
            (false, _) => return expected(*at, Expected::CommaOrBracket),
        };
        self.open.pop();
        self.end_value();
        *at += 1;
        Ok((event, *at - 1))
    }

    #[inline(always)]
    fn end_value(&mut self) {
        self.next = if self.open.depth() == 0 { Next::End } else { Next::Separator };
    }
}

#[inline(always)]
pub(crate) const fn starts_scalar(byte: u8) -> bool {
    matches!(byte, b'"' | b'-' | b'0'..=b'9' | b'n' | b't' | b'f' | b'N' | b'I')
}

/// Moves to the next byte that is not blank and returns it.
#[inline(always)]
fn peek(bytes: &[u8], at: &mut usize) -> Result<u8, Stop> {
    *at = blanks(bytes, *at);
    bytes.get(*at).copied().ok_or(Stop::NeedMore)
}
