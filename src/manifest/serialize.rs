//! Serializes manifests, models and versions as strict JSON, to embed them in another document.
//!
//! `NaN` is serialized as `null`; [`Manifest::to_text`] keeps it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Manifest, Model, ModelVersion};

/// Serializes an object with the fields of the document, in its order.
impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for member in self.fields().members() {
            match member.value() {
                Some(text) => map.serialize_entry(&member.name(), &text.raw().value())?,
                None => map.serialize_entry(&member.name(), &Models(self.models()))?,
            }
        }
        map.end()
    }
}

struct Models<'m>(&'m [Model]);

impl Serialize for Models<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|model| (model.name(), model)))
    }
}

/// Serializes an object with the fields of the document, in its order. The name is included only if
/// the document contains it as a field, besides the key.
impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for member in self.fields().members() {
            match member.value() {
                Some(text) => map.serialize_entry(&member.name(), &text.raw().value())?,
                None => map.serialize_entry(&member.name(), self.versions())?,
            }
        }
        map.end()
    }
}

/// Serializes an object with the fields of [`ModelVersion::fields`].
impl Serialize for ModelVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_serializes_like_its_document() {
        let text = r#"{"owner": "é", "models": {"m": {"current_prod": "1", "versions": [{"x": [1], "version": "1", "run_id": "r", "artifact_path": "p", "metrics": {"b": NaN, "a": 1e-07}}], "y": null}}, "z": 18446744073709551617}"#;
        let manifest: Manifest = text.parse().expect("a manifest");
        assert_eq!(manifest.to_string(), text);
        let version = r#"{"x":[1],"version":"1","run_id":"r","artifact_path":"p","metrics":{"b":null,"a":1e-07},"stage":"dev","created_at":null,"promoted_at":null,"training_start":null,"training_end":null,"feature_schema_version":null,"feature_hash":null,"description":""}"#;
        let expected = format!(
            r#"{{"owner":"é","models":{{"m":{{"current_prod":"1","versions":[{version}],"y":null}}}},"z":18446744073709551617}}"#
        );
        assert_eq!(serde_json::to_string(&manifest).expect("JSON"), expected);
    }
}
