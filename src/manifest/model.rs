//! One model: its versions, and which of them is current where.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::history::{Action, Event};
use super::json::{self, Cursor, Fault, Style, Text, Value};
use super::version::{ModelVersion, optional_string};
use crate::error::{DocumentErrorKind, Error, Result};
use crate::stage::Stage;

/// A model and its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    name: Text,
    quoted_name: Text,
    /// Each with its key as it is quoted in the file.
    fields: Vec<(Text, Field)>,
    pub(super) versions: Vec<ModelVersion>,
}

/// A field of a model as it stands in the document.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    /// Where the versions stand.
    Versions,
    Value(Text),
}

impl Model {
    /// Depth of a model in the document.
    const DEPTH: usize = 2;

    /// A model without versions.
    pub(super) fn new(name: &str, style: &Style) -> Self {
        let null = || Field::Value("null".into());
        let quoted_name = Text::from(json::encode(name, style.ascii));
        let fields = vec![
            ("\"name\"".into(), Field::Value(quoted_name.clone())),
            ("\"versions\"".into(), Field::Versions),
            ("\"current_prod\"".into(), null()),
            ("\"current_staging\"".into(), null()),
        ];
        Self { name: name.into(), quoted_name, fields, versions: Vec::new() }
    }

    /// Reads the model that stands next.
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        source: &Text,
        quoted_name: Text,
    ) -> Result<Self, Fault> {
        let mut model = Self {
            name: Text::from(&*json::decode(&quoted_name)),
            quoted_name,
            fields: Vec::new(),
            versions: Vec::new(),
        };
        cursor.object(|cursor, key| {
            let field = match &*key.name {
                "versions" => {
                    model.versions = versions(cursor, source)?;
                    Field::Versions
                }
                "current_prod" | "current_staging" => {
                    let start = cursor.start();
                    optional_string(cursor, &key.name)?;
                    Field::Value(source.slice(start..cursor.end()))
                }
                "history" if !matches!(cursor.peek(), Some(b'[' | b'n')) => {
                    return Err(Fault::field(cursor.start(), "`history` is not an array"));
                }
                _ => Field::Value(source.slice(cursor.skip_unknown()?)),
            };
            model.fields.push((source.slice(key.place), field));
            Ok(())
        })?;
        Ok(model)
    }

    /// Its name: the key in the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn quoted_name(&self) -> &Text {
        &self.quoted_name
    }

    /// Its versions in the file's order, which is the order of registration.
    pub fn versions(&self) -> &[ModelVersion] {
        &self.versions
    }

    /// The version with this name, if there is one.
    pub fn version(&self, name: &str) -> Option<&ModelVersion> {
        self.versions.iter().find(|version| version.version() == name)
    }

    /// The name of the version that is current in a stage. Nothing is ever current in `dev`.
    pub fn current(&self, stage: Stage) -> Option<Cow<'_, str>> {
        let quoted = self.field(Self::pointer(stage)?).filter(|text| text.starts_with('"'))?;
        Some(json::decode(quoted))
    }

    /// The stage in which this version is current.
    pub fn current_stage(&self, version: &str) -> Option<Stage> {
        [Stage::Prod, Stage::Staging]
            .into_iter()
            .find(|&stage| self.current(stage).is_some_and(|current| current == version))
    }

    /// The version that is current in a stage.
    ///
    /// # Errors
    /// [`Error::NothingInStage`], or [`Error::DanglingPointer`] when the manifest names a version
    /// that it does not have.
    pub fn current_version(&self, stage: Stage) -> Result<&ModelVersion> {
        let Some(current) = self.current(stage) else {
            return Err(Error::NothingInStage {
                model: self.name().to_owned(),
                stage,
                newest: self.versions.last().map(|version| version.version().to_owned()),
            });
        };
        self.version(&current).ok_or_else(|| Error::DanglingPointer {
            model: self.name().to_owned(),
            stage,
            version: current.into_owned(),
        })
    }

    /// The version that serves.
    ///
    /// # Errors
    /// As [`Model::current_version`].
    pub fn production(&self) -> Result<&ModelVersion> {
        self.current_version(Stage::Prod)
    }

    /// The version that is meant by a version, by a run id that only one version has, or by
    /// `@prod`, `@staging` or `@latest` (registered last).
    ///
    /// # Errors
    /// [`Error::VersionNotFound`], [`Error::AmbiguousRunId`], [`Error::NoVersions`], or those of
    /// [`Model::current_version`].
    pub fn resolve(&self, reference: &str) -> Result<&ModelVersion> {
        match reference {
            "@prod" => return self.current_version(Stage::Prod),
            "@staging" => return self.current_version(Stage::Staging),
            "@latest" => {
                return self
                    .versions
                    .last()
                    .ok_or_else(|| Error::NoVersions { model: self.name().to_owned() });
            }
            _ => {}
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

    /// The moves that are on record, oldest first. The first move made by this tool begins it.
    pub fn history(&self) -> Vec<Event> {
        let array = self.field("history").unwrap_or("[]");
        json::elements(array).map(|text| Event::of(&Value::of(text))).collect()
    }

    /// Every move that is known of, oldest first: those on record, and those that only the time of
    /// a version's last promotion tells of, which have no action.
    pub fn moves(&self) -> Vec<Event> {
        let history = self.history();
        let told: HashSet<_> =
            history.iter().map(|event| (event.version.as_str(), event.at.as_deref())).collect();
        let taken_out: HashSet<_> = history
            .iter()
            .filter(|event| event.action == Some(Action::Rollback))
            .filter_map(|event| event.replaced.as_deref())
            .collect();
        let overwritten = history.iter().filter_map(|event| {
            let at = event.promoted_before.clone()?;
            Some(Event::untold(&event.version, Some(at), event.from.clone()))
        });
        let standing = self.versions.iter().filter_map(|version| {
            let (name, at) = (version.version(), version.promoted_at());
            let moved = at.is_some() || version.stage() != Stage::Dev;
            if !moved || told.contains(&(name, at.as_deref())) {
                return None;
            }
            // A rollback relabels the version it takes out of production, and leaves the time.
            let stage = if taken_out.contains(name) { Stage::Prod } else { version.stage() };
            Some(Event::untold(name, at.map(Cow::into_owned), Some(stage.into())))
        });
        let mut moves: Vec<_> = overwritten.chain(standing).collect();
        moves.extend(history.iter().cloned());
        moves.sort_by_key(Event::time);
        moves
    }

    /// Adds a move to the record.
    pub(super) fn record(&mut self, event: &Event, style: &Style) {
        let depth = Self::DEPTH + 1;
        let event = json::write_value(&event.to_value(), style, depth + 1);
        let array = self.field("history").unwrap_or("[]");
        let array = json::append_element(array, &event, style, depth);
        self.set("history", array.into());
    }

    /// A field of the model other than its versions, if the document has it.
    pub fn get(&self, field: &str) -> Option<Value<'_>> {
        self.field(field).map(Value::of)
    }

    /// The fields in the document's order: each key as it is quoted, and the text of its value or
    /// nothing where the versions stand.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Text, Option<&Text>)> {
        self.fields.iter().map(|(key, field)| match field {
            Field::Value(text) => (key, Some(text)),
            Field::Versions => (key, None),
        })
    }

    /// A model with the same name and this content; the fields are as in [`Model::parts`].
    pub(crate) fn with_parts(
        &self,
        parts: Vec<(Text, Option<Text>)>,
        versions: Vec<ModelVersion>,
    ) -> Self {
        let field = |value: Option<Text>| value.map_or(Field::Versions, Field::Value);
        let fields = parts.into_iter().map(|(key, value)| (key, field(value))).collect();
        let (name, quoted_name) = (self.name.clone(), self.quoted_name.clone());
        Self { name, quoted_name, fields, versions }
    }

    /// Makes a version the current one of a stage, or none.
    pub(super) fn point(&mut self, stage: Stage, version: Option<&str>, style: &Style) {
        if let Some(field) = Self::pointer(stage) {
            let value = version.map_or("null".to_owned(), |name| json::encode(name, style.ascii));
            self.set(field, value.into());
        }
    }

    /// The field that names the version which is current in a stage.
    pub(crate) const fn pointer(stage: Stage) -> Option<&'static str> {
        match stage {
            Stage::Dev => None,
            Stage::Staging => Some("current_staging"),
            Stage::Prod => Some("current_prod"),
        }
    }

    /// The fields other than the versions.
    pub(super) fn members(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        self.fields.iter().filter_map(|(key, field)| match field {
            Field::Value(text) => Some((json::decode(key), &**text)),
            Field::Versions => None,
        })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.members().find(|(key, _)| key == name).map(|(_, text)| text)
    }

    fn set(&mut self, name: &str, value: Text) {
        match self.fields.iter_mut().find(|(key, _)| json::decode(key) == name) {
            Some((_, field)) => *field = Field::Value(value),
            None => self.fields.push((format!("\"{name}\"").into(), Field::Value(value))),
        }
    }

    /// Adds a version at the end.
    pub(super) fn push(&mut self, version: ModelVersion) {
        if !self.fields.iter().any(|(_, field)| *field == Field::Versions) {
            self.fields.push(("\"versions\"".into(), Field::Versions));
        }
        self.versions.push(version);
    }

    /// Puts a version in the place of the one with its name.
    pub(super) fn replace(&mut self, version: ModelVersion) {
        let name = version.version();
        if let Some(place) = self.versions.iter().position(|old| old.version() == name) {
            self.versions[place] = version;
        }
    }

    /// Writes the model as it is to stand in the document, piece by piece.
    pub(super) fn write(&self, style: &Style, put: &mut impl FnMut(&str)) {
        let depth = Self::DEPTH;
        if self.fields.is_empty() {
            return put("{}");
        }
        put("{");
        put(&style.line(depth + 1));
        for (index, (key, field)) in self.fields.iter().enumerate() {
            if index > 0 {
                put(&style.comma(depth + 1));
            }
            put(key);
            put(style.colon);
            match field {
                Field::Value(text) => put(text),
                Field::Versions => self.write_versions(style, put),
            }
        }
        put(&style.line(depth));
        put("}");
    }

    fn write_versions(&self, style: &Style, put: &mut impl FnMut(&str)) {
        if self.versions.is_empty() {
            return put("[]");
        }
        let comma = style.comma(ModelVersion::DEPTH);
        put("[");
        put(&style.line(ModelVersion::DEPTH));
        for (index, version) in self.versions.iter().enumerate() {
            if index > 0 {
                put(&comma);
            }
            put(version.text());
        }
        put(&style.line(ModelVersion::DEPTH - 1));
        put("]");
    }
}

/// The versions of a model; no two of them may have one name.
fn versions(cursor: &mut Cursor<'_>, source: &Text) -> Result<Vec<ModelVersion>, Fault> {
    let mut versions: Vec<ModelVersion> = Vec::new();
    let mut starts = Vec::new();
    cursor.array(|cursor| {
        starts.push(cursor.start());
        versions.push(ModelVersion::read(cursor, source)?);
        Ok(())
    })?;
    let mut first = HashMap::with_capacity(versions.len());
    for (version, &start) in versions.iter().zip(&starts) {
        if let Some(earlier) = first.insert(version.version(), start) {
            let line = json::position(source, earlier).0;
            let name = version.version().escape_debug();
            let problem = format!("duplicate version `{name}`, first on line {line}");
            return Err(Fault::of(DocumentErrorKind::DuplicateVersion, start, problem));
        }
    }
    Ok(versions)
}
