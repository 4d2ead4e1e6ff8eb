//! One model that both sides have: its fields, its versions, and pointers that agree with them.

use std::collections::HashMap;

use super::fields::{Fields, Taken, three_way};
use super::order::united;
use super::pointers::{SideView, Step, reconcile_pointers};
use super::version::with_stage_of;
use super::{Conflict, Dispute, Merger, Side, changed_fields};
use crate::diff::{Diff, events, unmatched, versions_by_name};
use crate::manifest::{Model, ModelVersion, Stage, Text, Value};

/// Whether the side that is not taken rolled back what the other one has in production: though its
/// pointer is where both began, a person decided against that version.
fn undone(ours: &Model, theirs: &Model, taken: Taken) -> bool {
    let (kept, other) = if taken == Taken::Theirs { (theirs, ours) } else { (ours, theirs) };
    kept.current(Stage::Prod).is_some_and(|version| {
        other.rolled_back(&version).is_some() && kept.rolled_back(&version).is_none()
    })
}

/// Depth of the value of a model's field in the document.
const DEPTH: usize = 3;

type Versions<'m> = HashMap<&'m str, ModelVersion>;

/// A version that one side deleted, as the other has it.
struct Removed<'m> {
    by: Side,
    version: &'m ModelVersion,
    base: &'m ModelVersion,
}

impl Merger<'_> {
    /// A model of their side as it is to stand in the result.
    pub(super) fn adopt_model(&self, model: &Model) -> Model {
        if self.fits {
            return model.clone();
        }
        let part = |(key, value): (&Text, Option<&Text>)| {
            (self.adopt(key, 0), value.map(|text| self.adopt(text, DEPTH)))
        };
        let versions = model.versions().iter().map(|version| self.adopt_version(version));
        model.with_parts(model.parts().map(part).collect(), versions.collect())
    }

    pub(super) fn model(&mut self, base: Option<&Model>, ours: &Model, theirs: &Model) -> Model {
        // Where one side did nothing the other is taken as it is, if its history lost nothing.
        let whole =
            |model| base.is_none_or(|base| unmatched(&events(base), &events(model)).is_empty());
        if ours == theirs || (base == Some(theirs) && whole(ours)) {
            return ours.clone();
        }
        // In another layout, what their side changed is told from what it only wrote differently.
        if self.fits && base == Some(ours) && whole(theirs) {
            return theirs.clone();
        }
        let before = base.map_or_else(HashMap::new, versions_by_name);
        let (here, there) = (versions_by_name(ours), versions_by_name(theirs));
        let (mut merged, mut removed) = (HashMap::new(), HashMap::new());
        for version in ours.versions() {
            let name = version.version();
            let base = before.get(name).copied();
            match (base, there.get(name)) {
                (_, Some(theirs)) => {
                    merged.insert(name, self.version(ours.name(), base, version, theirs));
                }
                (None, None) => drop(merged.insert(name, version.clone())),
                (Some(base), None) => {
                    let gone = Removed { by: Side::Theirs, version, base };
                    if self.still_wanted(ours.name(), &gone) {
                        merged.insert(name, version.clone());
                    } else {
                        removed.insert(name, gone);
                    }
                }
            }
        }
        for version in theirs.versions().iter().filter(|v| !here.contains_key(v.version())) {
            let name = version.version();
            match before.get(name) {
                Some(base) => {
                    let gone = Removed { by: Side::Ours, version, base };
                    self.still_wanted(ours.name(), &gone);
                    removed.insert(name, gone);
                }
                None => drop(merged.insert(name, self.adopt_version(version))),
            }
        }
        let mut fields = self.fields(base, ours, theirs);
        let ours_view = SideView { model: ours, versions: &here };
        let theirs_view = SideView { model: theirs, versions: &there };
        let steps = reconcile_pointers(
            ours_view,
            theirs_view,
            [Stage::Prod, Stage::Staging].map(|stage| (stage, pointer(&fields, stage))),
            |name| merged.get(name).map(ModelVersion::stage),
            |name| removed.get_key_value(name).map(|(name, gone)| (*name, gone.version.stage())),
        );
        self.carry_out(&steps, (ours_view, theirs_view), &mut fields, &mut merged, &removed);
        let versions = ordered(ours, theirs, merged);
        ours.with_parts(fields, versions)
    }

    /// Whether the other side changed a version that one side deleted, which is a conflict.
    fn still_wanted(&mut self, model: &str, removed: &Removed<'_>) -> bool {
        let kept = removed.by == Side::Theirs;
        let diff = Diff::of_versions(removed.base, removed.version);
        if diff.is_empty() {
            return false;
        }
        self.delete_dispute(model, removed, kept);
        true
    }

    fn delete_dispute(&mut self, model: &str, removed: &Removed<'_>, kept: bool) {
        let Removed { by, version, base } = *removed;
        let changes = changed_fields(&Diff::of_versions(base, version));
        self.conflicts.push(Conflict {
            model: Some(model.to_owned()),
            version: Some(version.version().to_owned()),
            field: None,
            base: None,
            ours: None,
            theirs: None,
            kind: Dispute::Deleted { by, changes, kept },
        });
    }

    fn fields(
        &mut self,
        base: Option<&Model>,
        ours: &Model,
        theirs: &Model,
    ) -> Vec<(Text, Option<Text>)> {
        let model = ours.name();
        let before = Fields::new(base.into_iter().flat_map(Model::parts));
        let (here, there) = (Fields::new(ours.parts()), Fields::new(theirs.parts()));
        let mut result = Vec::new();
        for name in united(&here.names(), &there.names(), |name| name) {
            let key = self.key(&here, &there, name);
            let values = [before.text(name), here.text(name), there.text(name)];
            let (kind, default) = match name {
                "versions" => {
                    result.push((key, None));
                    continue;
                }
                "history" => {
                    let history = self.history(before.get(name), here.get(name), there.get(name));
                    result.extend(history.map(|text| (key, Some(text))));
                    continue;
                }
                "current_prod" => (Dispute::Pointer(Stage::Prod), Some(Value::Null)),
                "current_staging" => (Dispute::Pointer(Stage::Staging), Some(Value::Null)),
                "name" => (Dispute::Field, Some(Value::String(model.into()))),
                _ => (Dispute::Field, None),
            };
            let [base_text, ours_text, theirs_text] = values;
            let mut taken = three_way(base_text, ours_text, theirs_text, default.as_ref());
            if name == "current_prod" && ours_text != theirs_text && undone(ours, theirs, taken) {
                taken = Taken::Disputed;
            }
            let text = match taken {
                Taken::Ours => here.get(name).cloned(),
                Taken::Theirs => there.get(name).map(|text| self.adopt(text, DEPTH)),
                Taken::Disputed => {
                    self.dispute(Some(model), None, name, values, kind);
                    here.get(name).cloned()
                }
            };
            result.extend(text.map(|text| (key, Some(text))));
        }
        result
    }

    /// Takes the steps that make pointers and versions agree.
    fn carry_out<'m>(
        &mut self,
        steps: &[Step<'m>],
        (ours, theirs): (SideView<'_, 'm>, SideView<'_, 'm>),
        fields: &mut Vec<(Text, Option<Text>)>,
        merged: &mut Versions<'m>,
        removed: &HashMap<&'m str, Removed<'m>>,
    ) {
        let model = ours.model.name();
        for step in steps {
            match *step {
                Step::Keep(name) => self.keep(model, &removed[name], merged),
                Step::Dispute(name) => {
                    self.stage_dispute(model, ours.versions[name], theirs.versions[name]);
                }
                Step::OurStage(name) => {
                    let placed = with_stage_of(&merged[name], ours.versions[name], self.style);
                    merged.insert(name, placed);
                }
                Step::OurPointer(stage) => set_pointer(fields, ours.model, stage),
            }
        }
    }

    /// Keeps a version that one side deleted, because a pointer names it.
    fn keep<'m>(&mut self, model: &str, removed: &Removed<'m>, merged: &mut Versions<'m>) {
        let name = removed.version.version();
        self.conflicts.retain(|conflict| {
            !(conflict.model.as_deref() == Some(model)
                && conflict.version.as_deref() == Some(name)
                && matches!(conflict.kind, Dispute::Deleted { .. }))
        });
        self.delete_dispute(model, removed, true);
        let version = match removed.by {
            Side::Ours => self.adopt_version(removed.version),
            Side::Theirs => removed.version.clone(),
        };
        merged.insert(name, version);
    }

    /// Records, once, that both sides moved a version.
    fn stage_dispute(&mut self, model: &str, ours: &ModelVersion, theirs: &ModelVersion) {
        let name = ours.version();
        let known = self.conflicts.iter().any(|conflict| {
            conflict.model.as_deref() == Some(model)
                && conflict.version.as_deref() == Some(name)
                && conflict.field.as_deref() == Some("stage")
        });
        if known {
            return;
        }
        let (ours, theirs) = (ours.stage(), theirs.stage());
        let json = |stage: Stage| format!("\"{stage}\"");
        let (ours_text, theirs_text) = (json(ours), json(theirs));
        let values = [None, Some(&*ours_text), Some(&*theirs_text)];
        self.dispute(Some(model), Some(name), "stage", values, Dispute::Stage { ours, theirs });
    }
}

/// The version that a model's fields point to in a stage.
fn pointer(fields: &[(Text, Option<Text>)], stage: Stage) -> Option<String> {
    let name = Model::pointer(stage)?;
    let (_, text) = fields.iter().find(|(key, _)| crate::manifest::decode(key) == name)?;
    match Value::of(text.as_ref()?) {
        Value::String(version) => Some(version.into_owned()),
        _ => None,
    }
}

/// Gives a pointer our side's value.
fn set_pointer(fields: &mut Vec<(Text, Option<Text>)>, ours: &Model, stage: Stage) {
    let name = Model::pointer(stage).unwrap_or_default();
    let place = fields.iter().position(|(key, _)| crate::manifest::decode(key) == name);
    let Some(place) = place else { return };
    match ours.parts().find(|(key, _)| crate::manifest::decode(key) == name) {
        Some((_, text)) => fields[place].1 = text.cloned(),
        None => drop(fields.remove(place)),
    }
}

/// The versions in an order that both sides' orders allow, else by their times of creation.
fn ordered(ours: &Model, theirs: &Model, mut merged: Versions<'_>) -> Vec<ModelVersion> {
    let order: Vec<String> = {
        let remaining = |model| -> Vec<&str> {
            let names = Model::versions(model).iter().map(ModelVersion::version);
            names.filter(|name| merged.contains_key(name)).collect()
        };
        let rank = |name| {
            let created = merged.get(name).and_then(ModelVersion::created);
            (created.is_none(), created, name)
        };
        let order = united(&remaining(ours), &remaining(theirs), rank);
        order.into_iter().map(ToOwned::to_owned).collect()
    };
    order.iter().filter_map(|name| merged.remove(&**name)).collect()
}
