//! Reads one model of a file of any size, in one pass and with little memory.
//!
//! The file is read through a window and checked as JSON. Of the requested model, only the versions
//! that the caller selects are kept. A fault is returned without a reason: [`super::store`] then
//! loads the whole file, which reports the reason with line and column.

use std::io::{self, Read};

use json_document::{Parser, ReadError, Text, Window};

use super::check_schema;
use super::model::Model;

/// The result of a pass over a manifest.
pub(super) enum Found {
    /// The model with the selected versions.
    Model(Box<Model>),
    /// The names of the models in a manifest that does not have the requested one.
    Absent(Vec<String>),
    /// The file is not a valid manifest, or another program is still writing it.
    Fault,
}

/// Finds a model, and keeps the versions for whose text `selects` returns `true`.
///
/// # Errors
///
/// Read errors.
pub(super) fn find_model(
    input: impl Read,
    name: &str,
    mut selects: impl FnMut(&str) -> bool,
) -> io::Result<Found> {
    match model_text(&mut Parser::from_reader(input), name, &mut selects) {
        Ok(Ok((quoted_name, text))) => {
            let text = Text::from(text);
            let model = Model::read(&mut Parser::from_str(&text), &text, quoted_name.into());
            Ok(model.map_or(Found::Fault, |model| Found::Model(Box::new(model))))
        }
        Ok(Err(present)) => Ok(Found::Absent(present)),
        Err(Failure::Io(error)) => Err(error),
        Err(Failure::Fault) => Ok(Found::Fault),
    }
}

enum Failure {
    Fault,
    Io(io::Error),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Io(error),
            ReadError::Parse(_) => Self::Fault,
        }
    }
}

/// Returns the key and the text of a model with only the selected versions, or the names of all
/// models if the requested one does not exist.
fn model_text<R: Read>(
    parser: &mut Parser<Window<R>>,
    name: &str,
    selects: &mut impl FnMut(&str) -> bool,
) -> Result<Result<(String, String), Vec<String>>, Failure> {
    let mut found = Err(Vec::new());
    parser.object::<Failure>(|parser, key| match &*key.name {
        "models" => parser.object(|parser, key| {
            if key.name == name {
                found = Ok((key.quoted.into_owned(), with_selected_versions(parser, selects)?));
                return Ok(());
            }
            if let Err(present) = &mut found {
                present.push(key.name.into_owned());
            }
            Ok(parser.skip().map(drop)?)
        }),
        "schema_version" => {
            let mut text = Vec::new();
            parser.skip_into(&mut text)?;
            let text = text_of(&text)?;
            let known = text.starts_with('"') && check_schema(text).is_ok();
            if known { Ok(()) } else { Err(Failure::Fault) }
        }
        _ => Ok(parser.skip().map(drop)?),
    })?;
    parser.finish()?;
    Ok(found)
}

/// Reads a model and returns its text with only the selected versions.
fn with_selected_versions<R: Read>(
    parser: &mut Parser<Window<R>>,
    selects: &mut impl FnMut(&str) -> bool,
) -> Result<String, Failure> {
    let mut text = vec![b'{'];
    parser.object::<Failure>(|parser, key| {
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend_from_slice(key.quoted.as_bytes());
        text.push(b':');
        if key.name != "versions" {
            return Ok(parser.skip_into(&mut text)?);
        }
        text.push(b'[');
        let first = text.len();
        parser.array::<Failure>(|parser| {
            let before = text.len();
            if before > first {
                text.push(b',');
            }
            let start = text.len();
            parser.skip_into(&mut text)?;
            if !selects(text_of(&text[start..])?) {
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

fn text_of(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::Fault)
}

#[cfg(test)]
mod tests {
    use super::super::ModelVersion;
    use super::*;

    /// A reader that returns its text a few bytes at a time.
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
        let python = include_str!("../../tests/data/every_kind.json");
        let raw = python.replace("caf\\u00e9", "café");
        // Unusual notations of keys, in a model and as the name of a model.
        let keys = r#"{"models": {"m\u0061\/é😀": {"\u006eame": 1, "caf\udce9": 2, "caf\\udce9é": 3,
            "\u0076ersions": [{"version": "é", "run_id": "r", "artifact_path": "p"}]}}}"#;
        assert_ne!(raw, python);
        for text in [python, &raw, keys] {
            let manifest = crate::Manifest::parse(text.into(), "m.json".as_ref()).expect("valid");
            for model in manifest.models() {
                for at_a_time in [1, 2, 7, 64, 10_000] {
                    match find(text, model.name(), at_a_time) {
                        Found::Model(found) => assert_eq!(*found, *model),
                        _ => panic!("{} not found", model.name()),
                    }
                }
            }
            assert!(
                matches!(find(text, "no such model", 100), Found::Absent(names) if names.len() == manifest.models().len())
            );
        }
    }

    #[test]
    fn only_wanted_versions_are_kept() {
        let version = |name| format!(r#"{{"version":"{name}","run_id":"r","artifact_path":"p"}}"#);
        for kept in ["1", "2", "3", "4"] {
            let versions = ["1", "2", "3"].map(version).join(", ");
            let text = format!(r#"{{"models": {{"a": {{"versions": [{versions}], "b": 1}}}}}}"#);
            let found = find_model(Drip(text.as_bytes(), 9), "a", |v| v.contains(&version(kept)));
            let Ok(Found::Model(model)) = found else { panic!("no model") };
            let names: Vec<_> = model.versions().iter().map(ModelVersion::version).collect();
            assert_eq!(names, if kept == "4" { vec![] } else { vec![kept] });
        }
    }

    #[test]
    fn texts_that_the_document_refuses_are_faults() {
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
        let long = "x".repeat(1_000_000);
        let text = format!(r#"{{"note": "{long}", "models": {{"a": {{"note": "{long}"}}}}}}"#);
        assert!(matches!(find(&text, "a", usize::MAX), Found::Model(_)));
    }
}
