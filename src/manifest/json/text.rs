//! A piece of text that shares its source.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A slice of a shared string: a copy costs no memory but its own three words.
#[derive(Clone)]
pub(crate) struct Text {
    source: Arc<String>,
    start: usize,
    end: usize,
}

impl Text {
    /// A part of this text, by its place in this text.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let (start, end) = (self.start + range.start, self.start + range.end);
        debug_assert!(end <= self.end && self.source.is_char_boundary(start));
        Self { source: Arc::clone(&self.source), start, end }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.source[self.start..self.end]
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { start: 0, end: text.len(), source: Arc::new(text) }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        let same_place = Arc::ptr_eq(&self.source, &other.source)
            && (self.start, self.end) == (other.start, other.end);
        same_place || **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}
