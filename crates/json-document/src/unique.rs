//! Finds duplicate keys in a value that is skipped.

use std::ops::Range;

use crate::error::ParseError;
use crate::event::Event;
use crate::keys::Keys;
use crate::parser::Parser;
use crate::source::Slice;
use crate::string::decode;

impl Parser<Slice<'_>> {
    /// Skips a value, checks that no object in it has a key twice, and returns its byte range.
    ///
    /// # Errors
    /// Those of [`Parser::skip`], and [`DuplicateKey`](crate::ParseErrorKind::DuplicateKey).
    pub fn skip_unique(&mut self) -> Result<Range<usize>, ParseError> {
        // The syntax is checked first: its errors are more useful than a duplicate key.
        let span = self.skip()?;
        if let b'{' | b'[' = self.source().as_bytes()[span.start] {
            unique(self.source(), span.start)?;
        }
        Ok(span)
    }
}

/// Checks that no object in the container that starts at `start` has a key twice.
fn unique(text: &str, start: usize) -> Result<(), ParseError> {
    let mut parser = Parser::again(text, start);
    let mut open: Vec<Keys<'_>> = Vec::new();
    loop {
        match parser.next_event()? {
            Event::ObjectStart => open.push(Keys::new()),
            Event::ArrayStart => open.push(Keys::default()),
            Event::Key => {
                let token = parser.span();
                if let Some(keys) = open.last_mut() {
                    keys.insert(decode(&text[token.clone()]), token.start)?;
                }
            }
            Event::ObjectEnd | Event::ArrayEnd => drop(open.pop()),
            Event::Scalar => {}
            Event::End => return Ok(()),
        }
        if open.is_empty() {
            return Ok(());
        }
    }
}
