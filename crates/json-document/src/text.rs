//! A shared slice of a text.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::raw::Raw;

/// A slice of a shared string. Cloning it copies three words and no text.
///
/// ```
/// use json_document::Text;
///
/// let text = Text::from("{\"a\": 1}");
/// let value = text.slice(6..7);
/// assert_eq!(&*value, "1");
/// ```
#[derive(Clone)]
pub struct Text {
    source: Arc<String>,
    start: usize,
    end: usize,
}

impl Text {
    /// Returns the text, which must be a value that was parsed before, as a [`Raw`].
    pub fn raw(&self) -> Raw<'_> {
        Raw::new(self)
    }

    /// Returns a part of this text.
    ///
    /// # Panics
    /// Reading the result panics if the range is not in this text or splits a character.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
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

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self)
    }
}
