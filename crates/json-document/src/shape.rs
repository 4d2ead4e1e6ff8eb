//! Reads an object that differs from the one before only in its scalars.

use std::ops::Range;

use crate::error::ParseError;
use crate::event::Event;
use crate::lexer::{scalar, starts_scalar};
use crate::parser::Parser;
use crate::source::Slice;
use crate::string::decode;

/// The text of an object between its scalars, compared with the next object of the same document.
///
/// Records of one kind nearly always have the same keys in the same order and layout. If so, the
/// next object is read without checking its keys again: they are unique because those of the object
/// before are. The shape turns itself off for a while where the objects differ.
///
/// ```
/// use json_document::{ParseError, Parser, Shape};
///
/// let text = r#"[{"name": "a", "size": 1}, {"name": "b", "size": 23}]"#;
/// let (mut shape, mut sizes) = (Shape::new(), Vec::new());
/// let mut parser = Parser::from_str(text);
/// parser.array::<ParseError>(|parser| {
///     if parser.object_like(&mut shape) {
///         parser.accept(&shape);
///     } else {
///         let object = parser.skip_unique()?;
///         shape.learn(parser, object)?;
///     }
///     let size = shape.scalar_of("size").expect("every object has it");
///     sizes.push(&text[shape.scalar(size)]);
///     Ok(())
/// })?;
/// assert_eq!(sizes, ["1", "23"]);
/// # Ok::<(), ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Shape {
    /// The object that was learned; empty if there is none.
    learned: String,
    /// Byte ranges in it: the text before every scalar, and the text after the last one.
    gaps: Vec<Range<usize>>,
    /// Byte range of the last object.
    object: Range<usize>,
    /// Byte ranges of its scalars.
    scalars: Vec<Range<usize>>,
    /// Members whose value is a scalar, with the index of that scalar.
    fields: Vec<(String, usize)>,
    /// Grows with each object of the same shape and shrinks with any other.
    credit: i32,
    /// Number of objects to skip before the next attempt.
    pause: u32,
}

impl Shape {
    const CREDIT: i32 = 32;
    const MISS: i32 = 4;
    const PAUSE: u32 = 512;

    /// Returns a shape that no object has.
    pub const fn new() -> Self {
        Self {
            learned: String::new(),
            gaps: Vec::new(),
            object: 0..0,
            scalars: Vec::new(),
            fields: Vec::new(),
            credit: Self::CREDIT,
            pause: 0,
        }
    }

    /// Learns the shape of an object that `parser` has read. `object` is its byte range.
    ///
    /// # Errors
    /// A [`ParseError`] if `object` is not the byte range of an object.
    pub fn learn(
        &mut self,
        parser: &Parser<Slice<'_>>,
        object: Range<usize>,
    ) -> Result<(), ParseError> {
        self.learned.clear();
        if self.pause > 0 {
            self.pause -= 1;
            return Ok(());
        }
        self.credit -= Self::MISS;
        if self.credit < 0 {
            (self.credit, self.pause) = (Self::CREDIT, Self::PAUSE);
            return Ok(());
        }
        let mut events = Parser::again(parser.source(), object.start);
        self.scalars.clear();
        self.gaps.clear();
        self.fields.clear();
        let (mut depth, mut key, mut gap) = (0_usize, None, object.start);
        loop {
            match events.next_event()? {
                Event::ObjectStart | Event::ArrayStart => (depth, key) = (depth + 1, None),
                Event::ObjectEnd | Event::ArrayEnd => depth -= 1,
                Event::Key => {
                    key = (depth == 1).then(|| decode(&events.token()).into_owned());
                }
                Event::Scalar => {
                    let span = events.span();
                    self.fields.extend(key.take().map(|name| (name, self.scalars.len())));
                    self.gaps.push(gap - object.start..span.start - object.start);
                    gap = span.end;
                    self.scalars.push(span);
                }
                Event::End => break,
            }
            if depth == 0 {
                break;
            }
        }
        self.gaps.push(gap - object.start..object.len());
        self.learned.push_str(&parser.source()[object.clone()]);
        self.object = object;
        Ok(())
    }

    /// Returns the index of the scalar that is a member's value.
    pub fn scalar_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().find(|(field, _)| field == name).map(|&(_, index)| index)
    }

    /// Returns the byte range of the last object.
    pub fn object(&self) -> Range<usize> {
        self.object.clone()
    }

    /// Returns the number of scalars in the last object.
    pub const fn scalars(&self) -> usize {
        self.scalars.len()
    }

    /// Returns the byte range of a scalar of the last object.
    ///
    /// # Panics
    /// If the last object has no scalar with this index.
    pub fn scalar(&self, index: usize) -> Range<usize> {
        self.scalars[index].clone()
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser<Slice<'_>> {
    /// Returns whether the next value is an object of this shape. If it is, it becomes the last
    /// object of the shape, and [`Parser::accept`] moves past it.
    pub fn object_like(&mut self, shape: &mut Shape) -> bool {
        if shape.learned.is_empty() {
            return false;
        }
        let Ok(start) = self.start() else { return false };
        let Some((last, gaps)) = shape.gaps.split_last() else { return false };
        let (bytes, learned) = (self.source().as_bytes(), shape.learned.as_bytes());
        let mut at = start;
        shape.scalars.clear();
        for gap in gaps {
            if !begins_with(bytes, at, &learned[gap.clone()]) {
                return false;
            }
            let first = at + gap.len();
            if !bytes.get(first).is_some_and(|byte| starts_scalar(*byte)) {
                return false;
            }
            let Ok(end) = scalar(bytes, first, true) else { return false };
            shape.scalars.push(first..end);
            at = end;
        }
        if !begins_with(bytes, at, &learned[last.clone()]) {
            return false;
        }
        shape.object = start..at + last.len();
        shape.credit = (shape.credit + 1).min(Shape::CREDIT);
        true
    }

    /// Moves past the object that [`Parser::object_like`] found.
    pub fn accept(&mut self, shape: &Shape) {
        self.pass_value(shape.object.end);
    }
}

/// Returns whether `text` is at `at`.
#[inline]
fn begins_with(bytes: &[u8], at: usize, text: &[u8]) -> bool {
    let length = text.len();
    let Some(next) = bytes.get(at..at + length) else { return false };
    let word = |bytes: &[u8], at: usize| -> Option<u128> {
        bytes.get(at..)?.first_chunk().map(|chunk| u128::from_le_bytes(*chunk))
    };
    if length < 16 {
        return next == text;
    }
    let mut at = 0;
    while at + 16 < length {
        if word(next, at) != word(text, at) {
            return false;
        }
        at += 16;
    }
    // The last word overlaps the one before it.
    word(next, length - 16) == word(text, length - 16)
}
