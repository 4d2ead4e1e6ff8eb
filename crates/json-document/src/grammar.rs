//! The grammar as a state machine: which token may come next. The bytes may end anywhere, even
//! inside a token.

#![expect(clippy::inline_always, reason = "in a build for size the hot loop would be calls")]

use crate::error::{Expected, ParseError, ParseErrorKind};
use crate::event::Event;
use crate::lexer::{Stop, expected, scalar, skip_whitespace, starts_scalar, string};
use crate::memo::Memo;
use crate::nesting::Nesting;
use crate::place::{Next, Place};

/// Greatest depth of nested values. Python writes documents of up to about 990 levels.
pub const MAX_DEPTH: usize = 1024;

/// State of a parser between two tokens.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) open: Nesting,
    next: Next,
    memo: Memo,
}

impl State {
    pub(crate) const fn new() -> Self {
        Self { open: Nesting::new(), next: Next::Value, memo: Memo::new() }
    }

    /// Returns the state before a value that is too short for the memo to pay off.
    pub(crate) const fn without_memo() -> Self {
        Self { open: Nesting::new(), next: Next::Value, memo: Memo::off() }
    }

    /// Moves `at` past the next token and returns its event and where it starts.
    ///
    /// On [`Stop::NeedMore`] `at` is at the start of the token that was cut off, so the next call
    /// continues from there.
    #[inline(always)]
    pub(crate) fn step(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
        limit: usize,
    ) -> Result<(Event, usize), Stop> {
        if self.next == Next::End {
            *at = skip_whitespace(bytes, *at);
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

    /// Moves `at` to the end of the next value. `outside` is the number of containers around it.
    pub(crate) fn walk(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
        outside: usize,
    ) -> Result<(), Stop> {
        // A local copy stays in a register.
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
        // A text that the memo does not have: where it starts, and the place in the grammar there.
        // `lowest` is the lowest depth since then.
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

    /// Remembers the text before a scalar. `next` is the state before the last step.
    fn remember(&mut self, text: &[u8], before: Place, next: Next, lowest: usize) {
        // That step may have begun with a comma or a colon, which a value follows.
        let next = if next == Next::FirstElement { next } else { Next::Value };
        match self.open.shallow() {
            Some((top, depth)) => {
                self.memo.learn(text, before, Place { top, depth, next }, lowest);
            }
            None => self.memo.start(),
        }
    }

    pub(crate) fn next_element(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        complete: bool,
    ) -> Result<bool, Stop> {
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
    pub(crate) fn colon(&mut self, bytes: &[u8], at: &mut usize) -> Result<(), Stop> {
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
    pub(crate) fn end_value(&mut self) {
        self.next = if self.open.depth() == 0 { Next::End } else { Next::Separator };
    }
}

/// Moves to the next byte that is not blank and returns it.
#[inline(always)]
fn peek(bytes: &[u8], at: &mut usize) -> Result<u8, Stop> {
    *at = skip_whitespace(bytes, *at);
    bytes.get(*at).copied().ok_or(Stop::NeedMore)
}
