//! An array that can be edited.

use crate::error::ParseError;
use crate::parser::Parser;
use crate::style::Style;
use crate::text::Text;

/// An array whose elements keep their text and layout.
///
/// ```
/// use json_document::{Array, Style};
///
/// let style = Style::default();
/// let mut array = Array::parse(&"[1, 2 ]".into())?;
/// array.push("NaN".into(), &style, 0);
/// assert_eq!(array.to_text(), "[1, 2, NaN ]");
/// # Ok::<(), json_document::ParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Array {
    elements: Vec<Element>,
    /// Whitespace inside an empty array.
    empty: Option<Text>,
}

/// An element with the whitespace around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Element {
    before: Text,
    value: Text,
    after: Text,
}

impl Array {
    /// Returns an empty array.
    pub const fn new() -> Self {
        Self { elements: Vec::new(), empty: None }
    }

    /// Parses a text that contains one array.
    ///
    /// # Errors
    /// A [`ParseError`](crate::ParseError) if the text is not one array, or an object in it has a
    /// duplicate key.
    pub fn parse(text: &Text) -> Result<Self, ParseError> {
        let mut parser = Parser::from_str(text);
        let mut elements = Vec::<Element>::new();
        let mut gap = parser.start()? + 1;
        parser.array::<ParseError>(|parser| {
            let value = parser.skip_unique()?;
            if let Some(last) = elements.last_mut() {
                let between = &text[gap..value.start];
                let comma = gap + between.find(',').unwrap_or_default();
                last.after = text.slice(gap..comma);
                gap = comma + 1;
            }
            let (before, after) = (text.slice(gap..value.start), text.slice(value.end..value.end));
            gap = value.end;
            elements.push(Element { before, value: text.slice(value), after });
            Ok(())
        })?;
        let end = text.slice(gap..parser.offset() - 1);
        parser.finish()?;
        if let Some(last) = elements.last_mut() {
            last.after = end.clone();
        }
        Ok(Self { elements, empty: Some(end) })
    }

    /// Returns an array of these elements, laid out in `style`, for an array at `depth` in its
    /// document.
    ///
    /// ```
    /// use json_document::{Array, Style};
    ///
    /// let array = Array::laid_out(["1".into(), "2".into()], &Style::default(), 1);
    /// assert_eq!(array.to_text(), "[\n    1,\n    2\n  ]");
    /// ```
    pub fn laid_out(elements: impl IntoIterator<Item = Text>, style: &Style, depth: usize) -> Self {
        let (first, next) = (Text::from(style.line(depth + 1)), Text::from(style.comma(depth + 1)));
        let (next, none) = (next.slice(1..next.len()), Text::from(""));
        let mut elements: Vec<_> = elements
            .into_iter()
            .map(|value| Element { before: next.clone(), value, after: none.clone() })
            .collect();
        if let Some(element) = elements.first_mut() {
            element.before = first;
        }
        if let Some(element) = elements.last_mut() {
            element.after = style.line(depth).into();
        }
        Self { elements, empty: None }
    }

    /// Returns the texts of the elements in their order.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = &Text> {
        self.elements.iter().map(|element| &element.value)
    }

    /// Returns whether the array has no elements.
    pub const fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Appends an element, with the same whitespace around it as the last one.
    ///
    /// An empty array is laid out in `style`, for an array at `depth` in its document.
    pub fn push(&mut self, value: Text, style: &Style, depth: usize) {
        let (before, after) = match self.elements.last_mut() {
            Some(last) => (last.before.clone(), std::mem::replace(&mut last.after, "".into())),
            None => (style.line(depth + 1).into(), style.line(depth).into()),
        };
        self.elements.push(Element { before, value, after });
    }

    /// Returns the array as JSON text.
    pub fn to_text(&self) -> String {
        let mut text = "[".to_owned();
        for (index, Element { before, value, after }) in self.elements.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            text.extend([comma, before, value, after]);
        }
        if self.is_empty() {
            text.extend(self.empty.as_deref());
        }
        text + "]"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_added_like_its_neighbours() {
        let style = Style::default();
        for (text, expected) in [
            ("[]", "[\n  0\n]"),
            ("[ ]", "[\n  0\n]"),
            ("[\n  1\n]", "[\n  1,\n  0\n]"),
            ("[1]", "[1,0]"),
            ("[ 1 , 2 ]", "[ 1 , 2, 0 ]"),
        ] {
            let mut array = Array::parse(&text.into()).expect("an array");
            assert_eq!(array.to_text(), text);
            array.push("0".into(), &style, 0);
            assert_eq!(array.to_text(), expected);
        }
    }
}
