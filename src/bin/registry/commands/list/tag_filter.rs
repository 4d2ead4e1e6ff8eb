//! The filter `--tag KEY[=VALUE]`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::str::FromStr;

/// A tag with a certain value, or with any.
#[derive(Clone)]
pub(super) struct TagFilter {
    name: String,
    value: Option<String>,
}

impl TagFilter {
    /// Returns whether one of these tags matches.
    pub(super) fn matches(&self, tags: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
        tags.iter().any(|(name, value)| {
            *name == self.name && self.value.as_ref().is_none_or(|expected| value == expected)
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
