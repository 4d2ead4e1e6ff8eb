//! One model out of a file of any size, in one pass and little memory.
//!
//! The file goes by in a window. The grammar of all of it is checked; of the model that is asked
//! for the wanted versions are kept, everything else is passed over unbuilt. Any fault ends the attempt
//! without a reason: [`super::store`] then reads the file whole, which finds the reason and its
//! place.

use std::collections::HashSet;
use std::io::{self, Read};

use super::check_schema;
use super::json::scan::Scan;
use super::json::token::{Stop, blanks};
use super::json::{Cursor, Text, decode, encode};
use super::model::Model;

/// Large enough that reading costs little, small enough to stay in a cache near the processor.
const WINDOW: usize = 256 * 1024;

/// What a pass over a manifest found.
pub(super) enum Found {
    /// The model, with those of its versions that were wanted.
    Model(Box<Model>),
    /// The manifest is sound and does not have it.
    Absent,
    /// The file is no manifest, or not yet.
    Fault,
}

/// Looks for a model, and keeps of its versions those whose text is `wanted`.
///
/// # Errors
/// Those of reading.
pub(super) fn find_model(
    input: impl Read,
    name: &str,
    mut wanted: impl FnMut(&str) -> bool,
) -> io::Result<Found> {
    match Window::new(input).find_model(name, &mut wanted) {
        Ok(Some(text)) => {
            let text = Text::from(text);
            let quoted_name = encode(name, true).into();
            let model = Model::read(&mut Cursor::new(&text), &text, quoted_name);
            Ok(model.map_or(Found::Fault, |model| Found::Model(Box::new(model))))
        }
        Ok(None) => Ok(Found::Absent),
        Err(Failure::Fault) => Ok(Found::Fault),
        Err(Failure::Io(error)) => Err(error),
    }
}

enum Failure {
    Fault,
    Io(io::Error),
}

struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// The part of `bytes` that is filled and not yet passed.
    at: usize,
    filled: usize,
    complete: bool,
}

impl<R: Read> Window<R> {
    fn new(input: R) -> Self {
        Self { input, bytes: vec![0; WINDOW], at: 0, filled: 0, complete: false }
    }

    fn find_model(
        &mut self,
        name: &str,
        wanted: &mut impl FnMut(&str) -> bool,
    ) -> Result<Option<String>, Failure> {
        let mut found = None;
        self.object(|window, key| match key {
            "models" => window.object(|window, key| {
                if key == name {
                    found = Some(window.model(wanted)?);
                    return Ok(());
                }
                window.value(None)
            }),
            "schema_version" => {
                let mut text = Vec::new();
                window.value(Some(&mut text))?;
                let text = text_of(&text)?;
                let known = text.starts_with('"') && check_schema(text).is_ok();
                if known { Ok(()) } else { Err(Failure::Fault) }
            }
            _ => window.value(None),
        })?;
        match self.peek()? {
            None => Ok(found),
            Some(_) => Err(Failure::Fault),
        }
    }

    /// The text of a model without the versions that are not wanted.
    fn model(&mut self, wanted: &mut impl FnMut(&str) -> bool) -> Result<String, Failure> {
        let mut text = vec![b'{'];
        self.object(|window, key| {
            if text.len() > 1 {
                text.push(b',');
            }
            text.extend_from_slice(encode(key, true).as_bytes());
            text.push(b':');
            if key != "versions" {
                return window.value(Some(&mut text));
            }
            text.push(b'[');
            let first = text.len();
            window.sequence(*b"[]", |window| {
                let before = text.len();
                if before > first {
                    text.push(b',');
                }
                let start = text.len();
                window.value(Some(&mut text))?;
                if !wanted(text_of(&text[start..])?) {
                    text.truncate(before);
                }
                Ok(())
            })?;
            text.push(b']');
            Ok(())
        })?;
        text.push(b'}');
        String::from_utf8(text).map_err(|_| Failure::Fault)
    }

    /// Reads an object; `each` reads the value of the key it is given.
    fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, &str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        self.sequence(*b"{}", |window| {
            if window.peek()? != Some(b'"') {
                return Err(Failure::Fault);
            }
            let mut quoted = Vec::new();
            window.value(Some(&mut quoted))?;
            let key = decode(text_of(&quoted)?).into_owned();
            window.expect(*b"::")?;
            each(window, &key)?;
            if seen.insert(key) { Ok(()) } else { Err(Failure::Fault) }
        })
    }

    /// Reads what stands between two brackets with commas in between.
    fn sequence(
        &mut self,
        [open, close]: [u8; 2],
        mut each: impl FnMut(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.expect([open, open])?;
        if self.peek()? == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            if self.expect([b',', close])? == close {
                return Ok(());
            }
        }
    }

    /// Passes over a value, and adds its text to what is kept.
    fn value(&mut self, mut keep: Option<&mut Vec<u8>>) -> Result<(), Failure> {
        self.peek()?;
        let mut scan = Scan::new();
        loop {
            let start = self.at;
            let result = scan.run(&self.bytes[..self.filled], &mut self.at, self.complete);
            if let Some(kept) = &mut keep {
                kept.extend_from_slice(&self.bytes[start..self.at]);
            }
            match result {
                Ok(()) => return Ok(()),
                Err(Stop::NeedMore) => self.fill()?,
                Err(Stop::Fault(_)) => return Err(Failure::Fault),
            }
        }
    }

    /// Passes over one of two bytes.
    fn expect(&mut self, bytes: [u8; 2]) -> Result<u8, Failure> {
        match self.peek()? {
            Some(byte) if bytes.contains(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            _ => Err(Failure::Fault),
        }
    }

    /// The next byte that is not blank, without passing it.
    fn peek(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            self.at = blanks(&self.bytes[..self.filled], self.at);
            if self.at < self.filled {
                return Ok(Some(self.bytes[self.at]));
            }
            if self.complete {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Reads more, behind what has not been passed yet.
    fn fill(&mut self) -> Result<(), Failure> {
        self.bytes.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        if self.filled == self.bytes.len() {
            // One token is larger than the window, such as a long description.
            self.bytes.resize(2 * self.bytes.len(), 0);
        }
        loop {
            match self.input.read(&mut self.bytes[self.filled..]) {
                Ok(count) => {
                    self.filled += count;
                    self.complete = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::Io(error)),
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::Fault)
}

#[cfg(test)]
mod tests {
    use super::super::ModelVersion;
    use super::*;

    /// Gives out its text a few bytes at a time.
    struct Drip<'t>(&'t [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn find(text: &str, name: &str, at_a_time: usize) -> Found {
        find_model(Drip(text.as_bytes(), at_a_time), name, |_| true).expect("no I/O fails")
    }

    #[test]
    fn a_model_is_found_however_the_file_is_read() {
        let text = include_str!("../../tests/data/every_kind.json");
        let manifest = crate::Manifest::parse(text.to_owned(), "m.json".as_ref()).expect("valid");
        for model in manifest.models() {
            for at_a_time in [1, 2, 7, 64, 10_000] {
                match find(text, model.name(), at_a_time) {
                    Found::Model(found) => assert_eq!(*found, *model),
                    _ => panic!("{} not found", model.name()),
                }
            }
        }
        assert!(matches!(find(text, "no such model", 100), Found::Absent));
    }

    #[test]
    fn only_wanted_versions_are_kept() {
        let version = |name| format!(r#"{{"version":"{name}","run_id":"r","artifact_path":"p"}}"#);
        for wanted in ["1", "2", "3", "4"] {
            let versions = ["1", "2", "3"].map(version).join(", ");
            let text = format!(r#"{{"models": {{"a": {{"versions": [{versions}], "b": 1}}}}}}"#);
            let found = find_model(Drip(text.as_bytes(), 9), "a", |v| v.contains(&version(wanted)));
            let Ok(Found::Model(model)) = found else { panic!("no model") };
            let names: Vec<_> = model.versions().iter().map(ModelVersion::version).collect();
            assert_eq!(names, if wanted == "4" { vec![] } else { vec![wanted] });
        }
    }

    #[test]
    fn whatever_the_document_refuses_is_a_fault() {
        let sound = r#"{"models": {"a": {}}}"#;
        assert!(matches!(find(sound, "a", 3), Found::Model(_)));
        for cut in 0..sound.len() {
            assert!(matches!(find(&sound[..cut], "a", 3), Found::Fault), "{}", &sound[..cut]);
        }
        for text in [
            r#"{"models": {"a": {}, "a": {}}}"#,
            r#"{"models": {"a": {}}} }"#,
            r#"{"models": {"b": {,}, "a": {}}}"#,
            r#"{"models": {"a": 1}}"#,
            r#"{"schema_version": "2.0", "models": {"a": {}}}"#,
            r#"{"schema_version": 1, "models": {"a": {}}}"#,
            "{\"models\": {\"a\": {}},\n<<<<<<< HEAD\n\"b\": 1}",
            "[]",
        ] {
            assert!(matches!(find(text, "a", 5), Found::Fault), "{text}");
        }
    }

    #[test]
    fn a_token_may_be_larger_than_the_window() {
        let long = "x".repeat(3 * WINDOW);
        let text = format!(r#"{{"note": "{long}", "models": {{"a": {{"note": "{long}"}}}}}}"#);
        assert!(matches!(find(&text, "a", usize::MAX), Found::Model(_)));
    }
}
