//! Gives a side back what a tool removed that does not know it.
//!
//! The original Python tool keeps only its own fields. One save removes the history, aliases, tags,
//! digests and unknown keys, and moves made with it have no event. Nobody removes a history or a
//! digest on purpose, so a side without them counts as one that left them as they are in the base.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use json_document::{Array, Object, Style, Text};
use serde::Serialize;

use super::Side;
use super::version::{Edit, edited};
use crate::diff::{events, models_by_name, unmatched, versions_by_name};
use crate::error::listed;
use crate::manifest::{Manifest, Model, ModelVersion, depth};

/// Fields of the document and of a model that the original tool writes.
const DOCUMENT_FIELDS: [&str; 3] = ["schema_version", "updated_at", "models"];
const MODEL_FIELDS: [&str; 4] = ["name", "versions", "current_prod", "current_staging"];

/// Fields that one side lost to a tool that does not know them, and that a merge restored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Restored {
    /// The side that lost them.
    pub side: Side,
    /// The model, or `None` for fields of the document.
    pub model: Option<String>,
    /// The fields of the model, then those of its versions.
    pub fields: Vec<String>,
}

impl fmt::Display for Restored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} lost {} of ", self.side, listed(&self.fields))?;
        match &self.model {
            Some(model) => write!(formatter, "model `{model}`")?,
            None => formatter.write_str("the manifest")?,
        }
        let known = if self.fields.len() == 1 { "it" } else { "them" };
        write!(formatter, " to a tool that does not know {known}; restored")
    }
}

/// Returns both sides with what such a tool removed since the base.
pub(super) fn restore_sides<'m>(
    base: &Manifest,
    ours: &'m Manifest,
    theirs: &'m Manifest,
) -> ([Cow<'m, Manifest>; 2], Vec<Restored>) {
    let (ours, mut found) = restored(base, ours, Side::Ours);
    let (theirs, lost_by_theirs) = restored(base, theirs, Side::Theirs);
    found.extend(lost_by_theirs);
    ([ours, theirs], found)
}

fn restored<'m>(
    base: &Manifest,
    manifest: &'m Manifest,
    side: Side,
) -> (Cow<'m, Manifest>, Vec<Restored>) {
    let before = models_by_name(base);
    let pairs: Vec<(Option<&Model>, &Model)> = manifest
        .models()
        .iter()
        .map(|model| (before.get(model.name()).copied().filter(|base| *base != model), model))
        .collect();
    let rewritten =
        pairs.iter().any(|(base, model)| base.is_some_and(|base| is_rewritten(base, model)));
    if !rewritten {
        return (Cow::Borrowed(manifest), Vec::new());
    }
    let style = manifest.style();
    let mut found = Vec::new();
    let mut note = |model: Option<&str>, fields: Vec<String>| {
        if !fields.is_empty() {
            found.push(Restored { side, model: model.map(ToOwned::to_owned), fields });
        }
    };
    let mut fields = manifest.fields().clone();
    let lost = missing(base.fields(), &fields, &DOCUMENT_FIELDS);
    note(None, give_back(&mut fields, lost, style, depth::DOCUMENT, depth::FIELD));
    let models = pairs.iter().map(|(base, model)| {
        let Some(base) = base else { return (*model).clone() };
        let (model, names) = restored_model(base, model, style);
        note(Some(model.name()), names);
        model
    });
    let models = models.collect();
    (Cow::Owned(manifest.with_fields(fields, models)), found)
}

/// Returns whether a tool that does not know histories and digests rewrote a model.
fn is_rewritten(base: &Model, model: &Model) -> bool {
    lost_history(base, model) || {
        let before = versions_by_name(base);
        model.versions().iter().any(|version| {
            before.get(version.version()).is_some_and(|base| {
                base.text() != version.text()
                    && base.string("artifact_digest").is_some()
                    && version.get("artifact_digest").is_none()
                    && same_run(base, version)
            })
        })
    }
}

/// Returns whether a model lost the history that the base has, although the moves happened.
///
/// When a commit is picked, the other branch may lack the history because nothing of it happened
/// there. Then the versions that moved have an earlier promotion time than in the base.
fn lost_history(base: &Model, model: &Model) -> bool {
    let (old, new) = (events(base), events(model));
    if old.is_empty() || unmatched(&old, &new).len() < old.len() {
        return false;
    }
    let (before, after) = (versions_by_name(base), versions_by_name(model));
    let history = base.history();
    let mut promoted = history
        .iter()
        .filter(|event| event.is_move())
        .filter_map(|event| before.get(event.version.as_str()))
        .filter(|version| version.promoted_at().is_some())
        .peekable();
    if promoted.peek().is_none() {
        return new.is_empty();
    }
    let mut kept = promoted.filter_map(|base| Some((base, after.get(base.version())?))).peekable();
    kept.peek().is_some()
        && kept.all(|(base, version)| {
            let time = |version: &ModelVersion| {
                (version.promoted(), version.promoted_at().map(Cow::into_owned))
            };
            time(version) >= time(base)
        })
}

/// Returns whether two versions of one name are of the same registration.
fn same_run(base: &ModelVersion, version: &ModelVersion) -> bool {
    let identity = |version| {
        ["run_id", "artifact_path", "created_at"].map(|field| ModelVersion::get(version, field))
    };
    identity(base) == identity(version)
}

/// Returns a model with the fields that it lost, and their names.
fn restored_model(base: &Model, model: &Model, style: &Style) -> (Model, Vec<String>) {
    let mut fields = model.fields().clone();
    let mut lost = missing(base.fields(), &fields, &MODEL_FIELDS);
    // A history that is not restored contains moves that did not happen on this side.
    let place = lost.iter().position(|(name, _)| name == "history");
    let place = place.map_or(lost.len(), |place| {
        lost.remove(place);
        place
    });
    if lost_history(base, model) {
        let all = events(base).into_iter().chain(events(model));
        let all = all.map(|event| Text::from(event.restyle(style, depth::VERSION)));
        let history = Array::laid_out(all, style, depth::MODEL_FIELD).to_text();
        lost.insert(place, ("history".to_owned(), history.into()));
    }
    let mut names = give_back(&mut fields, lost, style, depth::MODEL, depth::MODEL_FIELD);
    let before = versions_by_name(base);
    let versions = model.versions().iter().map(|version| {
        let base = before.get(version.version()).filter(|base| base.text() != version.text());
        let Some(base) = base.filter(|base| same_run(base, version)) else {
            return version.clone();
        };
        let lost: Vec<Edit> = base
            .members()
            .filter(|(name, _)| {
                ModelVersion::default_of(name).is_none() && version.get(name).is_none()
            })
            .map(|(name, raw)| (name.into_owned(), Some(raw.restyle(style, depth::VERSION_FIELD))))
            .collect();
        names.extend(lost.iter().map(|(name, _)| name.clone()));
        edited(version, &lost, style)
    });
    let versions = versions.collect();
    let mut known = HashSet::new();
    names.retain(|name| known.insert(name.clone()));
    (model.with_fields(fields, versions), names)
}

/// Returns the fields of the base that an object lacks, except for those that every tool writes.
fn missing(base: &Object, object: &Object, known: &[&str]) -> Vec<(String, Text)> {
    base.members()
        .filter(|member| {
            let name = member.name();
            !known.contains(&&*name) && object.member(&name).is_none()
        })
        .filter_map(|member| Some((member.name().into_owned(), member.value()?.clone())))
        .collect()
}

/// Adds fields at the end of an object, and returns their names.
fn give_back(
    object: &mut Object,
    lost: Vec<(String, Text)>,
    style: &Style,
    depth: usize,
    value_depth: usize,
) -> Vec<String> {
    let add = |(name, text): (String, Text)| {
        let text = text.raw().restyle(style, value_depth);
        object.set(&name, text.into(), style, depth);
        name
    };
    lost.into_iter().map(add).collect()
}
