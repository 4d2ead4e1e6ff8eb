//! One version of a model: a text in the manifest, and what it says.

use std::borrow::Cow;

use super::json::{self, Cursor, Fault, Number, Style, Text, Value};
use super::timestamp::Timestamp;
use crate::stage::Stage;

/// A version of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    text: Text,
    version: Text,
    stage: Stage,
}

/// The fields that every version has, in the order in which Python writes them, each with what
/// it is when the document leaves it out.
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
    /// Depth of a version in the document.
    pub(crate) const DEPTH: usize = 4;

    /// Reads the version that stands next, checking every field that this tool gives a meaning.
    pub(super) fn read(cursor: &mut Cursor<'_>, source: &Text) -> Result<Self, Fault> {
        let start = cursor.start();
        let mut version = None;
        let mut label = Stage::Dev;
        let (mut run_id, mut artifact_path) = (false, false);
        cursor.object(|cursor, key| {
            match &*key.name {
                "version" => version = Some(identity(cursor, source, "version")?),
                "run_id" => run_id = !identity(cursor, source, "run_id")?.is_empty(),
                "artifact_path" => {
                    artifact_path = !identity(cursor, source, "artifact_path")?.is_empty();
                }
                "stage" => label = stage(cursor, source)?,
                "metrics" => metrics(cursor)?,
                _ => {
                    cursor.skip_unknown()?;
                }
            }
            Ok(())
        })?;
        let text = source.slice(start..cursor.end());
        let missing = |field| Fault::field(start, format!("this version has no `{field}`"));
        let version = version.filter(|name| !name.is_empty()).ok_or_else(|| missing("version"))?;
        if !run_id {
            return Err(missing("run_id"));
        }
        if !artifact_path {
            return Err(missing("artifact_path"));
        }
        Ok(Self { text, version, stage: label })
    }

    /// A version from its fields.
    pub(super) fn new(
        fields: Vec<(Cow<'_, str>, Value<'_>)>,
        style: &Style,
    ) -> Result<Self, Fault> {
        Self::from_text(&json::write_value(&Value::Object(fields), style, Self::DEPTH).into())
    }

    /// A version from its text.
    pub(crate) fn from_text(text: &Text) -> Result<Self, Fault> {
        Self::read(&mut Cursor::new(text), text)
    }

    /// Its name, unique within the model.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The stage it was last promoted to. The model's pointers say what is current there.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The training run that made it.
    pub fn run_id(&self) -> Cow<'_, str> {
        self.string("run_id").unwrap_or_default()
    }

    /// Where the trained model is: a path or an URL.
    pub fn artifact_path(&self) -> Cow<'_, str> {
        self.string("artifact_path").unwrap_or_default()
    }

    /// When it was registered, as written.
    pub fn created_at(&self) -> Option<Cow<'_, str>> {
        self.string("created_at")
    }

    /// When it was promoted last, as written.
    pub fn promoted_at(&self) -> Option<Cow<'_, str>> {
        self.string("promoted_at")
    }

    /// When it was registered, if that is a time.
    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.created_at()?)
    }

    /// When it was promoted last, if that is a time.
    pub fn promoted(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.promoted_at()?)
    }

    /// A text for people.
    pub fn description(&self) -> Cow<'_, str> {
        self.string("description").unwrap_or_default()
    }

    /// A field that holds a string, such as `feature_hash` or one that another tool wrote.
    pub fn string(&self, field: &str) -> Option<Cow<'_, str>> {
        match self.get(field)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A field, if the document has it.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.members().find(|(key, _)| key == field).map(|(_, text)| Value::of(text))
    }

    /// All fields in the document's order. Those that the document leaves out come last, with
    /// the value that their absence means.
    pub fn fields(&self) -> Vec<(Cow<'_, str>, Value<'_>)> {
        let mut fields: Vec<_> = self.members().map(|(key, text)| (key, Value::of(text))).collect();
        for (name, default) in FIELDS {
            if !fields.iter().any(|(key, _)| key == name) {
                fields.push((Cow::Borrowed(name), default));
            }
        }
        fields
    }

    /// The metrics in the document's order. One that is `null` was not finite when it was
    /// registered; one that is no number at all is `None` as well.
    pub fn metrics(&self) -> Vec<(Cow<'_, str>, Option<Number<'_>>)> {
        let text = self.members().find(|(key, _)| key == "metrics").map_or("{}", |(_, text)| text);
        json::members(text)
            .map(|(name, text)| match Value::of(text) {
                Value::Number(number) => (name, Some(number)),
                _ => (name, None),
            })
            .collect()
    }

    /// One metric, if the version has it and it is a number.
    pub fn metric(&self, name: &str) -> Option<Number<'_>> {
        let (_, metrics) = self.members().find(|(key, _)| key == "metrics")?;
        let (_, text) = json::members(metrics).find(|(key, _)| key == name)?;
        Number::parse(text)
    }

    /// The text in the manifest.
    pub(crate) const fn text(&self) -> &Text {
        &self.text
    }

    /// What a field means that the document leaves out, if it is one that every version has.
    pub(crate) fn default_of(field: &str) -> Option<Value<'static>> {
        FIELDS.into_iter().find(|(name, _)| *name == field).map(|(_, default)| default)
    }

    /// The same version with another value in one field; the value is JSON.
    pub(crate) fn with(&self, field: &str, value: &str, style: &Style) -> Result<Self, Fault> {
        Self::from_text(&json::set_member(&self.text, field, value, style, Self::DEPTH).into())
    }

    /// The fields that the document has, each with its text.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        json::members(&self.text)
    }
}

/// The name of a version and the stage it is labelled with, without building it; `None` if one of
/// them cannot be read.
pub(super) fn heading(text: &str) -> Option<(Cow<'_, str>, Stage)> {
    let (mut version, mut stage) = (None, None);
    for (key, value) in json::members(text) {
        match &*key {
            "version" if value.starts_with('"') => version = Some(json::decode(value)),
            "stage" => stage = Some(json::decode(value).parse().ok()?),
            _ => continue,
        }
        if version.is_some() && stage.is_some() {
            break;
        }
    }
    Some((version?, stage.unwrap_or(Stage::Dev)))
}

/// A string that names something: it must mean exactly one text.
pub(super) fn identity(cursor: &mut Cursor<'_>, source: &Text, field: &str) -> Result<Text, Fault> {
    let place = cursor.string(field)?;
    let quoted = &source[place.clone()];
    if let Some(at) = json::lone_surrogate(quoted) {
        let problem = format!("`{field}` holds a lone surrogate, which is no character");
        return Err(Fault::field(place.start + at, problem));
    }
    Ok(match json::decode(quoted) {
        Cow::Borrowed(_) => source.slice(place.start + 1..place.end - 1),
        Cow::Owned(meant) => meant.into(),
    })
}

fn stage(cursor: &mut Cursor<'_>, source: &Text) -> Result<Stage, Fault> {
    let place = cursor.string("stage")?;
    let stage = json::decode(&source[place.clone()]).parse::<Stage>();
    stage.map_err(|error| Fault::field(place.start, error.to_string()))
}

/// A string or `null`.
pub(super) fn optional_string(cursor: &mut Cursor<'_>, field: &str) -> Result<(), Fault> {
    match cursor.peek() {
        Some(b'n') => cursor.skip().map(drop),
        _ => cursor.string(field).map(drop),
    }
}

/// An object, or `null`. Python may have put anything into it; what is no number is kept, and never
/// meets a rule.
fn metrics(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    match cursor.peek() {
        Some(b'{' | b'n') | None => cursor.skip_unknown().map(drop),
        Some(_) => Err(Fault::field(cursor.start(), "`metrics` is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ModelVersion, Fault> {
        ModelVersion::from_text(&text.into())
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let version =
            read(r#"{"version": "1", "run_id": "r", "artifact_path": "p"}"#).expect("complete");
        assert_eq!((version.stage(), &*version.description()), (Stage::Dev, ""));
        assert!(version.metrics().is_empty() && version.created_at().is_none());
        let names: Vec<_> = version.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, FIELDS.map(|(name, _)| name));
    }

    #[test]
    fn an_odd_field_of_one_version_stops_nobody() {
        for odd in ["\"metrics\": null", "\"created_at\": 5", "\"feature_hash\": [1]"] {
            let text = format!(r#"{{"version": "1", "run_id": "r", "artifact_path": "p", {odd}}}"#);
            let version = read(&text).expect("kept as it is");
            assert!(version.created_at().is_none() && version.metrics().is_empty());
            assert_eq!(&**version.text(), text);
        }
    }

    #[test]
    fn a_wrong_field_is_refused_by_name() {
        let cases = [
            (r#"{"run_id": "r", "artifact_path": "p"}"#, "this version has no `version`"),
            (r#"{"version": "1", "artifact_path": "p"}"#, "this version has no `run_id`"),
            (r#"{"version": "1", "run_id": "r"}"#, "this version has no `artifact_path`"),
            (r#"{"version": 1}"#, "`version` is not a string"),
            (r#"{"version": "\udce9"}"#, "`version` holds a lone surrogate, which is no character"),
            (r#"{"stage": "live"}"#, "unknown stage `live`, expected dev, staging or prod"),
            (r#"{"metrics": []}"#, "`metrics` is not an object"),
            (r#"{"metrics": {"a": 1, "a": 2}}"#, "duplicate key `a`, first on line 1"),
            (r#""1""#, "expected an object"),
        ];
        for (text, problem) in cases {
            assert_eq!(read(text).expect_err(text).problem, problem);
        }
    }

    #[test]
    fn metrics_keep_their_digits_and_may_be_missing() {
        let text = r#"{"version": "1", "run_id": "r", "artifact_path": "p",
            "metrics": {"a": 1e-07, "b": null, "c": NaN, "d": 6079, "e": true, "f": {"g": 1}}}"#;
        let version = read(text).expect("valid");
        let digits = |name| version.metric(name).map(|number| number.text().to_owned());
        assert_eq!(digits("a").as_deref(), Some("1e-07"));
        assert_eq!(digits("b"), None);
        assert!(!version.metric("c").expect("a number").is_finite());
        assert_eq!((digits("e"), digits("f")), (None, None));
        assert_eq!(version.metrics().len(), 6);
    }
}
