//! Describes the manifest, field by field. Unknown keys are allowed everywhere.
//!
//! A later key, such as `tags`, may have been in use by another tool before. It has no `type`, so
//! that a value that `registry` keeps without reading it is valid, too.

#![expect(dead_code, reason = "only the schemas of these types are used")]
#![expect(clippy::struct_field_names, reason = "the names are those of the file")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::Stage;

/// The models of a project, their versions, and which of them are in production.
#[derive(JsonSchema)]
#[schemars(title = "registry manifest", extend(
    "required" = [],
    "anyOf" = [{"required": ["models"]}, {"maxProperties": 0}]
))]
pub(super) struct Manifest {
    /// Version of this format. A newer major number is refused.
    #[schemars(regex(pattern = r"^[01](\.|$)"))]
    schema_version: String,
    /// Time of the last change.
    updated_at: Option<Time>,
    /// The models by name.
    models: BTreeMap<String, Model>,
}

/// A model and its versions.
#[derive(JsonSchema)]
#[schemars(extend("required" = []))]
struct Model {
    /// Name of the model, the same as its key.
    name: String,
    /// The versions in the order of registration.
    versions: Vec<Version>,
    /// The version that is current in prod, or `null`. This pointer counts, not `stage`.
    current_prod: Option<String>,
    /// The version that is current in staging, or `null`.
    current_staging: Option<String>,
    /// What happened to the model, oldest first.
    history: Option<Vec<Event>>,
    /// Description of the model.
    #[schemars(with = "Value")]
    description: String,
    /// Tags of the model, each with its value.
    #[schemars(with = "Value", extend("additionalProperties" = {"type": "string"}))]
    tags: BTreeMap<String, String>,
    /// Aliases, each with the version that it names.
    #[schemars(with = "Value", extend("additionalProperties" = {"type": "string"}))]
    aliases: BTreeMap<String, String>,
}

/// A registered training run.
#[derive(JsonSchema)]
#[schemars(extend("required" = ["version", "run_id", "artifact_path"]))]
struct Version {
    /// Name of the version, unique within its model.
    #[schemars(length(min = 1))]
    version: String,
    /// Id of the training run.
    #[schemars(length(min = 1))]
    run_id: String,
    /// Path of the trained model, as it was registered, or its URL.
    #[schemars(length(min = 1))]
    artifact_path: String,
    /// The stage that the version was last moved to; `dev` if it is missing.
    stage: Stage,
    /// Time of the registration.
    created_at: Option<Time>,
    /// Time of the last promotion.
    promoted_at: Option<Time>,
    /// First day of the training data.
    training_start: Option<Day>,
    /// Last day of the training data.
    training_end: Option<Day>,
    /// Version of the feature schema that the model expects.
    feature_schema_version: Option<String>,
    /// Hash of the features that the model expects.
    feature_hash: Option<String>,
    /// Metrics, each a number, or `null` for one that was not finite.
    metrics: Option<BTreeMap<String, Option<f64>>>,
    /// Description of the version.
    description: Option<String>,
    /// Digest of the artifact.
    #[schemars(regex(pattern = r"^sha256:[0-9a-fA-F]{64}$"))]
    artifact_digest: Option<String>,
    /// Size of the artifact in bytes.
    artifact_size: Option<u64>,
    /// Tags of the version, each with its value.
    #[schemars(with = "Value", extend("additionalProperties" = {"type": "string"}))]
    tags: BTreeMap<String, String>,
    /// Who withdrew the version, when and why.
    #[schemars(with = "Value", extend("properties" = {
        "at": {"description": "Time of the retirement.", "type": ["string", "null"]},
        "by": {"description": "Who withdrew the version.", "type": ["string", "null"]},
        "reason": {"description": "Why the version was retired.", "type": ["string", "null"]},
    }))]
    retired: (),
}

/// A recorded change.
#[derive(JsonSchema)]
#[schemars(extend("required" = ["at"]))]
struct Event {
    /// Time of the change.
    at: Time,
    /// Kind of change.
    action: Option<Action>,
    /// The version; `null` or missing if the event is about the model or several versions.
    version: Option<String>,
    /// The versions that were removed.
    versions: Vec<String>,
    /// The stage that the version was labelled with before.
    from: Option<String>,
    /// The stage that the version was moved to.
    to: Option<String>,
    /// The alias that was set, moved or deleted.
    alias: Option<String>,
    /// The version that was current in the stage, or that the alias named, before.
    replaced: Option<String>,
    /// The fields that were described, such as `description` or `tags.owner`.
    changed: Vec<String>,
    /// Author of the change.
    by: Option<String>,
    /// Reason for the change.
    reason: Option<String>,
    /// The earlier `promoted_at` of the version, if no event contains it.
    promoted_before: Option<String>,
    /// Whether failed rules were overridden.
    forced: bool,
    /// The failed rules that were overridden.
    unmet: Vec<String>,
    /// The moves that take no effect, because a conflict was resolved for the other side.
    dropped: Vec<DroppedMove>,
}

/// A kind of change.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Action {
    /// A version was moved to a stage.
    Promote,
    /// Production went back to the version before.
    Rollback,
    /// The description or the tags of a model or a version changed.
    Describe,
    /// An alias was set, moved or deleted.
    Alias,
    /// A version was retired.
    Retire,
    /// A retired version was restored.
    Unretire,
    /// Versions were removed.
    Prune,
    /// A conflict of a merge was resolved: the moves of one side do not take effect.
    Resolve,
}

/// A move that takes no effect.
#[derive(JsonSchema)]
#[schemars(extend("required" = []))]
struct DroppedMove {
    /// Time of the move.
    at: Option<String>,
    /// The version that was moved.
    version: String,
    /// The stage that it was moved to.
    to: Option<String>,
}

/// A point in time, such as `2025-12-06T06:00:40.537326+00:00`. Without a zone it is in UTC.
#[derive(JsonSchema)]
struct Time(
    #[schemars(regex(pattern = concat!(
        r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]",
        r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[-+][0-9]{2}:[0-9]{2})?$",
    )))]
    String,
);

/// A date, such as `2025-12-01`, or a point in time.
#[derive(JsonSchema)]
struct Day(
    #[schemars(regex(pattern = concat!(
        r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([Tt ]",
        r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[-+][0-9]{2}:[0-9]{2})?)?$",
    )))]
    String,
);
