//! Compares two manifests: models, versions, moves and fields.
//!
//! Layout, the order of keys and versions, the notation of numbers and `updated_at` do not count as
//! differences, and a missing field equals its default. A version whose text differs only in
//! whitespace is not parsed.

mod pair;
mod report;

pub use report::{
    Diff, FieldChange, HistoryEvent, MetricChange, PointerChange, StageChange, VersionSummary,
};

pub(crate) use pair::unmatched;

use std::borrow::Cow;
use std::collections::HashMap;

use json_document::Raw;
use pair::{paired, values};

use crate::manifest::{Manifest, Model, ModelVersion, Number, Stage, Value};

/// Fields that registration sets. They must not change once a version is published.
pub(crate) const IMMUTABLE: [&str; 9] = [
    "run_id",
    "artifact_path",
    "created_at",
    "training_start",
    "training_end",
    "feature_schema_version",
    "feature_hash",
    "artifact_digest",
    "artifact_size",
];

/// Compares a manifest with an older one.
///
/// ```
/// use model_registry::{Manifest, Stage, diff::diff};
///
/// let version = r#"{"version": "1", "run_id": "1", "artifact_path": "runs/1", "stage": "prod"}"#;
/// let manifest = |pointer: &str| {
///     let text = format!(r#"{{"models": {{"m": {{"versions": [{version}]{pointer}}}}}}}"#);
///     Manifest::parse(text, "manifest.json".as_ref())
/// };
/// let (old, new) = (manifest("")?, manifest(r#", "current_prod": "1""#)?);
/// let diff = diff(&old, &new);
/// assert_eq!((diff.moves[0].stage, diff.moves[0].to.as_deref()), (Stage::Prod, Some("1")));
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn diff<'m>(old: &'m Manifest, new: &'m Manifest) -> Diff<'m> {
    let mut diff = Diff::default();
    diff.document(old, new);
    let before = models_by_name(old);
    for model in new.models() {
        if let Some(old) = before.get(model.name()) {
            diff.model(old, model);
            continue;
        }
        diff.models_added.push(model.name());
        diff.moves(model.name(), None, Some(model));
        diff.versions_registered.extend(model.versions().iter().map(summary(model.name())));
    }
    let after = models_by_name(new);
    for model in old.models().iter().filter(|model| !after.contains_key(model.name())) {
        diff.models_gone.push(model.name());
        diff.moves(model.name(), Some(model), None);
        diff.versions_gone.extend(model.versions().iter().map(summary(model.name())));
    }
    diff
}

impl<'m> Diff<'m> {
    /// Returns whether the two manifests are equal.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Compares one model with an older one.
    pub(crate) fn of_models(old: &'m Model, new: &'m Model) -> Self {
        let mut diff = Self::default();
        diff.model(old, new);
        diff
    }

    /// Compares one version with an older one.
    pub(crate) fn of_versions(old: &'m ModelVersion, new: &'m ModelVersion) -> Self {
        let mut diff = Self::default();
        diff.version("", old, new, &[]);
        diff
    }

    fn document(&mut self, old: &'m Manifest, new: &'m Manifest) {
        for (field, old, new) in paired(values(old.fields()), values(new.fields())) {
            let change = |default: Option<Value<'m>>| {
                changed(
                    None,
                    None,
                    field.clone(),
                    old.clone().or(default.clone()),
                    new.clone().or(default),
                )
            };
            match &*field {
                "updated_at" => {}
                "schema_version" => {
                    self.changed.extend(change(Some(Value::String("1.0.0".into()))));
                }
                _ => self.unknown.extend(change(None)),
            }
        }
    }

    fn model(&mut self, old: &'m Model, new: &'m Model) {
        if old == new {
            return;
        }
        let name = new.name();
        let first_move = self.moves.len();
        self.moves(name, Some(old), Some(new));
        let moves = self.moves[first_move..].to_vec();
        for (field, before, after) in paired(values(old.fields()), values(new.fields())) {
            match &*field {
                "current_prod" | "current_staging" | "history" => {}
                "name" => {
                    let before = before.or(Some(Value::String(name.into())));
                    let after = after.or(Some(Value::String(name.into())));
                    self.changed.extend(changed(Some(name), None, field, before, after));
                }
                _ => self.unknown.extend(changed(Some(name), None, field, before, after)),
            }
        }
        self.events(old, new);
        // Nearly always, one list is a prefix of the other.
        let pairs = old.versions().iter().zip(new.versions());
        let pairs = pairs.take_while(|(old, new)| old.version() == new.version());
        let mut prefix = 0;
        for (old, new) in pairs {
            self.version(name, old, new, &moves);
            prefix += 1;
        }
        let (old, new) = (&old.versions()[prefix..], &new.versions()[prefix..]);
        let before = names(old);
        for version in new {
            match before.get(version.version()) {
                Some(old) => self.version(name, old, version, &moves),
                None => self.versions_registered.push(summary(name)(version)),
            }
        }
        let after = names(new);
        let gone = old.iter().filter(|v| !after.contains_key(v.version()));
        self.versions_gone.extend(gone.map(summary(name)));
    }

    fn moves(&mut self, model: &'m str, old: Option<&'m Model>, new: Option<&'m Model>) {
        for stage in [Stage::Prod, Stage::Staging] {
            let from = old.and_then(|model| model.current(stage));
            let to = new.and_then(|model| model.current(stage));
            if from == to {
                continue;
            }
            let version = |model: Option<&'m Model>, name: &Option<Cow<'m, str>>| {
                model.zip(name.as_ref()).and_then(|(model, name)| model.version(name))
            };
            let metrics = match (version(old, &from), version(new, &to)) {
                (Some(old), Some(new)) => metric_changes(old, new),
                _ => Vec::new(),
            };
            self.moves.push(PointerChange { model, stage, from, to, metrics });
        }
    }

    fn events(&mut self, old: &'m Model, new: &'m Model) {
        let (old_events, new_events) = (events(old), events(new));
        let in_model = |event: Raw<'m>| HistoryEvent { model: new.name(), event: event.value() };
        self.events_added.extend(unmatched(&new_events, &old_events).into_iter().map(in_model));
        self.events_gone.extend(unmatched(&old_events, &new_events).into_iter().map(in_model));
    }

    fn version(
        &mut self,
        model: &'m str,
        old: &'m ModelVersion,
        new: &'m ModelVersion,
        moves: &[PointerChange<'m>],
    ) {
        if old.text().raw().same_tokens(new.text().raw()) {
            return;
        }
        let version = new.version();
        let (from, to) = (old.stage(), new.stage());
        let was_moved = |stage: Option<Stage>| {
            moves.iter().any(|moved| {
                moved.to.as_deref() == Some(version)
                    && stage.is_none_or(|stage| stage == moved.stage)
            })
        };
        if from != to && !was_moved(Some(to)) {
            self.labels.push(StageChange { model, version, from, to });
        }
        for (field, before, after) in paired(old.fields(), new.fields()) {
            if field == "metrics" {
                self.metrics(model, version, before, after);
                continue;
            }
            let changes = match &*field {
                "version" | "stage" => continue,
                "promoted_at" if from != to || was_moved(None) => continue,
                "promoted_at" | "description" => &mut self.changed,
                known if IMMUTABLE.contains(&known) => &mut self.rewritten,
                _ => &mut self.unknown,
            };
            changes.extend(changed(Some(model), Some(version), field, before, after));
        }
    }

    fn metrics(
        &mut self,
        model: &'m str,
        version: &'m str,
        before: Option<Value<'m>>,
        after: Option<Value<'m>>,
    ) {
        let members = |metrics| match metrics {
            Some(Value::Object(members)) => members,
            _ => Vec::new(),
        };
        for (name, before, after) in paired(members(before), members(after)) {
            let field = Cow::Owned(format!("metrics.{name}"));
            self.rewritten.extend(changed(Some(model), Some(version), field, before, after));
        }
    }
}

pub(crate) fn models_by_name(manifest: &Manifest) -> HashMap<&str, &Model> {
    manifest.models().iter().map(|model| (model.name(), model)).collect()
}

pub(crate) fn versions_by_name(model: &Model) -> HashMap<&str, &ModelVersion> {
    names(model.versions())
}

fn names(versions: &[ModelVersion]) -> HashMap<&str, &ModelVersion> {
    versions.iter().map(|version| (version.version(), version)).collect()
}

fn summary<'m>(model: &'m str) -> impl Fn(&'m ModelVersion) -> VersionSummary<'m> {
    move |version| VersionSummary {
        model,
        version: version.version(),
        stage: version.stage(),
        created_at: version.created_at(),
        metrics: version.get("metrics").unwrap_or(Value::Object(Vec::new())),
        description: version.description(),
    }
}

fn changed<'m>(
    model: Option<&'m str>,
    version: Option<&'m str>,
    field: Cow<'m, str>,
    old: Option<Value<'m>>,
    new: Option<Value<'m>>,
) -> Option<FieldChange<'m>> {
    (old != new).then_some(FieldChange { model, version, field, old, new })
}

fn metric_changes<'m>(old: &'m ModelVersion, new: &'m ModelVersion) -> Vec<MetricChange<'m>> {
    let change = |(name, old, new): (_, Option<Option<Number<'m>>>, Option<Option<Number<'m>>>)| {
        let (old, new) = (old??, new??);
        let (before, after) = (old.as_f64(), new.as_f64());
        let relative = Some((after - before) / before.abs()).filter(|part| part.is_finite());
        Some(MetricChange { name, old, new, relative })
    };
    paired(old.metrics(), new.metrics()).into_iter().filter_map(change).collect()
}

/// Returns the events of a model's history as written in the manifest.
pub(crate) fn events(model: &Model) -> Vec<Raw<'_>> {
    model.events().collect()
}
