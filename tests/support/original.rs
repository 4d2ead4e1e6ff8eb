//! Reimplements how the original Python tool loads and saves a manifest.

use std::borrow::Cow;

use json_document::{Style, Value};

const VERSION: [(&str, Value<'static>); 12] = [
    ("version", Value::Null),
    ("run_id", Value::Null),
    ("artifact_path", Value::Null),
    ("stage", Value::String(Cow::Borrowed("dev"))),
    ("created_at", Value::Null),
    ("promoted_at", Value::Null),
    ("training_start", Value::Null),
    ("training_end", Value::Null),
    ("feature_schema_version", Value::Null),
    ("feature_hash", Value::Null),
    ("metrics", Value::Object(Vec::new())),
    ("description", Value::String(Cow::Borrowed(""))),
];

/// Returns the text of a manifest after the original's `load_manifest` and `save_manifest`, which
/// drop all fields that its dataclasses lack.
pub(crate) fn saved_by_the_original(text: &str) -> String {
    let value = Value::parse(text).expect("JSON");
    let document = [
        ("schema_version", Value::String("1.0.0".into())),
        ("updated_at", Value::Null),
        ("models", Value::Object(Vec::new())),
    ];
    let saved = with_fields(value, &document, |name, value| match (name, value) {
        ("models", Value::Object(models)) => Value::Object(
            models.into_iter().map(|(name, model)| (name, saved_model(model))).collect(),
        ),
        (_, value) => value,
    });
    saved.to_text(&Style::default(), 0)
}

fn saved_model(model: Value<'_>) -> Value<'_> {
    let fields = [
        ("name", Value::Null),
        ("versions", Value::Array(Vec::new())),
        ("current_prod", Value::Null),
        ("current_staging", Value::Null),
    ];
    with_fields(model, &fields, |_, value| match value {
        Value::Array(versions) => Value::Array(
            versions
                .into_iter()
                .map(|version| with_fields(version, &VERSION, |_, value| value))
                .collect(),
        ),
        value => value,
    })
}

/// Returns an object with exactly these fields, each with its default if it is missing.
fn with_fields<'v>(
    object: Value<'v>,
    fields: &[(&'static str, Value<'static>)],
    save: impl Fn(&str, Value<'v>) -> Value<'v>,
) -> Value<'v> {
    let Value::Object(mut members) = object else { panic!("not an object") };
    let fields = fields.iter().map(|(name, default)| {
        let found = members.iter().position(|(key, _)| key == name);
        let value = found.map_or_else(|| default.clone(), |index| members.swap_remove(index).1);
        (Cow::Borrowed(*name), save(name, value))
    });
    Value::Object(fields.collect())
}
