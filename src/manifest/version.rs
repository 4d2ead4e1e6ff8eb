//! A version of a model: its text in the manifest, and its fields.

use std::borrow::Cow;
use std::ops::Range;

use json_document::{
    Kind, Number, Object, Parser, Raw, Shape, Slice, Style, Text, Value, decode, encode,
    lone_surrogate,
};

use super::depth;
use super::fault::Fault;
use super::timestamp::Timestamp;
use crate::error::DocumentErrorKind;
use crate::stage::Stage;

/// A version of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    text: Text,
    version: Text,
    stage: Stage,
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
    /// Parses the next version and validates every known field.
    ///
    /// Most versions have the shape of the previous one, whose keys need not be parsed again.
    pub(super) fn read(
        parser: &mut Parser<Slice<'_>>,
        source: &Text,
        last: &mut LastVersion,
    ) -> Result<Self, Fault> {
        let start = parser.start()?;
        if let Some(version) = last.read_like(parser, source) {
            return Ok(version);
        }
        let version = Self::read_fields(parser, source, start)?;
        last.learn(parser, start..parser.offset())?;
        Ok(version)
    }

    fn read_fields(
        parser: &mut Parser<Slice<'_>>,
        source: &Text,
        start: usize,
    ) -> Result<Self, Fault> {
        let mut version = None;
        let mut label = Stage::Dev;
        let (mut run_id, mut artifact_path) = (false, false);
        parser.object::<Fault>(|parser, key| {
            match &*key.name {
                "version" => version = Some(identity(parser, source, "version")?),
                "run_id" => run_id = !identity(parser, source, "run_id")?.is_empty(),
                "artifact_path" => {
                    artifact_path = !identity(parser, source, "artifact_path")?.is_empty();
                }
                "stage" => label = stage(parser)?,
                "metrics" => metrics(parser)?,
                _ => {
                    parser.skip_unique()?;
                }
            }
            Ok(())
        })?;
        let text = source.slice(start..parser.offset());
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

    /// Creates a version from its fields.
    pub(super) fn new(
        fields: Vec<(Cow<'_, str>, Value<'_>)>,
        style: &Style,
    ) -> Result<Self, Fault> {
        Self::from_text(&Value::Object(fields).to_text(style, depth::VERSION).into())
    }

    /// Parses a version.
    pub(crate) fn from_text(text: &Text) -> Result<Self, Fault> {
        {
            let mut parser = Parser::from_str(text);
            let start = parser.start()?;
            Self::read_fields(&mut parser, text, start)
        }
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
        self.string("run_id").unwrap_or_default()
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

    /// Returns this version as one that was last moved to another stage, at another time.
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

/// Returns the name and the stage of a version without building it, or `None` if one of them cannot
/// be read.
pub(super) fn heading(text: &str) -> Option<(Cow<'_, str>, Stage)> {
    let (mut version, mut stage) = (None, None);
    for (key, value) in Raw::new(text).members() {
        match &*key {
            "version" if value.kind() == Kind::String => version = value.string(),
            "stage" => stage = Some(decode(value.text()).parse().ok()?),
            _ => continue,
        }
        if version.is_some() && stage.is_some() {
            break;
        }
    }
    Some((version?, stage.unwrap_or(Stage::Dev)))
}

/// The shape of the last version, and the positions of its known scalars.
#[derive(Default)]
pub(super) struct LastVersion {
    shape: Shape,
    /// Positions of `version`, `run_id` and `artifact_path`.
    names: Option<[usize; 3]>,
    stage: Option<usize>,
    /// Position of `metrics`, if it is not an object.
    metrics: Option<usize>,
}

impl LastVersion {
    /// Parses the next version if it has the shape of the last one and needs no special handling.
    /// Otherwise, the parser does not move.
    fn read_like(&mut self, parser: &mut Parser<Slice<'_>>, source: &Text) -> Option<ModelVersion> {
        let names = self.names?;
        if !parser.object_like(&mut self.shape) {
            return None;
        }
        let version = self.version(names, source, self.shape.object())?;
        parser.accept(&self.shape);
        Some(version)
    }

    fn version(
        &self,
        names: [usize; 3],
        source: &Text,
        place: Range<usize>,
    ) -> Option<ModelVersion> {
        let [version, run_id, artifact_path] = names.map(|number| self.shape.scalar(number));
        let is_plain = |place: &Range<usize>| {
            let quoted = &source[place.clone()];
            // A non-empty string without escapes, which could stand for any character.
            quoted.len() > 2 && quoted.starts_with('"') && !quoted.contains('\\')
        };
        if ![&version, &run_id, &artifact_path].into_iter().all(is_plain) {
            return None;
        }
        let stage = match self.stage.map(|number| &source[self.shape.scalar(number)]) {
            None => Stage::Dev,
            Some(quoted) => quoted.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?,
        };
        if let Some(number) = self.metrics
            && &source[self.shape.scalar(number)] != "null"
        {
            return None;
        }
        let version = source.slice(version.start + 1..version.end - 1);
        Some(ModelVersion { text: source.slice(place), version, stage })
    }

    fn learn(&mut self, parser: &Parser<Slice<'_>>, place: Range<usize>) -> Result<(), Fault> {
        self.shape.learn(parser, place)?;
        let [version, run_id, artifact_path, stage, metrics] =
            ["version", "run_id", "artifact_path", "stage", "metrics"]
                .map(|name| self.shape.scalar_of(name));
        self.names = version.zip(run_id).zip(artifact_path).map(|((a, b), c)| [a, b, c]);
        (self.stage, self.metrics) = (stage, metrics);
        Ok(())
    }
}

/// Parses a string that identifies something, so it must be valid Unicode.
fn identity(parser: &mut Parser<Slice<'_>>, source: &Text, field: &str) -> Result<Text, Fault> {
    let place = string(parser, field)?;
    let quoted = &source[place.clone()];
    if let Some(at) = lone_surrogate(quoted) {
        let problem = format!("`{field}` contains a lone surrogate, which is not a character");
        return Err(Fault::field(place.start + at, problem));
    }
    Ok(match decode(quoted) {
        Cow::Borrowed(_) => source.slice(place.start + 1..place.end - 1),
        Cow::Owned(decoded) => decoded.into(),
    })
}

fn stage(parser: &mut Parser<Slice<'_>>) -> Result<Stage, Fault> {
    let place = string(parser, "stage")?;
    let stage = decode(&parser.source()[place.clone()]).parse::<Stage>();
    stage.map_err(|error| Fault::field(place.start, error.to_string()))
}

/// Skips a string.
pub(super) fn string(parser: &mut Parser<Slice<'_>>, field: &str) -> Result<Range<usize>, Fault> {
    match parser.peek()? {
        Some(Kind::String) | None => Ok(parser.skip()?),
        Some(_) => Err(not_a_string(parser, field)),
    }
}

/// Returns the fault for a value that should be a string, or for a missing value.
fn not_a_string(parser: &mut Parser<Slice<'_>>, field: &str) -> Fault {
    let (start, problem) = (parser.offset(), format!("`{field}` is not a string"));
    match parser.skip() {
        Ok(_) => Fault::field(start, problem),
        Err(error) if error.is_truncated() => error.into(),
        Err(_) => Fault::of(DocumentErrorKind::Syntax, start, problem),
    }
}

/// Skips a string or `null`.
pub(super) fn optional_string(
    parser: &mut Parser<Slice<'_>>,
    field: &str,
) -> Result<Range<usize>, Fault> {
    match parser.peek()? {
        Some(Kind::Null) => Ok(parser.skip()?),
        _ => string(parser, field),
    }
}

/// Skips an object or `null`. Python can write members that are not numbers; they are kept, and
/// never meet a rule.
fn metrics(parser: &mut Parser<Slice<'_>>) -> Result<(), Fault> {
    match parser.peek()? {
        Some(Kind::Object | Kind::Null) | None => Ok(parser.skip_unique().map(drop)?),
        Some(_) => Err(Fault::field(parser.offset(), "`metrics` is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ModelVersion, Fault> {
        ModelVersion::from_text(&text.into())
    }

    #[test]
    fn missing_fields_have_defaults() {
        let version =
            read(r#"{"version": "1", "run_id": "r", "artifact_path": "p"}"#).expect("complete");
        assert_eq!((version.stage(), &*version.description()), (Stage::Dev, ""));
        assert!(version.metrics().is_empty() && version.created_at().is_none());
        let names: Vec<_> = version.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, FIELDS.map(|(name, _)| name));
    }

    #[test]
    fn unusual_values_in_optional_fields_are_accepted() {
        for odd in ["\"metrics\": null", "\"created_at\": 5", "\"feature_hash\": [1]"] {
            let text = format!(r#"{{"version": "1", "run_id": "r", "artifact_path": "p", {odd}}}"#);
            let version = read(&text).expect("kept as it is");
            assert!(version.created_at().is_none() && version.metrics().is_empty());
            assert_eq!(&**version.text(), text);
        }
    }

    #[test]
    fn an_invalid_field_is_refused_by_name() {
        let cases = [
            (r#"{"run_id": "r", "artifact_path": "p"}"#, "this version has no `version`"),
            (r#"{"version": "1", "artifact_path": "p"}"#, "this version has no `run_id`"),
            (r#"{"version": "1", "run_id": "r"}"#, "this version has no `artifact_path`"),
            (r#"{"version": 1}"#, "`version` is not a string"),
            (
                r#"{"version": "\udce9"}"#,
                "`version` contains a lone surrogate, which is not a character",
            ),
            (r#"{"stage": "live"}"#, "unknown stage `live`, expected dev, staging or prod"),
            (r#"{"metrics": []}"#, "`metrics` is not an object"),
            (r#"{"metrics": {"a": 1, "a": 2}}"#, "duplicate key `a`, first on line 1"),
            (r#""1""#, "expected an object"),
        ];
        for (text, problem) in cases {
            assert_eq!(read(text).expect_err(text).message(text), problem);
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
