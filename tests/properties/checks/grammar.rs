//! Properties of any bytes as JSON.

use std::io::{self, Read};

use json_document::{Event, Object, ParseError, Parser, Raw, ReadError, Style, Value};

/// Gives out its bytes a few at a time.
struct Drip<'t>(&'t [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(self.1).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// A text and a stream have the same events, what is skipped has the same end, and an object is
/// written as it was read.
pub(crate) fn grammar(bytes: &[u8]) {
    let streamed = streamed(bytes, 1 + bytes.len() % 37);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return assert!(streamed.is_err(), "bytes that are not text are a document");
    };
    assert_eq!(streamed, events(text), "a stream is read differently");
    let mut parser = Parser::from_str(text);
    let skipped = parser.skip().and_then(|span| parser.finish().map(|()| span));
    assert_eq!(skipped.clone().err(), streamed.as_ref().err().cloned(), "skipped differently");
    let unique = Parser::from_str(text).skip_unique();
    let value = Value::parse(text);
    match skipped {
        Ok(span) => assert_eq!(value.is_ok(), unique.is_ok(), "{span:?}"),
        Err(_) => assert!(value.is_err(), "a value of what is not JSON"),
    }
    let (Ok(span), Ok(value)) = (unique, value) else { return };
    let raw = Raw::new(&text[span]);
    assert_eq!(raw.value(), value);
    let python = raw.restyle(&Style::default(), 0);
    assert_eq!(Value::parse(&python).expect("restyled"), value);
    if let Ok(object) = Object::parse(&raw.text().into()) {
        assert_eq!(object.to_text(&Style::default(), 0), raw.text());
    }
}

fn events(text: &str) -> Result<Vec<(Event, usize)>, ParseError> {
    let (mut parser, mut events) = (Parser::from_str(text), Vec::new());
    while events.last().is_none_or(|(event, _)| *event != Event::End) {
        events.push((parser.next_event()?, parser.span().start));
    }
    Ok(events)
}

fn streamed(bytes: &[u8], at_a_time: usize) -> Result<Vec<(Event, usize)>, ParseError> {
    let (mut parser, mut events) = (Parser::from_reader(Drip(bytes, at_a_time)), Vec::new());
    while events.last().is_none_or(|(event, _)| *event != Event::End) {
        let event = parser.next_event().map_err(|error| match error {
            ReadError::Parse(error) => error,
            ReadError::Io(error) => panic!("nothing fails to be read: {error}"),
        })?;
        events.push((event, parser.span().start));
    }
    Ok(events)
}
