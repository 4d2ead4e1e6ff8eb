//! A model: its versions, and which of them are current.

mod timeline;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use json_document::{Kind, Object, Parser, Slice, Style, Text, Value, decode, encode};

use super::depth;
use super::fault::Fault;
use super::version::{LastVersion, ModelVersion, optional_string, string_members};
use crate::error::{Error, Result};
use crate::stage::Stage;

/// A model and its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    name: Text,
    quoted_name: Text,
    /// All fields; the value of `versions` is kept in `versions` instead.
    pub(super) fields: Object,
    pub(super) versions: Vec<ModelVersion>,
}

impl Model {
    /// Creates a model without versions.
    pub(super) fn new(name: &str, style: &Style) -> Self {
        let quoted_name = Text::from(encode(name, style.is_ascii()));
        let mut fields = Object::new();
        fields.push("\"name\"".into(), Some(quoted_name.clone()));
        fields.push("\"versions\"".into(), None);
        fields.push("\"current_prod\"".into(), Some("null".into()));
        fields.push("\"current_staging\"".into(), Some("null".into()));
        Self { name: name.into(), quoted_name, fields, versions: Vec::new() }
    }

    /// Parses the next model.
    pub(super) fn read(
        parser: &mut Parser<Slice<'_>>,
        source: &Text,
        quoted_name: Text,
    ) -> Result<Self, Fault> {
        let mut model = Self {
            name: Text::from(&*decode(&quoted_name)),
            quoted_name,
            fields: Object::new(),
            versions: Vec::new(),
        };
        parser.object::<Fault>(|parser, key| {
            let value = match &*key.name {
                "versions" => {
                    model.versions = versions(parser, source)?;
                    None
                }
                "current_prod" | "current_staging" => Some(optional_string(parser, &key.name)?),
                "history" if !matches!(parser.peek()?, Some(Kind::Array | Kind::Null)) => {
                    return Err(Fault::field(parser.offset(), "`history` is not an array"));
                }
                _ => Some(parser.skip_unique()?),
            };
            model.fields.push(source.slice(key.span), value.map(|place| source.slice(place)));
            Ok(())
        })?;
        Ok(model)
    }

    /// Returns the name of the model, which is its key in the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn quoted_name(&self) -> &Text {
        &self.quoted_name
    }

    /// Returns the versions in the file's order, which is the order of registration.
    pub fn versions(&self) -> &[ModelVersion] {
        &self.versions
    }

    /// Returns the version with this name.
    pub fn version(&self, name: &str) -> Option<&ModelVersion> {
        self.versions.iter().find(|version| version.version() == name)
    }

    /// Returns the first version with this run id.
    pub(crate) fn of_run(&self, run_id: &str) -> Option<&ModelVersion> {
        self.versions.iter().find(|version| version.run_id() == run_id)
    }

    /// Returns the name of the version that is current in a stage; `None` for `dev`.
    pub fn current(&self, stage: Stage) -> Option<Cow<'_, str>> {
        self.fields.get(Self::pointer(stage)?)?.raw().string()
    }

    /// Returns whether a version is current in a stage.
    pub(crate) fn is_current(&self, version: &str, stage: Stage) -> bool {
        self.current(stage).is_some_and(|current| current == version)
    }

    /// Returns the stage in which a version is current.
    pub fn current_stage(&self, version: &str) -> Option<Stage> {
        [Stage::Prod, Stage::Staging].into_iter().find(|&stage| self.is_current(version, stage))
    }

    /// Returns the version that is current in a stage.
    ///
    /// # Errors
    ///
    /// [`Error::NothingInStage`], or [`Error::DanglingPointer`] if the manifest names a version
    /// that does not exist.
    pub fn current_version(&self, stage: Stage) -> Result<&ModelVersion> {
        let Some(current) = self.current(stage) else {
            return Err(Error::NothingInStage {
                model: self.name().to_owned(),
                stage,
                newest: self.latest().map(|version| version.version().to_owned()),
            });
        };
        self.version(&current).ok_or_else(|| Error::DanglingPointer {
            model: self.name().to_owned(),
            stage,
            version: current.into_owned(),
        })
    }

    /// Returns the version that is current in prod.
    ///
    /// # Errors
    ///
    /// Those of [`Model::current_version`].
    pub fn production(&self) -> Result<&ModelVersion> {
        self.current_version(Stage::Prod)
    }

    /// Returns the version that a reference names: a version, a run id that only one version has,
    /// `@prod`, `@staging`, `@latest` (registered last and not retired), or an alias such as `@champion`.
    ///
    /// # Errors
    /// [`Error::VersionNotFound`], [`Error::AliasNotFound`], [`Error::AmbiguousRunId`],
    /// [`Error::NoVersions`], or those of [`Model::current_version`].
    pub fn resolve(&self, reference: &str) -> Result<&ModelVersion> {
        match reference {
            "@prod" => return self.current_version(Stage::Prod),
            "@staging" => return self.current_version(Stage::Staging),
            "@latest" => return self.latest().ok_or_else(|| self.no_latest()),
            _ => {}
        }
        if let Some(alias) = reference.strip_prefix('@') {
            return self.aliased(alias);
        }
        if let Some(version) = self.version(reference) {
            return Ok(version);
        }
        let of_run: Vec<_> =
            self.versions.iter().filter(|version| version.run_id() == reference).collect();
        match of_run[..] {
            [version] => Ok(version),
            [] => Err(Error::VersionNotFound {
                model: self.name().to_owned(),
                version: reference.to_owned(),
                present: self.versions.iter().map(|v| v.version().to_owned()).collect(),
            }),
            _ => Err(Error::AmbiguousRunId {
                model: self.name().to_owned(),
                run_id: reference.to_owned(),
                versions: of_run.iter().map(|v| v.version().to_owned()).collect(),
            }),
        }
    }

    /// Returns the version that was registered last and is not retired.
    pub fn latest(&self) -> Option<&ModelVersion> {
        self.versions.iter().rfind(|version| version.retired().is_none())
    }

    fn no_latest(&self) -> Error {
        let model = self.name().to_owned();
        match self.versions.last() {
            Some(last) => Error::Retired { model, version: last.version().to_owned() },
            None => Error::NoVersions { model },
        }
    }

    /// Returns the aliases and the versions they name, in the file's order.
    pub fn aliases(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        string_members(self.fields.get("aliases").map(|text| text.raw()))
    }

    /// Returns the version that an alias names.
    fn aliased(&self, alias: &str) -> Result<&ModelVersion> {
        let aliases = self.aliases();
        let Some((_, version)) = aliases.iter().find(|(name, _)| name == alias) else {
            return Err(Error::AliasNotFound {
                model: self.name().to_owned(),
                alias: alias.to_owned(),
                present: aliases.iter().map(|(name, _)| name.clone().into_owned()).collect(),
            });
        };
        self.version(version).ok_or_else(|| Error::DanglingAlias {
            model: self.name().to_owned(),
            alias: alias.to_owned(),
            version: version.clone().into_owned(),
        })
    }

    /// Returns the description; empty if there is none.
    pub fn description(&self) -> Cow<'_, str> {
        let description = self.fields.get("description");
        description.and_then(|text| text.raw().string()).unwrap_or_default()
    }

    /// Returns the tags in the file's order.
    pub fn tags(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        string_members(self.fields.get("tags").map(|text| text.raw()))
    }

    /// Returns a field of the model other than its versions.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.fields.get(field).map(|text| text.raw().value())
    }

    /// Returns the fields in the document's order. The value of `versions` is not included.
    pub(crate) const fn fields(&self) -> &Object {
        &self.fields
    }

    /// Returns a model with the same name and other content.
    pub(crate) fn with_fields(&self, fields: Object, versions: Vec<ModelVersion>) -> Self {
        let (name, quoted_name) = (self.name.clone(), self.quoted_name.clone());
        Self { name, quoted_name, fields, versions }
    }

    /// Sets a field of the model. A new field comes last, after those that the original tool
    /// writes.
    pub(super) fn set(&mut self, field: &str, value: &Value<'_>, style: &Style) {
        let text = value.to_text(style, depth::MODEL_FIELD);
        self.fields.set(field, text.into(), style, depth::MODEL);
    }

    /// Removes a field of the model.
    pub(super) fn unset(&mut self, field: &str) {
        self.fields.remove(field);
    }

    /// Sets or clears the pointer of a stage.
    pub(crate) fn point(&mut self, stage: Stage, version: Option<&str>, style: &Style) {
        if let Some(field) = Self::pointer(stage) {
            let value = version.map_or("null".to_owned(), |name| encode(name, style.is_ascii()));
            self.fields.set(field, value.into(), style, depth::MODEL);
        }
    }

    /// Returns the name of the pointer field of a stage.
    pub(crate) const fn pointer(stage: Stage) -> Option<&'static str> {
        match stage {
            Stage::Dev => None,
            Stage::Staging => Some("current_staging"),
            Stage::Prod => Some("current_prod"),
        }
    }

    /// Adds a version at the end.
    pub(super) fn push(&mut self, version: ModelVersion, style: &Style) {
        self.fields.hold("versions", style);
        self.versions.push(version);
    }

    /// Removes versions.
    pub(super) fn remove(&mut self, names: &HashSet<&str>) {
        self.versions.retain(|version| !names.contains(version.version()));
    }

    /// Replaces the version with the same name.
    pub(crate) fn replace(&mut self, version: ModelVersion) {
        let name = version.version();
        if let Some(place) = self.versions.iter().position(|old| old.version() == name) {
            self.versions[place] = version;
        }
    }

    /// Writes the text of the model in pieces.
    pub(super) fn write<P: FnMut(&str)>(&self, style: &Style, put: &mut P) {
        self.fields.write(style, depth::MODEL, put, &mut |_, put| self.write_versions(style, put));
    }

    fn write_versions(&self, style: &Style, put: &mut impl FnMut(&str)) {
        if self.versions.is_empty() {
            return put("[]");
        }
        let comma = style.comma(depth::VERSION);
        put("[");
        put(&style.line(depth::VERSION));
        for (index, version) in self.versions.iter().enumerate() {
            if index > 0 {
                put(&comma);
            }
            put(version.text());
        }
        put(&style.line(depth::MODEL_FIELD));
        put("]");
    }
}

/// Parses the versions of a model and refuses duplicate names.
fn versions(parser: &mut Parser<Slice<'_>>, source: &Text) -> Result<Vec<ModelVersion>, Fault> {
    let mut versions: Vec<ModelVersion> = Vec::new();
    let mut starts = Vec::new();
    let mut last = LastVersion::default();
    parser.array::<Fault>(|parser| {
        starts.push(parser.start()?);
        versions.push(ModelVersion::read(parser, source, &mut last)?);
        Ok(())
    })?;
    let mut first = HashMap::with_capacity(versions.len());
    for (version, &start) in versions.iter().zip(&starts) {
        if let Some(earlier) = first.insert(version.version(), start) {
            let name = version.version().escape_debug();
            return Err(Fault::duplicate_version(start, &name.to_string(), earlier));
        }
    }
    Ok(versions)
}
