//! A version as every verb shows it.

use model_registry::{Model, ModelVersion, Stage, Value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// One version: for programs one object everywhere, the document's fields in their order with
/// `model` first and `current` last.
pub(super) struct VersionView<'m> {
    pub(super) model: &'m str,
    pub(super) version: &'m ModelVersion,
    /// The stage in which it is the current version.
    pub(super) current: Option<Stage>,
}

impl<'m> VersionView<'m> {
    /// A version of this model.
    pub(super) fn new(model: &'m Model, version: &'m ModelVersion) -> Self {
        let current = model.current_stage(version.version());
        Self { model: model.name(), version, current }
    }

    /// The stage for people: a version that is no longer current in it is past.
    pub(super) fn stage(&self) -> String {
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
            if name != "model" && name != "current" {
                map.serialize_entry(&name, &value)?;
            }
        }
        let current =
            self.current.map_or(Value::Null, |stage| Value::String(stage.as_str().into()));
        map.serialize_entry("current", &current)?;
        map.end()
    }
}
