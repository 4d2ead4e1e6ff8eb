//! Why a text is not a manifest.

use std::borrow::Cow;

use json_document::{ParseError, ParseErrorKind, Position};

use crate::error::DocumentErrorKind;

/// What is wrong with a document, and where: a byte offset, because lines and columns are only
/// counted for a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    /// The message, without the line of an earlier occurrence.
    pub(crate) problem: Cow<'static, str>,
    pub(crate) kind: DocumentErrorKind,
    /// Offset of the first occurrence of what may occur only once.
    first: Option<usize>,
}

impl Fault {
    /// A text that is not in the form it must have.
    pub(crate) fn new(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::of(DocumentErrorKind::Syntax, at, problem)
    }

    /// A fault of any kind.
    pub(crate) fn of(
        kind: DocumentErrorKind,
        at: usize,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { at, problem: problem.into(), kind, first: None }
    }

    /// A field that is missing or has a value that it cannot have.
    pub(crate) fn field(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::of(DocumentErrorKind::InvalidField, at, problem)
    }

    /// A version with the name of an earlier one.
    pub(crate) fn duplicate_version(at: usize, name: &str, first: usize) -> Self {
        let problem = format!("duplicate version `{name}`");
        Self { first: Some(first), ..Self::of(DocumentErrorKind::DuplicateVersion, at, problem) }
    }

    /// Whether the text may be only the beginning of a document, as while another program is
    /// writing it in place.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.kind.is_incomplete()
    }

    /// Returns the whole message; `text` is the document.
    pub(crate) fn message(&self, text: &str) -> String {
        match self.first {
            Some(first) => {
                format!("{}, first on line {}", self.problem, Position::of(text, first).line)
            }
            None => self.problem.clone().into_owned(),
        }
    }
}

impl From<ParseError> for Fault {
    fn from(error: ParseError) -> Self {
        let (kind, first) = match error.kind {
            ParseErrorKind::DuplicateKey { first, .. } => {
                (DocumentErrorKind::DuplicateKey, Some(first))
            }
            ParseErrorKind::Truncated => (DocumentErrorKind::Truncated, None),
            ParseErrorKind::Empty => (DocumentErrorKind::Empty, None),
            ParseErrorKind::WrongKind(_) => (DocumentErrorKind::InvalidField, None),
            _ => (DocumentErrorKind::Syntax, None),
        };
        Self { at: error.offset, problem: error.kind.to_string().into(), kind, first }
    }
}
