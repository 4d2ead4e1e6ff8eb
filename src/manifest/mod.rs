//! The document: models, their versions, and the JSON text they come from.
//!
//! It uses neither files nor the clock. Unknown content is kept as written; known content is
//! validated when a text is parsed.

mod changes;
pub(crate) mod depth;
mod fault;
mod history;
mod lifecycle;
mod model;
mod serialize;
mod store;
mod stream;
#[cfg(test)]
mod tests;
mod timestamp;
pub(crate) mod valid;
mod version;

pub use changes::FieldChange;
pub use history::{Action, DroppedMove, Event, Provenance, RecordedStage};
pub use json_document::{Number, ParseNumberError, Value};
pub use lifecycle::{
    Age, AliasChange, Described, Metric, Move, Notes, ParseAgeError, Prune, Pruned, PrunedVersion,
    ReadMetrics, Registered, Registration, Retired, Retirement, SkippedMetric,
};
pub use model::Model;
pub(crate) use store::objects::Objects;
pub use store::{Preview, Remote, Revision, Store, WatchedFolder, files};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use version::ModelVersion;

pub(crate) use crate::stage::Stage;

pub(crate) use fault::Fault;
pub(crate) use history::{NOT_ROLLED_BACK, took_effect};
pub(crate) use valid::Flaw;
#[cfg(test)]
pub(crate) use version::FIELDS;

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use json_document::{Object, ParseError, ParseErrorKind, Parser, Position, Style, Text, decode};

use crate::error::{DocumentErrorKind, Error, Result};
use version::string;

/// Newest major `schema_version` that this library supports.
const SCHEMA_MAJOR: u64 = 1;

/// The content of a manifest file.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// All fields; the value of `models` is kept in `models` instead.
    fields: Object,
    models: Vec<Model>,
    style: Style,
    /// Whitespace after the document: Python writes none, editors add a line break.
    tail: Text,
}

/// Writes the same text as [`Manifest::to_text`].
impl fmt::Display for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.write(&mut |piece| result = result.and_then(|()| formatter.write_str(piece)));
        result
    }
}

/// Parses like [`Manifest::parse`]; errors name the text `manifest`.
impl FromStr for Manifest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text.to_owned(), Path::new("manifest"))
    }
}

impl Default for Manifest {
    /// Creates a manifest without models.
    fn default() -> Self {
        let mut fields = Object::new();
        fields.push("\"schema_version\"".into(), Some("\"1.0.0\"".into()));
        fields.push("\"updated_at\"".into(), Some("null".into()));
        fields.push("\"models\"".into(), None);
        Self { fields, models: Vec::new(), style: Style::default(), tail: "".into() }
    }
}

impl Manifest {
    /// Parses a manifest; `path` names it in errors.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`] with the line and the column.
    ///
    /// ```
    /// use model_registry::Manifest;
    ///
    /// let manifest = Manifest::parse("{\"models\": {}}".into(), "manifest.json".as_ref())?;
    /// assert!(manifest.models().is_empty());
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse(text: String, path: &Path) -> Result<Self> {
        let source = Text::from(text);
        Self::read(&source).map_err(|fault| {
            // A truncated text may be one that another program is still writing.
            let cut = Parser::from_str(&source).skip().err().filter(ParseError::is_truncated);
            let cut = cut.filter(|_| !fault.is_incomplete()).map(Fault::from);
            bad_document(&cut.unwrap_or(fault), &source, path)
        })
    }

    fn read(source: &Text) -> Result<Self, Fault> {
        let mut parser = Parser::from_str(source);
        let mut fields = Object::new();
        let mut models = Vec::new();
        if source.trim_ascii().is_empty() {
            return Err(ParseError { offset: 0, kind: ParseErrorKind::Empty }.into());
        }
        parser.object::<Fault>(|parser, key| {
            let value = match &*key.name {
                "models" => {
                    parser.object::<Fault>(|parser, key| {
                        let quoted = source.slice(key.span);
                        models.push(Model::read(parser, source, quoted)?);
                        Ok(())
                    })?;
                    None
                }
                "schema_version" => {
                    let place = string(parser, "schema_version")?;
                    check_schema(&source[place.clone()])
                        .map_err(|(kind, problem)| Fault::of(kind, place.start, problem))?;
                    Some(place)
                }
                _ => Some(parser.skip_unique()?),
            };
            fields.push(source.slice(key.span), value.map(|place| source.slice(place)));
            Ok(())
        })?;
        let tail = source.slice(parser.offset()..source.len());
        parser.finish()?;
        Ok(Self { fields, models, style: Style::of(source), tail })
    }

    /// Returns the models in the file's order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the model with this name.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`].
    pub fn model(&self, name: &str) -> Result<&Model> {
        self.models.iter().find(|model| model.name() == name).ok_or_else(|| self.not_found(name))
    }

    /// Converts the manifest into the model with this name.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`].
    pub fn into_model(mut self, name: &str) -> Result<Model> {
        match self.models.iter().position(|model| model.name() == name) {
            Some(index) => Ok(self.models.swap_remove(index)),
            None => Err(self.not_found(name)),
        }
    }

    /// Returns the version of a model that is current in prod.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`], or those of [`Model::production`].
    pub fn production(&self, model: &str) -> Result<&ModelVersion> {
        self.model(model)?.production()
    }

    /// Returns the versions of a model in the file's order: all of them, or those labelled with a
    /// stage.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`].
    pub fn versions(
        &self,
        model: &str,
        stage: Option<Stage>,
    ) -> Result<impl Iterator<Item = &ModelVersion>> {
        let versions = self.model(model)?.versions().iter();
        Ok(versions.filter(move |version| stage.is_none_or(|stage| version.stage() == stage)))
    }

    /// Returns a field of the document other than its models, such as `updated_at`.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.fields.get(field).map(|text| text.raw().value())
    }

    /// Returns the fields in the document's order. The value of `models` is not included.
    pub(crate) const fn fields(&self) -> &Object {
        &self.fields
    }

    /// Returns a manifest with the same layout and other content.
    pub(crate) fn with_fields(&self, fields: Object, models: Vec<Model>) -> Self {
        Self { fields, models, style: self.style.clone(), tail: self.tail.clone() }
    }

    /// Returns the layout of the file.
    pub(crate) const fn style(&self) -> &Style {
        &self.style
    }

    /// Returns the text of the file.
    ///
    /// ```
    /// # use model_registry::Manifest;
    /// let text = "{\n  \"models\": {},\n  \"owner\": \"caf\\u00e9\"\n}";
    /// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// assert_eq!(manifest.to_text(), text);
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut |piece| text.push_str(piece));
        text
    }

    /// Writes the text in pieces, so that a large manifest is not in memory twice.
    fn write(&self, put: &mut impl FnMut(&str)) {
        let style = &self.style;
        self.fields.write(style, depth::DOCUMENT, put, &mut |_, put| self.write_models(put));
        put(&self.tail);
    }

    fn write_models(&self, put: &mut impl FnMut(&str)) {
        if self.models.is_empty() {
            return put("{}");
        }
        put("{");
        put(&self.style.line(depth::MODEL));
        for (index, model) in self.models.iter().enumerate() {
            if index > 0 {
                put(&self.style.comma(depth::MODEL));
            }
            put(model.quoted_name());
            put(self.style.colon());
            model.write(&self.style, put);
        }
        put(&self.style.line(depth::FIELD));
        put("}");
    }

    /// Returns whether this is a manifest: an object with `models`, or an empty one.
    pub(crate) fn is_manifest(&self) -> bool {
        let mut members = self.fields.members();
        members.len() == 0 || members.any(|member| member.name() == "models")
    }

    /// Makes sure that this is a manifest and no other document, before it is changed.
    fn require_manifest(&self, path: &Path) -> Result<()> {
        if self.is_manifest() {
            return Ok(());
        }
        Err(Error::BadDocument {
            path: path.to_owned(),
            line: 1,
            column: 1,
            problem: "this is not a manifest: it has no `models`".to_owned(),
            reason: DocumentErrorKind::NotAManifest,
        })
    }

    /// Makes sure that the text can be parsed again. Each version was validated when it was built,
    /// so only duplicate names remain to be checked.
    fn validate(&self) -> Result<()> {
        let duplicate = |field, name: &str| {
            Err(Error::Invalid { field, value: name.to_owned(), problem: "would be duplicated" })
        };
        let mut models = HashSet::new();
        for model in &self.models {
            if !models.insert(model.name()) {
                return duplicate("model", model.name());
            }
            let mut versions = HashSet::with_capacity(model.versions().len());
            for version in model.versions() {
                if !versions.insert(version.version()) {
                    return duplicate("version", version.version());
                }
            }
        }
        Ok(())
    }

    fn not_found(&self, model: &str) -> Error {
        let present = self.models.iter().map(|model| model.name().to_owned()).collect();
        Error::ModelNotFound { model: model.to_owned(), present }
    }

    /// Returns the model with this name, and adds it if needed.
    fn model_or_new(&mut self, name: &str) -> &mut Model {
        let index = self.models.iter().position(|model| model.name() == name);
        let index = index.unwrap_or_else(|| {
            self.fields.hold("models", &self.style);
            self.models.push(Model::new(name, &self.style));
            self.models.len() - 1
        });
        &mut self.models[index]
    }

    fn model_mut(&mut self, name: &str) -> Result<&mut Model> {
        match self.models.iter().position(|model| model.name() == name) {
            Some(index) => Ok(&mut self.models[index]),
            None => Err(self.not_found(name)),
        }
    }

    /// Sets `updated_at`.
    fn touch(&mut self, now: Timestamp) {
        let value = format!("\"{now}\"").into();
        self.fields.set("updated_at", value, &self.style, depth::DOCUMENT);
    }
}

/// Checks that the major number of a `schema_version`, given as JSON, is supported.
fn check_schema(quoted: &str) -> Result<(), (DocumentErrorKind, String)> {
    let version = decode(quoted);
    match version.split('.').next().unwrap_or_default().parse::<u64>() {
        Ok(major) if major <= SCHEMA_MAJOR => Ok(()),
        Ok(_) => Err((
            DocumentErrorKind::NewerSchema,
            format!(
                "schema version {version} is newer than this program, which supports {SCHEMA_MAJOR}.x"
            ),
        )),
        Err(_) => Err((
            DocumentErrorKind::InvalidField,
            format!("schema version `{}` is not a version number", version.escape_debug()),
        )),
    }
}

/// Converts a fault to an error with line and column. Git's conflict markers take precedence.
pub(crate) fn bad_document(fault: &Fault, text: &str, path: &Path) -> Error {
    let Position { mut line, mut column } = Position::of(text, fault.at);
    let mut problem = fault.message(text);
    let mut reason = fault.kind;
    let marker = |text: &&str| ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].contains(text);
    let content = text.lines().nth(line - 1).unwrap_or_default();
    if content.get(..7).as_ref().is_some_and(marker) {
        problem = format!("unresolved merge conflict at line {line}");
        reason = DocumentErrorKind::MergeConflict;
        column = 1;
    } else if let Some(first) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
        // Conflict markers can cause other faults further down, such as a duplicate key.
        line = first + 1;
        column = 1;
        problem = format!("unresolved merge conflict at line {line}");
        reason = DocumentErrorKind::MergeConflict;
    }
    Error::BadDocument { path: path.to_owned(), line, column, problem, reason }
}
