//! Reading a text that is all there, member by member, in one pass.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::scan::skip;
use super::token::blanks;
use super::{Fault, decode};
use crate::error::DocumentErrorKind;

/// A key as it was met in the document.
pub(crate) struct Key<'t> {
    pub(crate) name: Cow<'t, str>,
    /// Where it stands, with its quotes.
    pub(crate) place: Range<usize>,
}

/// A place in a text, moved forward by reading.
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is not blank, without reading it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.at = blanks(self.text.as_bytes(), self.at);
        self.text.as_bytes().get(self.at).copied()
    }

    /// Where the next value begins.
    pub(crate) fn start(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Where the last value ended.
    pub(crate) const fn end(&self) -> usize {
        self.at
    }

    /// Passes over a value and tells where it stands.
    pub(crate) fn skip(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.start();
        self.at = skip(self.text.as_bytes(), start)?;
        Ok(start..self.at)
    }

    /// Passes over a value that has no meaning here, and in which no key may stand twice all the
    /// same: who reads the value later would be shown one of the two.
    pub(crate) fn skip_unknown(&mut self) -> Result<Range<usize>, Fault> {
        // The scan comes first, since it also limits how deep the search can get.
        let place = self.skip()?;
        Self { text: self.text, at: place.start }.distinct()?;
        Ok(place)
    }

    fn distinct(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => self.object(|cursor, _| cursor.distinct()),
            Some(b'[') => self.array(Self::distinct),
            _ => self.skip().map(drop),
        }
    }

    /// The text of a value.
    pub(crate) fn value(&mut self) -> Result<&'t str, Fault> {
        Ok(&self.text[self.skip()?])
    }

    /// Passes over a string and tells where it stands, with its quotes.
    pub(crate) fn string(&mut self, name: &str) -> Result<Range<usize>, Fault> {
        match self.peek() {
            Some(b'"') => self.skip(),
            _ => Err(self.wrong_type(format!("`{name}` is not a string"))),
        }
    }

    /// Reads an object; `each` reads the value of the key it is given.
    ///
    /// A key that stands there twice is refused: every parser would drop one of the two without a
    /// word, and a merge of two branches that was clean line by line can write such a file.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, Key<'t>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut seen = Seen::new();
        self.sequence(b'{', b'}', "an object", |cursor| {
            if cursor.peek() != Some(b'"') {
                return Err(cursor.unexpected("expected a key in quotes"));
            }
            let place = cursor.skip()?;
            let name = decode(&cursor.text[place.clone()]);
            if let Some(first) = seen.insert(name.clone(), place.start) {
                let line = position(cursor.text, first).0;
                let problem =
                    format!("duplicate key `{}`, first on line {line}", name.escape_debug());
                return Err(Fault::of(DocumentErrorKind::DuplicateKey, place.start, problem));
            }
            if cursor.peek() != Some(b':') {
                return Err(cursor.unexpected("expected `:`"));
            }
            cursor.at += 1;
            each(cursor, Key { name, place })
        })
    }

    /// Reads an array; `each` reads one element.
    pub(crate) fn array(
        &mut self,
        each: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.sequence(b'[', b']', "an array", each)
    }

    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        name: &'static str,
        mut each: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.peek() != Some(open) {
            return Err(self.wrong_type(format!("expected {name}")));
        }
        self.at += 1;
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => {
                    return Err(self.unexpected(format!("expected `,` or `{}`", char::from(close))));
                }
            }
        }
    }

    /// Makes sure that nothing follows.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("expected the end of the file")),
        }
    }

    fn unexpected(&mut self, problem: impl Into<Cow<'static, str>>) -> Fault {
        match self.peek() {
            None => Fault::torn(self.at),
            Some(_) => Fault::new(self.at, problem),
        }
    }

    /// A value of another type than is needed, if there is a value at all.
    fn wrong_type(&mut self, problem: String) -> Fault {
        let start = self.start();
        match self.skip() {
            Ok(_) => Fault::field(start, problem),
            Err(fault) if fault.is_torn() => fault,
            Err(_) => Fault::new(start, problem),
        }
    }
}

/// The keys of one object: a few are compared one by one, many are hashed.
struct Seen<'t> {
    few: Vec<(Cow<'t, str>, usize)>,
    many: HashSet<Cow<'t, str>>,
}

impl<'t> Seen<'t> {
    const FEW: usize = 16;

    fn new() -> Self {
        Self { few: Vec::with_capacity(Self::FEW), many: HashSet::new() }
    }

    /// Where the key stood before, if it did.
    fn insert(&mut self, name: Cow<'t, str>, at: usize) -> Option<usize> {
        if self.few.len() < Self::FEW {
            let first = self.few.iter().find(|(seen, _)| *seen == name);
            if let Some(&(_, first)) = first {
                return Some(first);
            }
        } else {
            if self.many.is_empty() {
                self.many.extend(self.few.iter().map(|(seen, _)| seen.clone()));
            }
            if !self.many.insert(name.clone()) {
                return self.few.iter().find(|(seen, _)| *seen == name).map(|&(_, first)| first);
            }
        }
        self.few.push((name, at));
        None
    }
}

/// The members of an object that has been read before: each key with the text of its value.
pub(crate) fn members(object: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    places(object).map(|(key, value)| (decode(&object[key]), &object[value]))
}

/// Where the members of an object stand that has been read before.
pub(super) fn places(object: &str) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let mut cursor = Cursor { text: object, at: 0 };
    std::iter::from_fn(move || {
        cursor.peek().filter(|byte| matches!(byte, b'{' | b','))?;
        cursor.at += 1;
        let key = cursor.skip().ok()?;
        cursor.peek();
        cursor.at += 1;
        Some((key, cursor.skip().ok()?))
    })
}

/// The elements of an array that has been read before: the text of each.
pub(crate) fn elements(array: &str) -> impl Iterator<Item = &str> {
    let mut cursor = Cursor { text: array, at: 0 };
    std::iter::from_fn(move || {
        cursor.peek().filter(|byte| matches!(byte, b'[' | b','))?;
        cursor.at += 1;
        cursor.value().ok()
    })
}

/// The line and the column of a byte, both from 1; a column is a character.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_names_both_places() {
        let text = "{\n  \"a\": 1,\n  \"\\u0061\": 2\n}";
        let fault = Cursor::new(text).object(|cursor, _| cursor.skip().map(drop)).unwrap_err();
        assert_eq!(fault.problem, "duplicate key `a`, first on line 2");
        assert_eq!(position(text, fault.at), (3, 3));
    }

    #[test]
    fn a_duplicate_is_found_among_many_keys() {
        let keys = |n: usize| (0..n).map(|i| format!("\"k{i}\":{i}")).collect::<Vec<_>>().join(",");
        for (n, again) in [(5, 0), (16, 3), (17, 16), (500, 499)] {
            let text = format!("{{{},\"k{again}\":0}}", keys(n));
            let read = Cursor::new(&text).object(|cursor, _| cursor.skip().map(drop));
            assert!(read.is_err(), "{n} keys");
            let text = format!("{{{}}}", keys(n));
            Cursor::new(&text).object(|cursor, _| cursor.skip().map(drop)).expect("no duplicate");
        }
    }

    #[test]
    fn members_are_what_was_written() {
        let object = "{ \"a\" : [1, 2] , \"b\\n\":{\"c\": \"}\"} }";
        let found: Vec<_> = members(object).collect();
        assert_eq!(found, [("a".into(), "[1, 2]"), ("b\n".into(), "{\"c\": \"}\"}")]);
        assert_eq!(members("{}").count(), 0);
    }

    #[test]
    fn elements_are_what_was_written() {
        let found: Vec<_> = elements("[ 1 ,{\"a\": [2]}\n, \"]\" ]").collect();
        assert_eq!(found, ["1", "{\"a\": [2]}", "\"]\""]);
        assert_eq!(elements(" [ ] ").count(), 0);
    }
}
