//! `ModelVersion`: the text of a version in the manifest, and its fields.

mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use json_document::{Number, Object, Parser, Raw, Style, Text, Value, encode};

use super::depth;
use super::fault::Fault;
use super::timestamp::Timestamp;
use crate::stage::Stage;
use read::RunIdPlace;
pub(super) use read::{LastVersion, heading, optional_string, string};

/// A version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelVersion {
    text: Text,
    version: Text,
    stage: Stage,
    /// Where the text of the version contains the run id. It is looked up more often than any field
    /// but these; without a place, for example if it has escapes, it is read like the others.
    run_id: Option<RunIdPlace>,
}

/// The fields of every version in Python's order, each with its default.
pub(crate) const FIELDS: [(&str, Value<'static>); 12] = [
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

impl ModelVersion {
    /// Creates a version from its fields.
    pub(super) fn new(
        fields: Vec<(Cow<'_, str>, Value<'_>)>,
        style: &Style,
    ) -> Result<Self, Fault> {
        Self::from_text(&Value::Object(fields).to_text(style, depth::VERSION).into())
    }

    /// Parses a version.
    pub(crate) fn from_text(text: &Text) -> Result<Self, Fault> {
        let mut parser = Parser::from_str(text);
        let start = parser.start()?;
        Self::read_fields(&mut parser, text, start)
    }

    /// Returns the name, which is unique within the model.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the stage that the version was last moved to. The model's pointers determine which
    /// version is current.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the id of the training run.
    pub fn run_id(&self) -> Cow<'_, str> {
        let known = self.run_id.and_then(|place| self.text.get(place.range()));
        known.map(Cow::Borrowed).or_else(|| self.string("run_id")).unwrap_or_default()
    }

    /// Returns the path or URL of the trained model.
    pub fn artifact_path(&self) -> Cow<'_, str> {
        self.string("artifact_path").unwrap_or_default()
    }

    /// Returns the registration time as written in the manifest.
    pub fn created_at(&self) -> Option<Cow<'_, str>> {
        self.string("created_at")
    }

    /// Returns the time of the last promotion as written in the manifest.
    pub fn promoted_at(&self) -> Option<Cow<'_, str>> {
        self.string("promoted_at")
    }

    /// Returns the registration time, or `None` if it is not a timestamp.
    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.created_at()?)
    }

    /// Returns the time of the last promotion, or `None` if it is not a timestamp.
    pub fn promoted(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.promoted_at()?)
    }

    /// Returns the description.
    pub fn description(&self) -> Cow<'_, str> {
        self.string("description").unwrap_or_default()
    }

    /// Returns a string field, such as `feature_hash` or one that another tool wrote.
    pub fn string(&self, field: &str) -> Option<Cow<'_, str>> {
        match self.get(field)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a field, if the document has it.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.text.raw().get(field).map(Raw::value)
    }

    /// Returns all fields in the document's order. Missing ones come last, with their defaults.
    pub fn fields(&self) -> Vec<(Cow<'_, str>, Value<'_>)> {
        let mut fields: Vec<_> = self.members().map(|(key, raw)| (key, raw.value())).collect();
        for (name, default) in FIELDS {
            if !fields.iter().any(|(key, _)| key == name) {
                fields.push((Cow::Borrowed(name), default));
            }
        }
        fields
    }

    /// Returns the metrics in the document's order.
    ///
    /// A metric is `None` if it is not a number, or if it is `null` because it was not finite when
    /// it was registered.
    pub fn metrics(&self) -> Vec<(Cow<'_, str>, Option<Number<'_>>)> {
        let metrics = self.text.raw().get("metrics").unwrap_or(Raw::new("{}"));
        metrics
            .members()
            .map(|(name, raw)| match raw.value() {
                Value::Number(number) => (name, Some(number)),
                _ => (name, None),
            })
            .collect()
    }

    /// Returns a metric, if the version has it and it is a number.
    pub fn metric(&self, name: &str) -> Option<Number<'_>> {
        Number::parse(self.text.raw().get("metrics")?.get(name)?.text())
    }

    /// Returns the text in the manifest.
    pub(crate) const fn text(&self) -> &Text {
        &self.text
    }

    /// Returns the default of a field that every version has.
    pub(crate) fn default_of(field: &str) -> Option<Value<'static>> {
        FIELDS.into_iter().find(|(name, _)| *name == field).map(|(_, default)| default)
    }

    /// Returns the version with a changed field; `value` is JSON.
    pub(crate) fn with(&self, field: &str, value: &str, style: &Style) -> Result<Self, Fault> {
        let mut object = Object::parse(&self.text)?;
        object.set(field, value.into(), style, depth::VERSION);
        Self::from_text(&object.to_text(style, depth::VERSION).into())
    }

    /// Returns the version with another value in one field.
    pub(super) fn with_value(
        &self,
        field: &str,
        value: &Value<'_>,
        style: &Style,
    ) -> Result<Self, Fault> {
        self.with(field, &value.to_text(style, depth::VERSION_FIELD), style)
    }

    /// Returns the version without a field.
    pub(super) fn without(&self, field: &str, style: &Style) -> Result<Self, Fault> {
        let mut object = Object::parse(&self.text)?;
        object.remove(field);
        Self::from_text(&object.to_text(style, depth::VERSION).into())
    }

    /// Returns the tags in the file's order.
    pub fn tags(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        string_members(self.text.raw().get("tags"))
    }

    /// Returns this version with another stage and promotion time.
    pub(crate) fn moved_to(&self, stage: Stage, at: Option<&str>, style: &Style) -> Self {
        let at = at.map_or("null".to_owned(), |at| encode(at, style.is_ascii()));
        let moved = self.with("stage", &format!("\"{stage}\""), style);
        // A version that could be read can be read with another stage.
        moved
            .and_then(|moved| moved.with("promoted_at", &at, style))
            .unwrap_or_else(|_| self.clone())
    }

    /// Returns the fields that the document has, each with its text.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Cow<'_, str>, Raw<'_>)> {
        self.text.raw().members()
    }
}

/// Returns the members of an object whose values are strings.
pub(super) fn string_members(object: Option<Raw<'_>>) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let members = object.into_iter().flat_map(Raw::members);
    members.filter_map(|(name, value)| Some((name, value.string()?))).collect()
}
