//! What a diff tells: lists of changes, for programs and for views.

use std::borrow::Cow;

use serde::Serialize;

use crate::manifest::{Number, Stage, Value};

/// What changed between two manifests.
///
/// What is in the new one stands in its order; what is gone comes after, in the old one's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Diff<'m> {
    /// Models that only the new manifest has. Their versions and pointers are listed as well.
    pub models_added: Vec<&'m str>,
    /// Models that only the old manifest has. Their versions and pointers are listed as well.
    pub models_gone: Vec<&'m str>,
    /// Versions that only the new manifest has.
    pub versions_registered: Vec<VersionSummary<'m>>,
    /// Versions that only the old manifest has.
    pub versions_gone: Vec<VersionSummary<'m>>,
    /// Stages in which another version is current.
    pub moves: Vec<PointerChange<'m>>,
    /// Versions with another stage, where no move to that stage says so.
    pub labels: Vec<StageChange<'m>>,
    /// What must not change in a version and did: runs, artifacts, training windows, metrics.
    pub rewritten: Vec<FieldChange<'m>>,
    /// Other known fields: descriptions, times of promotion that nothing above explains, a
    /// model's `name`, `schema_version`.
    pub changed: Vec<FieldChange<'m>>,
    /// Fields that this tool does not know, of the document, of models and of versions.
    pub unknown: Vec<FieldChange<'m>>,
    /// Events that only the new history of a model has.
    pub events_added: Vec<HistoryEvent<'m>>,
    /// Events that only the old history of a model has.
    pub events_gone: Vec<HistoryEvent<'m>>,
}

/// A version that only one of the manifests has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionSummary<'m> {
    /// The model.
    pub model: &'m str,
    /// The version.
    pub version: &'m str,
    /// The stage it was last promoted to.
    pub stage: Stage,
    /// When it was registered, as written.
    pub created_at: Option<Cow<'m, str>>,
    /// An object of numbers.
    pub metrics: Value<'m>,
    /// A text for people.
    pub description: Cow<'m, str>,
}

/// A stage in which another version is current.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointerChange<'m> {
    /// The model.
    pub model: &'m str,
    /// The stage.
    pub stage: Stage,
    /// The version that was current.
    pub from: Option<Cow<'m, str>>,
    /// The version that is current now.
    pub to: Option<Cow<'m, str>>,
    /// The metrics that both versions have, in the order of the new one.
    pub metrics: Vec<MetricChange<'m>>,
}

/// A metric of the version that left and of the one that came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricChange<'m> {
    /// Its name.
    pub name: Cow<'m, str>,
    /// Of the version that left.
    pub old: Number<'m>,
    /// Of the version that came.
    pub new: Number<'m>,
    /// The change as a part of the old value: -0.022 is 2.2 % less. None where the old value is
    /// zero or one of the two is not finite.
    pub relative: Option<f64>,
}

/// A version whose stage changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageChange<'m> {
    /// The model.
    pub model: &'m str,
    /// The version.
    pub version: &'m str,
    /// The stage it had.
    pub from: Stage,
    /// The stage it has.
    pub to: Stage,
}

/// A field whose value changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange<'m> {
    /// The model, unless it is a field of the document.
    pub model: Option<&'m str>,
    /// The version, if it is a field of one.
    pub version: Option<&'m str>,
    /// The field; a metric is `metrics.NAME`.
    pub field: Cow<'m, str>,
    /// What it was; nothing if it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value<'m>>,
    /// What it is; nothing if it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value<'m>>,
}

/// An event in a model's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryEvent<'m> {
    /// The model.
    pub model: &'m str,
    /// The event as it stands in the manifest.
    pub event: Value<'m>,
}
