//! What holds for any bytes that are read as a manifest.

use std::fs;
use std::path::Path;

use model_registry::artifact::State;
use model_registry::check::{against, artifacts, check};
use model_registry::diff::diff;
use model_registry::{
    DocumentErrorKind, Error, Manifest, Model, ModelVersion, Number, Stage, Store, Timestamp,
    Value, compare,
};

use super::json::{depth, has_duplicate_keys, is_grammatical, laid_out, strict};
use super::{commands, parse, parse_again, problem};

/// Errors that the grammar alone allows; all others are about the content of a manifest.
const GRAMMAR: [&str; 14] = [
    "the file is empty",
    "the file ends too early",
    "unresolved merge conflict",
    "nested too deep",
    "not a number",
    "a string holds",
    "`\\u` needs",
    "the text is not UTF-8",
    "expected `,`",
    "expected `:`",
    "expected a value",
    "expected a key in quotes",
    "expected the end of the file",
    "expected `}`",
];

/// Nesting that every part of the library allows, wherever in the document it is.
const DEPTH_THAT_IS_ALLOWED: usize = 1000;

/// Any bytes are refused with a position inside them, or are a manifest with the content of the
/// text. `file` may be overwritten and is not removed.
pub(crate) fn document(bytes: &[u8], file: &Path) {
    let read = Manifest::from_reader(bytes, Path::new("manifest.json"));
    let Ok(text) = std::str::from_utf8(bytes) else {
        return assert!(read.is_err(), "invalid UTF-8 is a manifest");
    };
    let parsed = parse(text);
    assert_eq!(parsed.as_ref().ok(), read.as_ref().ok(), "two ways to read one text");

    let strict = strict(text);
    let depth = depth(text);
    match parsed {
        Ok(manifest) => {
            assert!(is_grammatical(&strict), "accepted, and no JSON");
            assert_ne!(has_duplicate_keys(&strict), Some(true), "accepted, with a key twice");
            comes_back(&manifest, text);
            has_the_content_of(&manifest, &strict);
            answers(&manifest);
            if depth <= DEPTH_THAT_IS_ALLOWED {
                cut_texts_are_torn(text.trim_end());
            }
            fs::write(file, bytes).expect("a file for the check");
            models_are_found(&manifest, file);
            commands(&manifest);
        }
        Err(error) => {
            let problem = problem(&error, text);
            let of_grammar = GRAMMAR.iter().any(|start| problem.starts_with(start));
            if of_grammar && depth <= DEPTH_THAT_IS_ALLOWED {
                assert!(!is_grammatical(&strict), "valid JSON is refused: {error}");
            }
            if problem.starts_with("duplicate key") && is_grammatical(&strict) {
                assert_ne!(has_duplicate_keys(&strict), Some(false), "no key twice: {error}");
            }
            // A model can be read from an invalid manifest, but not from text that is not JSON.
            fs::write(file, bytes).expect("a file for the check");
            if !is_incomplete(&error) && !is_grammatical(&strict) {
                let found = Store::new(file).load_model("m");
                assert!(found.is_err(), "a model from text that is not JSON");
            }
        }
    }
}

/// The text is written as it was read where Python could have written it, and it is written
/// in the same way every time.
fn comes_back(manifest: &Manifest, text: &str) {
    let written = manifest.to_text();
    let again = parse_again(&written);
    assert_eq!(&again, manifest, "read from its own text");
    assert_eq!(again.to_text(), written, "written again");
    let end = &text[text.trim_end_matches([' ', '\n', '\r', '\t']).len()..];
    for indent in [Some("  "), Some("    "), Some("\t"), None] {
        let python = laid_out(text, indent) + end;
        let same = parse_again(&python);
        assert_eq!(same.to_text(), python, "laid out as Python does");
        assert!(diff(manifest, &same).is_empty(), "laid out in another manner");
    }
}

/// The manifest has the content that serde_json reads.
fn has_the_content_of(manifest: &Manifest, strict: &str) {
    let Ok(serde_json::Value::Object(mut expected)) = serde_json::from_str(strict) else { return };
    let mut models = match expected.remove("models") {
        Some(serde_json::Value::Object(models)) => models,
        _ => serde_json::Map::new(),
    };
    let same = |found: Option<Value<'_>>, expected: &serde_json::Value| {
        let found = serde_json::to_value(found.expect("a field")).expect("JSON");
        assert_eq!(&found, expected);
    };
    for (field, value) in &expected {
        same(manifest.get(field), value);
    }
    assert_eq!(manifest.models().len(), models.len());
    for model in manifest.models() {
        let mut expected = models.remove(model.name()).expect("a model of this name");
        let versions = expected.as_object_mut().expect("an object").remove("versions");
        for (field, value) in expected.as_object().expect("an object") {
            same(model.get(field), value);
        }
        let versions = versions.unwrap_or_else(|| serde_json::json!([]));
        let versions = versions.as_array().expect("an array");
        assert_eq!(model.versions().len(), versions.len());
        for (version, expected) in model.versions().iter().zip(versions) {
            for (field, value) in expected.as_object().expect("an object") {
                same(version.get(field), value);
            }
        }
    }
}

fn is_incomplete(error: &Error) -> bool {
    let kinds = [DocumentErrorKind::Empty, DocumentErrorKind::Truncated];
    matches!(error, Error::BadDocument { reason, .. } if kinds.contains(reason))
}

/// A text that is not all there is known by that: a reader waits for the rest.
fn cut_texts_are_torn(text: &str) {
    for end in [0, text.len() / 4, text.len() / 2, text.len() * 3 / 4, text.len() - 1] {
        let cut = &text[..(0..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)];
        match parse(cut) {
            Err(error) if is_incomplete(&error) => {}
            other => panic!("{other:?} of what is cut:\n{cut}"),
        }
    }
}

/// A model that is read alone equals the one in the document.
fn models_are_found(manifest: &Manifest, file: &Path) {
    let store = Store::new(file);
    for model in manifest.models().iter().take(4) {
        let found = store.load_model(model.name()).expect("a model of this name");
        assert_eq!(&found, model);
        match (store.production(model.name()), model.production()) {
            (Ok(found), Ok(expected)) => assert_eq!(&found, expected),
            (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected.to_string()),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }
    let missing = store.load_model("no model is called that way");
    let missing = missing.map_or_else(|error| error, |model| panic!("{model:?}"));
    assert!(matches!(missing, Error::ModelNotFound { .. }), "{missing}");
}

/// Everything that can be asked of a manifest has an answer.
fn answers(manifest: &Manifest) {
    assert!(diff(manifest, manifest).is_empty());
    assert_eq!(against(manifest, manifest), []);
    assert_eq!(manifest.changes(manifest), []);
    let versions: usize = manifest.models().iter().map(|model| model.versions().len()).sum();
    let all = manifest.models().iter();
    let all: Vec<_> = all.flat_map(|m| m.versions().iter().map(move |v| (m, v))).collect();
    assert_eq!(artifacts(&all, &vec![State::Missing; all.len()]).len(), versions);
    for finding in check(manifest) {
        assert!(!finding.message.is_empty());
    }
    for model in manifest.models() {
        asked_of_a_model(model);
    }
}

fn asked_of_a_model(model: &Model) {
    for event in model.history() {
        let _ = (event.time(), serde_json::to_string(&event).expect("JSON"));
        let _ = model.rolled_back(&event.version);
    }
    for reference in ["@prod", "@staging", "@latest", "", "m"] {
        let _ = model.resolve(reference).map_err(|error| error.to_string());
    }
    for version in model.versions() {
        asked_of_a_version(version);
        let name = version.version();
        assert_eq!(model.version(name), Some(version));
        if !["@prod", "@staging", "@latest"].contains(&name) {
            assert_eq!(model.resolve(name).expect("the version"), version);
        }
        let stage = model.current_stage(name);
        assert!(stage.is_none_or(|stage| model.current(stage).as_deref() == Some(name)));
    }
    if let [one, .., two] = model.versions() {
        let _ = serde_json::to_string(&compare(one, two)).expect("JSON");
    }
}

fn asked_of_a_version(version: &ModelVersion) {
    assert!(!version.run_id().is_empty() && !version.artifact_path().is_empty());
    let times = [version.created(), version.promoted()];
    for time in times.into_iter().flatten() {
        let _ = (time.to_string(), time.compact(), time.readable());
    }
    let texts = [version.created_at(), version.promoted_at(), Some(version.description())];
    for text in texts.into_iter().flatten() {
        let _ = Timestamp::parse(&text);
    }
    for (name, number) in version.metrics() {
        assert_eq!(
            version.metric(&name).as_ref().map(Number::text),
            number.as_ref().map(Number::text)
        );
        let Some(number) = number else { continue };
        assert_eq!(number.is_finite(), number.as_f64().is_finite());
        assert!(number.compare(&number).is_some() || number.as_f64().is_nan());
    }
    for (field, value) in version.fields() {
        let shown = serde_json::to_string(&value).expect("JSON");
        let line = value.to_string();
        assert!(!shown.is_empty() && !line.contains('\n'), "{field} is {line}");
    }
}
