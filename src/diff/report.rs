//! The result of a diff: lists of changes, for programs and for views.

use std::borrow::Cow;

use serde::Serialize;

use crate::gate::PolicyChange;
use crate::manifest::{Number, Stage, Value};

/// The changes between two manifests.
///
/// Entries of the new manifest come first, in its order, then removed entries in the old order.
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
    /// Stages whose current version changed.
    pub moves: Vec<PointerChange<'m>>,
    /// Versions whose stage changed although `moves` has no move to that stage.
    pub labels: Vec<StageChange<'m>>,
    /// Changes to immutable fields of versions: runs, artifacts, training windows, metrics.
    pub rewritten: Vec<FieldChange<'m>>,
    /// Changes to other known fields: descriptions, a model's `name`, `schema_version`, and
    /// promotion times that none of the above explains.
    pub changed: Vec<FieldChange<'m>>,
    /// Changes to unknown fields of the document, of models and of versions.
    pub unknown: Vec<FieldChange<'m>>,
    /// Events that only the new history of a model has.
    pub events_added: Vec<HistoryEvent<'m>>,
    /// Events that only the old history of a model has.
    pub events_gone: Vec<HistoryEvent<'m>>,
    /// Changes of the policy. A diff of two manifests leaves this empty.
    pub policy: Vec<PolicyChange>,
}

/// A version that only one of the manifests has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct VersionSummary<'m> {
    /// The model.
    pub model: &'m str,
    /// The version.
    pub version: &'m str,
    /// The stage it was last promoted to.
    pub stage: Stage,
    /// Registration time, as written in the manifest.
    pub created_at: Option<Cow<'m, str>>,
    /// Metrics: an object of numbers.
    pub metrics: Value<'m>,
    /// Description.
    pub description: Cow<'m, str>,
}

/// A stage whose current version changed.
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
    /// Metrics of both versions, in the order of the new one.
    pub metrics: Vec<MetricChange<'m>>,
}

/// A metric of the old and of the new current version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricChange<'m> {
    /// Name of the metric.
    pub name: Cow<'m, str>,
    /// Value in the old version.
    pub old: Number<'m>,
    /// Value in the new version.
    pub new: Number<'m>,
    /// Relative change: -0.022 is 2.2 % less. `None` if the old value is zero or one of the two is
    /// not finite.
    pub relative: Option<f64>,
}

/// A version whose stage changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct StageChange<'m> {
    /// The model.
    pub model: &'m str,
    /// The version.
    pub version: &'m str,
    /// Old stage.
    pub from: Stage,
    /// New stage.
    pub to: Stage,
}

/// A field whose value changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FieldChange<'m> {
    /// The model, or `None` for a field of the document.
    pub model: Option<&'m str>,
    /// The version, or `None` for a field of the document or of a model.
    pub version: Option<&'m str>,
    /// Name of the field; a metric is `metrics.NAME`.
    pub field: Cow<'m, str>,
    /// Old value, or `None` if the field was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value<'m>>,
    /// New value, or `None` if the field is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value<'m>>,
}

/// An event in a model's history.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct HistoryEvent<'m> {
    /// The model.
    pub model: &'m str,
    /// The event as written in the manifest.
    pub event: Value<'m>,
}
