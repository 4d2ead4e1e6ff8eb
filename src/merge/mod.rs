//! Merges manifests three-way by models, versions and fields.
//!
//! The result is always a valid manifest. Conflicting values are those of our side, with a
//! [`Conflict`] for each. Texts that only one side changed are copied, those of their side in our
//! layout. Versions, models and fields are looked up by name in maps, and identical texts are not
//! parsed, so that a merge takes time linear in the size of the manifests.

mod conflict;
mod fields;
mod history;
mod members;
mod model;
mod order;
mod pointers;
mod resolve;
mod restore;
mod three_way;
mod version;

pub use conflict::{Conflict, Dispute, Side};
pub use resolve::{Resolution, resolve, take_model};
pub use restore::Restored;

use std::collections::HashMap;

use json_document::{Object, Raw, Style, Text};

use crate::diff::{Diff, models_by_name};
use crate::manifest::{Manifest, Model, Value, depth};
use fields::Choice;
use order::merge_order;
use restore::restore_sides;
use three_way::{later, three_way};

/// The result of a merge.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Merged {
    /// The merged manifest.
    pub manifest: Manifest,
    /// Conflicts between the two sides.
    pub conflicts: Vec<Conflict>,
    /// Parts that one side lost to a tool that does not know them. The merged manifest contains them.
    pub restored: Vec<Restored>,
}

/// Merges the changes of `ours` and `theirs` since `base`.
///
/// - Versions, models and fields are matched by name. Each field and each metric is merged by
///   itself; a change of only one side always applies.
/// - Both sides' orders are kept; a new version comes before another that was created later.
/// - Histories are combined: no event of either side is lost.
/// - A side that lost its history, digests and other fields to a tool that does not know them gets
///   them back as they are in the base.
/// - `updated_at` is the later one, and so is the `promoted_at` of a version that both sides moved
///   to the same stage.
/// - A pointer names an existing version with that stage, if that holds for both sides.
///
/// ```
/// use model_registry::{Manifest, Registration, Timestamp, merge::merge};
///
/// let base = Manifest::default();
/// let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a time");
/// let (mut ours, mut theirs) = (base.clone(), base.clone());
/// for (manifest, version) in [(&mut ours, "1"), (&mut theirs, "2")] {
///     manifest.register("m", &Registration::new("runs").version(version), now)?;
/// }
/// let merged = merge(&base, &ours, &theirs);
/// assert!(merged.conflicts.is_empty());
/// assert_eq!(merged.manifest.model("m")?.versions().len(), 2);
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn merge(base: &Manifest, ours: &Manifest, theirs: &Manifest) -> Merged {
    let ([ours, theirs], restored) = restore_sides(base, ours, theirs);
    let (manifest, conflicts) = merge_whole(base, &ours, &theirs);
    Merged { manifest, conflicts, restored }
}

/// Merges two sides of which none lost anything.
fn merge_whole(base: &Manifest, ours: &Manifest, theirs: &Manifest) -> (Manifest, Vec<Conflict>) {
    // If one side changed nothing, the result is the other side, including its layout.
    let untouched = if ours == base {
        Some(theirs)
    } else if theirs == base || theirs == ours {
        Some(ours)
    } else {
        None
    };
    if let Some(manifest) = untouched {
        return (manifest.clone(), Vec::new());
    }
    let mut merger = Merger {
        style: ours.style(),
        fits: ours.style().fits(theirs.style()),
        conflicts: Vec::new(),
    };
    let fields = merger.document(base, ours, theirs);
    let models = merger.models(base, ours, theirs);
    (ours.with_fields(fields, models), merger.conflicts)
}

/// The state of a merge.
struct Merger<'m> {
    /// Layout of the result.
    style: &'m Style,
    /// Whether a text of their side has the same layout.
    fits: bool,
    conflicts: Vec<Conflict>,
}

impl Merger<'_> {
    /// Converts a text of their side to the layout of the result at this depth.
    fn adopt(&self, text: &Text, depth: usize) -> Text {
        if self.fits { text.clone() } else { text.raw().restyle(self.style, depth).into() }
    }

    fn document(&mut self, base: &Manifest, ours: &Manifest, theirs: &Manifest) -> Object {
        let fields = [base, ours, theirs].map(Manifest::fields);
        self.fields(None, depth::FIELD, fields, |_, name, sides| {
            let [base, ours, theirs] = sides.raw();
            let default = (name == "schema_version").then(|| Value::String("1.0.0".into()));
            let taken = match name {
                "models" => return Choice::Held,
                "updated_at" => later(ours, theirs),
                _ => three_way([base, ours, theirs], default.as_ref()),
            };
            Choice::Side(taken, Dispute::Field)
        })
    }

    fn models<'m>(
        &mut self,
        base: &'m Manifest,
        ours: &'m Manifest,
        theirs: &'m Manifest,
    ) -> Vec<Model> {
        let before = models_by_name(base);
        let (here, there) = (models_by_name(ours), models_by_name(theirs));
        let mut merged: HashMap<&str, Model> = HashMap::new();
        for model in ours.models() {
            let name = model.name();
            let result = match (before.get(name), there.get(name)) {
                (base, Some(theirs)) => Some(self.model(base.copied(), model, theirs)),
                (None, None) => Some(model.clone()),
                (Some(base), None) => {
                    self.deleted(base, model, Side::Theirs).then(|| model.clone())
                }
            };
            merged.extend(result.map(|model| (name, model)));
        }
        for model in theirs.models().iter().filter(|model| !here.contains_key(model.name())) {
            match before.get(model.name()) {
                // Our side deleted it, and ours wins.
                Some(base) => drop(self.deleted(base, model, Side::Ours)),
                None => drop(merged.insert(model.name(), self.adopt_model(model))),
            }
        }
        let remaining = |side: &'m Manifest| -> Vec<&'m str> {
            let names = side.models().iter().map(Model::name);
            names.filter(|name| merged.contains_key(name)).collect()
        };
        let order = merge_order(&remaining(ours), &remaining(theirs), |name| name);
        order.into_iter().filter_map(|name| merged.remove(name)).collect()
    }

    /// Returns whether the other side changed a model that one side deleted, and records the conflict.
    fn deleted(&mut self, base: &Model, model: &Model, by: Side) -> bool {
        let changes = changed_fields(&Diff::of_models(base, model));
        if changes.is_empty() {
            return false;
        }
        let kept = by == Side::Theirs;
        self.dispute_deletion(model.name(), None, Dispute::Deleted { by, changes, kept });
        true
    }

    /// Records a conflict about a model or a version that one side deleted.
    fn dispute_deletion(&mut self, model: &str, version: Option<&str>, kind: Dispute) {
        self.conflicts.push(Conflict {
            model: Some(model.to_owned()),
            version: version.map(Into::into),
            field: None,
            base: None,
            ours: None,
            theirs: None,
            kind,
        });
    }

    /// Records a conflict with the values of the base, of ours and of theirs.
    fn dispute(
        &mut self,
        model: Option<&str>,
        version: Option<&str>,
        field: &str,
        values: [Option<Raw<'_>>; 3],
        kind: Dispute,
    ) {
        let json = |raw: Raw<'_>| raw.restyle(&Style::one_line(), 0);
        let [base, ours, theirs] = values.map(|value| value.map(json));
        self.conflicts.push(Conflict {
            model: model.map(Into::into),
            version: version.map(Into::into),
            field: Some(field.to_owned()),
            base,
            ours,
            theirs,
            kind,
        });
    }
}

/// Describes the changes to a model or a version: fields, pointers and names of versions.
fn changed_fields(diff: &Diff<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let listed = diff.versions_registered.iter().chain(&diff.versions_gone);
    let mut add = |name: String| {
        if !names.contains(&name) && names.len() < 20 {
            names.push(name);
        }
    };
    for moved in &diff.moves {
        add(Model::pointer(moved.stage).unwrap_or_default().to_owned());
    }
    listed.for_each(|version| add(version.version.to_owned()));
    diff.labels.iter().for_each(|_| add("stage".to_owned()));
    for change in diff.rewritten.iter().chain(&diff.changed).chain(&diff.unknown) {
        add(change.field.clone().into_owned());
    }
    if !(diff.events_added.is_empty() && diff.events_gone.is_empty()) {
        add("history".to_owned());
    }
    names
}
