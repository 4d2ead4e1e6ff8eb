//! A JSON document that keeps its text.
//!
//! Programs that edit a file which people and other programs also edit must not change what they do
//! not understand. This crate reads JSON as Python's `json` module writes it, and keeps every byte
//! that is not edited: the layout, the order of keys, the digits of numbers (`1e-07`, integers of
//! any size), `NaN` and `Infinity`, and escapes, lone surrogates included. New text follows the
//! style of the document.
//!
//! ```
//! use json_document::{Object, Raw, Style, Text};
//!
//! let text = Text::from("{\n\t\"loss\": NaN,\n\t\"rate\": 1e-07\n}");
//! let style = Style::of(&text);
//! let mut object = Object::parse(&text)?;
//! object.set("rows", "18446744073709551616".into(), &style, 0);
//! assert_eq!(
//!     object.to_text(&style, 0),
//!     "{\n\t\"loss\": NaN,\n\t\"rate\": 1e-07,\n\t\"rows\": 18446744073709551616\n}"
//! );
//! assert_eq!(Raw::new(&text).get("rate").unwrap().text(), "1e-07");
//! # Ok::<(), json_document::ParseError>(())
//! ```
//!
//! # Layers
//!
//! - The lexer finds where each token ends.
//! - [`Parser`] is the only place that knows the grammar. It turns tokens into [`Event`]s, from a
//!   text in memory or from a stream, which it reads through a window of fixed size. It limits the
//!   depth ([`MAX_DEPTH`]), checks UTF-8 and finds duplicate keys. Its errors have a kind and an
//!   offset ([`ParseError`]).
//! - [`Raw`] reads a text that was parsed before, without building anything; [`Value`] and
//!   [`Number`] are built from it. Both compare by meaning.
//! - [`Object`] and [`Array`] edit a text. [`Style`] describes the layout of new text.
//! - [`Text`] is a slice of a shared string, so that pieces of a document cost no copies.
//!
//! # Why not an existing crate
//!
//! Each of these is a good crate; none of them keeps a document byte for byte.
//!
//! | crate | what it is for | why it is not used here |
//! |---|---|---|
//! | `serde_json` | values and typed data | refuses `NaN`, which makes the whole file unreadable; the last of two equal keys wins silently; layout is lost; digits and integers beyond 64 bits survive only with features that change every user of the crate in a build |
//! | `jiter` | fast iteration, for Python | reads `NaN` and big integers, but keeps no number text, refuses lone surrogates and cannot write |
//! | `simd-json` | values at high speed | needs the whole input in memory and overwrites it while decoding strings; layout and number text are lost |
//! | `sonic-rs` | values at high speed, lazy access | refuses `NaN`; needs the whole input in memory |
//! | `jsonc-parser` | editing configuration files | its syntax tree keeps layout and comments, but is a tree of reference-counted nodes, many times the size of the text |
//! | `logos` | generated lexers | finds tokens, which are the smaller part: the grammar, windows and edits remain |
//! | `winnow` | parser combinators | a grammar this small is shorter by hand, and can stop at the end of a window and compare eight bytes at a time |
//! | `memchr` | searching for bytes | strings are short, so looking at a word at a time inside the lexer does as well |
//!
//! `serde_json` is used in the tests, as an oracle.

mod array;
mod error;
mod event;
mod grammar;
mod keys;
mod lexer;
mod memo;
mod nesting;
mod number;
mod object;
mod parser;
mod place;
mod raw;
mod shape;
mod source;
mod string;
mod style;
mod text;
mod unique;
mod value;

pub use array::Array;
pub use error::{Expected, ParseError, ParseErrorKind, Position};
pub use event::{Event, Key, Kind};
pub use grammar::MAX_DEPTH;
pub use number::{Number, ParseNumberError};
pub use object::{Member, Object};
pub use parser::Parser;
pub use raw::{Elements, Members, Raw};
pub use shape::Shape;
pub use source::{ReadError, Slice, Source, Window};
pub use string::{decode, encode, lone_surrogate};
pub use style::Style;
pub use text::Text;
pub use value::Value;
