//! A version as every command and the page show it.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::manifest::{Model, ModelVersion, Stage, Value};

/// A version of a model.
///
/// As [`Serialize`] it is the same object everywhere: the document's fields in their order, with
/// `model` first, and `current` and `path` last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionView<'m> {
    /// The model.
    pub model: &'m str,
    /// The version.
    pub version: &'m ModelVersion,
    /// The stage in which it is the current version.
    pub current: Option<Stage>,
    /// The artifact path from the working directory, where that is known.
    pub path: Option<Cow<'m, str>>,
}

impl<'m> VersionView<'m> {
    /// Returns the view of a version of this model.
    pub fn new(model: &'m Model, version: &'m ModelVersion) -> Self {
        let current = model.current_stage(version.version());
        Self { model: model.name(), version, current, path: None }
    }

    /// Returns the stage for people: a version that is no longer current in it is past.
    pub fn stage(&self) -> String {
        let stage = self.place();
        match self.version.retired() {
            None => stage,
            Some(_) => match stage.strip_suffix(')') {
                Some(past) => format!("{past}, retired)"),
                None => format!("{stage} (retired)"),
            },
        }
    }

    fn place(&self) -> String {
        let label = self.version.stage();
        match self.current {
            Some(current) if current == label => label.to_string(),
            // The pointer is the truth.
            Some(current) => format!("{current} (labelled {label})"),
            None if label == Stage::Dev => label.to_string(),
            None => format!("{label} (past)"),
        }
    }
}

impl Serialize for VersionView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        for (name, value) in self.version.fields() {
            let is_ours =
                ["model", "current"].contains(&&*name) || (name == "path" && self.path.is_some());
            if !is_ours {
                map.serialize_entry(&name, &value)?;
            }
        }
        let current =
            self.current.map_or(Value::Null, |stage| Value::String(stage.as_str().into()));
        map.serialize_entry("current", &current)?;
        if let Some(path) = &self.path {
            map.serialize_entry("path", path)?;
        }
        map.end()
    }
}
