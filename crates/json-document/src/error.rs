//! Parse errors and their positions.

use std::fmt;

/// An error in the syntax of a document, and its offset.
///
/// [`ParseError::position`] converts the offset to a line and a column; it has to read the text up
/// to there.
///
/// ```
/// use json_document::{Expected, ParseErrorKind, Position, Value};
///
/// let text = "{\n  \"a\" 1\n}";
/// let error = Value::parse(text).unwrap_err();
/// assert_eq!(error.kind, ParseErrorKind::Expected(Expected::Colon));
/// assert_eq!(error.position(text), Position { line: 2, column: 7 });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParseError {
    /// Byte offset in the text or the stream.
    pub offset: usize,
    /// Kind of the error.
    pub kind: ParseErrorKind,
}

/// Kind of a parse error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text ends inside a value, as it does while another program is writing it.
    Truncated,
    /// The text is empty or blank.
    Empty,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text does not continue with what the grammar requires.
    Expected(Expected),
    /// A value is valid, but the caller reads a value of another kind.
    WrongKind(Expected),
    /// A number is malformed, such as `01` or `1.`.
    InvalidNumber,
    /// A string contains a control character that is not escaped.
    ControlCharacter,
    /// A string contains an escape that JSON does not have, such as `\x`.
    UnknownEscape,
    /// `\u` is not followed by four hexadecimal digits.
    InvalidUnicodeEscape,
    /// A value is nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// An object has the same key twice.
    DuplicateKey {
        /// The key, decoded.
        key: String,
        /// Byte offset of the first occurrence.
        first: usize,
    },
}

/// Token or value that the text must continue with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// A value of any kind.
    Value,
    /// A key, in quotes.
    Key,
    /// The colon between a key and its value.
    Colon,
    /// A comma, or the end of the object.
    CommaOrBrace,
    /// A comma, or the end of the array.
    CommaOrBracket,
    /// An object.
    Object,
    /// An array.
    Array,
    /// The end of the text.
    End,
}

/// Line and column as an editor counts them: both start at 1, and a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Line number.
    pub line: usize,
    /// Column number.
    pub column: usize,
}

impl Position {
    /// Returns the line and the column of a byte offset; for an offset outside the text, those of
    /// its end.
    ///
    /// ```
    /// use json_document::Position;
    ///
    /// assert_eq!(Position::of("a\nné!", 5), Position { line: 2, column: 3 });
    /// ```
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl ParseError {
    pub(crate) const fn new(offset: usize, kind: ParseErrorKind) -> Self {
        Self { offset, kind }
    }

    pub(crate) const fn expected(offset: usize, expected: Expected) -> Self {
        Self { offset, kind: ParseErrorKind::Expected(expected) }
    }

    /// Returns whether the text may be the beginning of a valid document.
    pub const fn is_truncated(&self) -> bool {
        matches!(self.kind, ParseErrorKind::Truncated | ParseErrorKind::Empty)
    }

    /// Returns the line and the column of the error in the text that was parsed.
    pub fn position(&self, text: &str) -> Position {
        Position::of(text, self.offset)
    }
}

impl ParseErrorKind {
    /// Returns the message with the line of the first occurrence of a duplicate key.
    ///
    /// ```
    /// use json_document::Value;
    ///
    /// let text = "{\n  \"a\": 1,\n  \"a\": 2\n}";
    /// let error = Value::parse(text).unwrap_err();
    /// assert_eq!(error.kind.message(text), "duplicate key `a`, first on line 2");
    /// ```
    pub fn message(&self, text: &str) -> String {
        match self {
            Self::DuplicateKey { first, .. } => {
                format!("{self}, first on line {}", Position::of(text, *first).line)
            }
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Truncated => "the file ends too early",
            Self::Empty => "the file is empty",
            Self::NotUtf8 => "the text is not UTF-8",
            Self::Expected(expected) | Self::WrongKind(expected) => return expected.fmt(formatter),
            Self::InvalidNumber => "not a number",
            Self::ControlCharacter => "a string holds a control character; is a quote missing?",
            Self::UnknownEscape => "a string holds an unknown escape",
            Self::InvalidUnicodeEscape => "`\\u` needs four hexadecimal digits",
            Self::TooDeep => "nested too deep",
            Self::DuplicateKey { key, .. } => {
                return write!(formatter, "duplicate key `{}`", key.escape_debug());
            }
        })
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Value => "expected a value",
            Self::Key => "expected a key in quotes",
            Self::Colon => "expected `:`",
            Self::CommaOrBrace => "expected `,` or `}`",
            Self::CommaOrBracket => "expected `,` or `]`",
            Self::Object => "expected an object",
            Self::Array => "expected an array",
            Self::End => "expected the end of the file",
        })
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at byte {}", self.kind, self.offset)
    }
}

impl std::error::Error for ParseError {}
