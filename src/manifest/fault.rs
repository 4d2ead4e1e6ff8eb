//! Problems in a document, before they have a line and a column.

use std::borrow::Cow;

use json_document::{ParseError, ParseErrorKind, Position};

use crate::error::DocumentErrorKind;

/// A problem in a document, located by byte offset because lines and columns are only computed for
/// a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    /// Message, without the line of an earlier occurrence.
    pub(crate) problem: Cow<'static, str>,
    pub(crate) kind: DocumentErrorKind,
    /// Offset of the first occurrence, for duplicates.
    first: Option<usize>,
}

impl Fault {
    /// Creates a syntax fault.
    pub(crate) fn new(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::of(DocumentErrorKind::Syntax, at, problem)
    }

    /// Creates a fault of any kind.
    pub(crate) fn of(
        kind: DocumentErrorKind,
        at: usize,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { at, problem: problem.into(), kind, first: None }
    }

    /// Creates a fault for a field that is missing or has an invalid value.
    pub(crate) fn field(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::of(DocumentErrorKind::InvalidField, at, problem)
    }

    /// Creates a fault for a version with the name of an earlier one.
    pub(crate) fn duplicate_version(at: usize, name: &str, first: usize) -> Self {
        let problem = format!("duplicate version `{name}`");
        Self { first: Some(first), ..Self::of(DocumentErrorKind::DuplicateVersion, at, problem) }
    }

    /// Returns whether the text may be the beginning of a valid document, as while another program
    /// writes it in place.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.kind.is_incomplete()
    }

    /// Returns the complete message; `text` is the document.
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
