//! Merges a model that both sides have: its fields, versions and pointers.

use std::borrow::Cow;
use std::collections::HashMap;

use json_document::{Object, Raw, Style};

use super::fields::Choice;
use super::order::merge_order;
use super::pointers::{SideView, Step, reconcile_pointers};
use super::three_way::{Taken, three_way};
use super::version::with_stage_of;
use super::{Dispute, Merger, Side, changed_fields};
use crate::diff::{Diff, events, unmatched, versions_by_name};
use crate::manifest::{Event, Model, ModelVersion, Stage, Value, depth, took_effect};

/// Returns whether a side moved a version into a stage since the base. If that version is the one that was
/// current before, the pointer equals the base, and the moves are still in the history.
fn moved(base: Option<&Model>, side: &Model, stage: Stage) -> bool {
    let before = base.map(events).unwrap_or_default();
    let added = unmatched(&events(side), &before);
    if added.is_empty() {
        return false;
    }
    let history = side.history();
    let took_effect = took_effect(&history);
    let mut added = added.iter().map(|event| Event::of(&event.value()));
    added.any(|event| event.is_move() && event.stage() == Some(stage) && took_effect(&event))
}

type Versions<'m> = HashMap<&'m str, ModelVersion>;

/// A version that one side deleted, with the content of the other side.
struct Deleted<'m> {
    by: Side,
    version: &'m ModelVersion,
    base: &'m ModelVersion,
}

impl Deleted<'_> {
    /// Returns the names of the fields that the other side changed.
    fn changes(&self) -> Vec<String> {
        changed_fields(&Diff::of_versions(self.base, self.version))
    }
}

impl Merger<'_> {
    /// Converts a model of their side to the layout of the result.
    pub(super) fn adopt_model(&self, model: &Model) -> Model {
        if self.fits {
            return model.clone();
        }
        let mut fields = Object::new();
        for member in model.fields().members() {
            let value = member.value().map(|text| self.adopt(text, depth::MODEL_FIELD));
            fields.push(self.adopt(member.key(), 0), value);
        }
        let versions = model.versions().iter().map(|version| self.adopt_version(version));
        model.with_fields(fields, versions.collect())
    }

    pub(super) fn model(&mut self, base: Option<&Model>, ours: &Model, theirs: &Model) -> Model {
        // If one side changed nothing, the other is taken unchanged, unless its history lost
        // events.
        let whole =
            |model| base.is_none_or(|base| unmatched(&events(base), &events(model)).is_empty());
        if ours == theirs || (base == Some(theirs) && whole(ours)) {
            return ours.clone();
        }
        // If the layouts differ, the texts cannot show what their side changed.
        if self.fits && base == Some(ours) && whole(theirs) {
            return theirs.clone();
        }
        let (here, there) = (versions_by_name(ours), versions_by_name(theirs));
        let ours_view = SideView { model: ours, versions: &here };
        let theirs_view = SideView { model: theirs, versions: &there };
        let (mut merged, deleted) = self.versions(base, ours_view, theirs_view);
        let mut fields = self.model_fields(base, ours, theirs);
        self.return_pointers_to_retired(ours, &mut fields);
        let steps = reconcile_pointers(
            ours_view,
            theirs_view,
            [Stage::Prod, Stage::Staging].map(|stage| (stage, pointer(&fields, stage))),
            |name| merged.get(name).map(ModelVersion::stage),
            |name| deleted.get_key_value(name).map(|(name, gone)| (*name, gone.version.stage())),
        );
        self.carry_out(&steps, (ours_view, theirs_view), &mut fields, &mut merged, &deleted);
        let versions = ordered(ours, theirs, merged);
        ours.with_fields(fields, versions)
    }

    /// Merges the versions, and returns those that stay deleted as well.
    fn versions<'m>(
        &mut self,
        base: Option<&'m Model>,
        ours: SideView<'_, 'm>,
        theirs: SideView<'_, 'm>,
    ) -> (Versions<'m>, HashMap<&'m str, Deleted<'m>>) {
        let model = ours.model.name();
        let before = base.map(versions_by_name).unwrap_or_default();
        let (mut merged, mut deleted) = (HashMap::new(), HashMap::new());
        for version in ours.model.versions() {
            let name = version.version();
            let base = before.get(name).copied();
            if let Some(theirs) = theirs.versions.get(name) {
                merged.insert(name, self.version(model, base, version, theirs));
                continue;
            }
            if let Some(base) = base {
                let gone = Deleted { by: Side::Theirs, version, base };
                if !self.still_wanted(model, &gone) {
                    deleted.insert(name, gone);
                    continue;
                }
            }
            merged.insert(name, version.clone());
        }
        let others = theirs.model.versions().iter();
        for version in others.filter(|version| !ours.versions.contains_key(version.version())) {
            let name = version.version();
            if let Some(base) = before.get(name) {
                let gone = Deleted { by: Side::Ours, version, base };
                // Our side deleted it, and ours wins.
                self.still_wanted(model, &gone);
                deleted.insert(name, gone);
            } else {
                merged.insert(name, self.adopt_version(version));
            }
        }
        (merged, deleted)
    }

    /// Returns a pointer that their side moved to a version that our side retired to our value.
    fn return_pointers_to_retired(&self, ours: &Model, fields: &mut Object) {
        let retired = self.conflicts.iter().filter(|conflict| {
            conflict.model.as_deref() == Some(ours.name())
                && matches!(conflict.kind, Dispute::Retired { by: Side::Ours, .. })
        });
        for conflict in retired {
            for stage in [Stage::Prod, Stage::Staging] {
                if pointer(fields, stage) == conflict.version {
                    set_pointer(fields, ours, stage, self.style);
                }
            }
        }
    }

    /// Returns whether the other side changed a version that one side deleted, and records the
    /// conflict.
    fn still_wanted(&mut self, model: &str, deleted: &Deleted<'_>) -> bool {
        let wanted = !deleted.changes().is_empty();
        if wanted {
            self.dispute_deleted(model, deleted, deleted.by == Side::Theirs);
        }
        wanted
    }

    fn dispute_deleted(&mut self, model: &str, deleted: &Deleted<'_>, kept: bool) {
        let kind = Dispute::Deleted { by: deleted.by, changes: deleted.changes(), kept };
        self.dispute_deletion(model, Some(deleted.version.version()), kind);
    }

    fn model_fields(&mut self, base: Option<&Model>, ours: &Model, theirs: &Model) -> Object {
        let none = Object::new();
        let fields = [base.map_or(&none, Model::fields), ours.fields(), theirs.fields()];
        self.fields(Some(ours.name()), depth::MODEL_FIELD, fields, |merger, name, sides| {
            let (kind, default) = match name {
                "versions" => return Choice::Held,
                "history" => return Choice::Text(merger.history(sides)),
                "aliases" | "tags" => return Choice::Members,
                "current_prod" => (Dispute::Pointer(Stage::Prod), Some(Value::Null)),
                "current_staging" => (Dispute::Pointer(Stage::Staging), Some(Value::Null)),
                "name" => (Dispute::Field, Some(Value::String(ours.name().into()))),
                _ => (Dispute::Field, None),
            };
            let mut taken = three_way(sides.raw(), default.as_ref());
            let is_disputed = match (&kind, taken) {
                _ if sides.ours == sides.theirs => false,
                (Dispute::Pointer(stage), Taken::Ours) => moved(base, theirs, *stage),
                (Dispute::Pointer(stage), Taken::Theirs) => moved(base, ours, *stage),
                _ => false,
            };
            if is_disputed {
                taken = Taken::Disputed;
            }
            Choice::Side(taken, kind)
        })
    }

    /// Applies the steps that make pointers and versions agree.
    fn carry_out<'m>(
        &mut self,
        steps: &[Step<'m>],
        (ours, theirs): (SideView<'_, 'm>, SideView<'_, 'm>),
        fields: &mut Object,
        merged: &mut Versions<'m>,
        deleted: &HashMap<&'m str, Deleted<'m>>,
    ) {
        let model = ours.model.name();
        for step in steps {
            match *step {
                Step::Keep(name) => self.keep(model, &deleted[name], merged),
                Step::Dispute(name) => {
                    self.stage_dispute(model, ours.versions[name], theirs.versions[name]);
                }
                Step::OurStage(name) => {
                    let placed = with_stage_of(&merged[name], ours.versions[name], self.style);
                    merged.insert(name, placed);
                }
                Step::OurPointer(stage) => set_pointer(fields, ours.model, stage, self.style),
            }
        }
    }

    /// Keeps a version that one side deleted, because a pointer names it.
    fn keep<'m>(&mut self, model: &str, deleted: &Deleted<'m>, merged: &mut Versions<'m>) {
        let name = deleted.version.version();
        self.conflicts.retain(|conflict| {
            !(conflict.model.as_deref() == Some(model)
                && conflict.version.as_deref() == Some(name)
                && matches!(conflict.kind, Dispute::Deleted { .. }))
        });
        self.dispute_deleted(model, deleted, true);
        let version = match deleted.by {
            Side::Ours => self.adopt_version(deleted.version),
            Side::Theirs => deleted.version.clone(),
        };
        merged.insert(name, version);
    }

    /// Records once that both sides moved a version.
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
        let values = [None, Some(Raw::new(&ours_text)), Some(Raw::new(&theirs_text))];
        self.dispute(Some(model), Some(name), "stage", values, Dispute::Stage { ours, theirs });
    }
}

/// Returns the version that the pointer of a stage names.
fn pointer(fields: &Object, stage: Stage) -> Option<String> {
    fields.get(Model::pointer(stage)?)?.raw().string().map(Cow::into_owned)
}

/// Sets a pointer to our side's value.
fn set_pointer(fields: &mut Object, ours: &Model, stage: Stage, style: &Style) {
    let name = Model::pointer(stage).unwrap_or_default();
    if fields.member(name).is_none() {
        return;
    }
    match ours.fields().get(name) {
        Some(text) => fields.set(name, text.clone(), style, depth::MODEL),
        None => drop(fields.remove(name)),
    }
}

/// Orders the versions as both sides do; versions without a common order by creation time.
fn ordered<'m>(ours: &'m Model, theirs: &'m Model, mut merged: Versions<'m>) -> Vec<ModelVersion> {
    let remaining = |model: &'m Model| -> Vec<&'m str> {
        let names = model.versions().iter().map(ModelVersion::version);
        names.filter(|name| merged.contains_key(name)).collect()
    };
    let rank = |name| {
        let created = merged.get(name).and_then(ModelVersion::created);
        (created.is_none(), created, name)
    };
    let order = merge_order(&remaining(ours), &remaining(theirs), rank);
    order.into_iter().filter_map(|name| merged.remove(name)).collect()
}
