//! The tag that an option asks for.

use std::borrow::Cow;
use std::convert::Infallible;
use std::str::FromStr;

/// A tag to look for, with any value or with one.
#[derive(Clone)]
pub(super) struct TagFilter {
    name: String,
    value: Option<String>,
}

impl TagFilter {
    pub(super) fn is_among(&self, tags: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
        tags.iter().any(|(name, value)| {
            *name == self.name && self.value.as_ref().is_none_or(|wanted| value == wanted)
        })
    }
}

impl FromStr for TagFilter {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        Ok(Self { name: name.to_owned(), value })
    }
}
