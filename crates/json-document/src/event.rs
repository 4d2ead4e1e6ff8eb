//! The events of a parser, the kinds of values, and keys.

use std::borrow::Cow;
use std::ops::Range;

/// Event of a parser: one token, or the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Kind of a value, known from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Not a value: none starts with this byte.
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
    /// Byte range of the key, with its quotes.
    pub span: Range<usize>,
}
