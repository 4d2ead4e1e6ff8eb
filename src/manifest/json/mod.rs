//! The document's text: read and written as Python's `json` module does it.
//!
//! A manifest is kept as the text it was read from. Reading a field looks it up in the text, and
//! changing one replaces its piece of the text; everything else is written back as it was found.
//! So numbers keep their digits, strings their escapes and unknown fields their place, with no
//! code for any of it.

mod cursor;
mod edit;
pub(crate) mod scan;
mod string;
mod text;
pub(crate) mod token;
mod value;
mod write;

pub(crate) use cursor::{Cursor, elements, members, position};
pub(crate) use edit::{append_element, remove_member, set_member};
pub(crate) use string::{decode, encode, lone_surrogate};
pub(crate) use text::Text;
pub use value::{Number, Value};
pub(crate) use write::{Style, restyle, same_tokens, write_array, write_value};

use std::borrow::Cow;

use crate::error::DocumentErrorKind;

/// Why a text is no manifest, and where: a byte offset, as lines and columns are only counted
/// for a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) problem: Cow<'static, str>,
    pub(crate) kind: DocumentErrorKind,
}

impl Fault {
    pub(crate) fn new(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { at, problem: problem.into(), kind: DocumentErrorKind::Syntax }
    }

    /// The fault of another kind than a text that is not JSON.
    pub(crate) fn of(
        kind: DocumentErrorKind,
        at: usize,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { at, problem: problem.into(), kind }
    }

    /// A field that is missing or has a value that it cannot have.
    pub(crate) fn field(at: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::of(DocumentErrorKind::InvalidField, at, problem)
    }

    /// The text ends too early, as it does while another program is writing it in place.
    pub(crate) const fn torn(at: usize) -> Self {
        Self {
            at,
            problem: Cow::Borrowed("the file ends too early"),
            kind: DocumentErrorKind::Truncated,
        }
    }

    /// There is no text, as in the moment between truncating a file and writing it.
    pub(crate) const fn empty() -> Self {
        Self { at: 0, problem: Cow::Borrowed("the file is empty"), kind: DocumentErrorKind::Empty }
    }

    pub(crate) const fn is_torn(&self) -> bool {
        self.kind.is_incomplete()
    }
}
