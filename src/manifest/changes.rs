//! Compares a manifest before and after an update, field by field.

use std::borrow::Cow;
use std::collections::HashMap;

use json_document::{Object, Raw, Value};
use serde::Serialize;

use super::{Manifest, Model};

/// A field that differs between two manifests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FieldChange<'m> {
    /// Path of the field: keys and names, outermost first.
    pub place: Vec<String>,
    /// Old value, or `None` if the field was missing.
    pub old: Option<Value<'m>>,
    /// New value, or `None` if the field is missing.
    pub new: Option<Value<'m>>,
}

impl Manifest {
    /// Returns the fields that differ in `after`, in its order. A new version counts as one field,
    /// and so does an event.
    ///
    /// Fields, versions and models that are missing in `after` are not listed.
    pub fn changes<'m>(&'m self, after: &'m Self) -> Vec<FieldChange<'m>> {
        let mut changes = Changes::default();
        changes.compare(&[], members(&self.fields), members(&after.fields));
        let old: HashMap<_, _> = self.models.iter().map(|model| (model.name(), model)).collect();
        for model in &after.models {
            let before = old.get(model.name()).copied();
            if before != Some(model) {
                changes.compare_models(before, model);
            }
        }
        changes.found
    }
}

#[derive(Default)]
struct Changes<'m> {
    found: Vec<FieldChange<'m>>,
}

impl<'m> Changes<'m> {
    fn compare_models(&mut self, old: Option<&'m Model>, new: &'m Model) {
        let place = ["models", new.name()];
        let before = old.into_iter().flat_map(|old| members(old.fields()));
        self.compare(&place, before, members(new.fields()));
        let versions = old.map_or(&[][..], Model::versions);
        let old: HashMap<_, _> = versions.iter().map(|old| (old.version(), old.text())).collect();
        for version in new.versions() {
            let place = [place[0], place[1], "versions", version.version()];
            match old.get(version.version()) {
                Some(old) if *old == version.text() => {}
                Some(old) => self.compare(&place, old.raw().members(), version.members()),
                None => self.push(&place, None, Some(version.text().raw())),
            }
        }
    }

    fn compare(
        &mut self,
        place: &[&str],
        old: impl Iterator<Item = (Cow<'m, str>, Raw<'m>)>,
        new: impl Iterator<Item = (Cow<'m, str>, Raw<'m>)>,
    ) {
        let old: HashMap<_, _> = old.collect();
        for (key, new) in new {
            let old = old.get(&key).copied();
            let place = [place, &[&*key]].concat();
            if old.map(Raw::text) == Some(new.text()) {
                continue;
            }
            if key == "history" {
                self.compare_events(&place, old.unwrap_or(Raw::new("[]")), new);
            } else {
                self.push(&place, old, Some(new));
            }
        }
    }

    fn compare_events(&mut self, place: &[&str], old: Raw<'m>, new: Raw<'m>) {
        for (index, event) in new.elements().enumerate().skip(old.elements().count()) {
            self.push(&[place, &[&index.to_string()]].concat(), None, Some(event));
        }
    }

    fn push(&mut self, place: &[&str], old: Option<Raw<'m>>, new: Option<Raw<'m>>) {
        let place = place.iter().map(|&key| key.to_owned()).collect();
        self.found.push(FieldChange { place, old: old.map(Raw::value), new: new.map(Raw::value) });
    }
}

/// Returns the fields whose values are kept as text.
fn members(object: &Object) -> impl Iterator<Item = (Cow<'_, str>, Raw<'_>)> {
    object.members().filter_map(|member| Some((member.name(), member.value()?.raw())))
}

#[cfg(test)]
mod tests {
    use super::super::{Provenance, Registration, Stage, Timestamp};
    use super::*;

    #[test]
    fn a_promotion_changes_only_the_fields_it_must() {
        let text = include_str!("../../tests/data/python_three_prod.json");
        let before = Manifest::parse(text.into(), "m.json".as_ref()).expect("valid");
        let mut after = before.clone();
        let now = Timestamp::parse("2026-01-05T06:00:00+00:00").expect("a time");
        after.promote("rates", "failed", Stage::Prod, &Provenance::at(now)).expect("a promotion");
        let places: Vec<_> =
            before.changes(&after).iter().map(|change| change.place.join(".")).collect();
        assert_eq!(
            places,
            [
                "updated_at",
                "models.rates.current_prod",
                "models.rates.current_staging",
                "models.rates.history.0",
                "models.rates.versions.failed.stage",
                "models.rates.versions.failed.promoted_at",
            ]
        );
        assert!(before.changes(&before).is_empty());
    }

    #[test]
    fn a_new_version_is_one_change() {
        let before = Manifest::default();
        let mut after = before.clone();
        let trained = Registration::new("p");
        let now = Timestamp::parse("2026-01-05T06:00:00+00:00").expect("a time");
        after.register("m", &trained, now).expect("valid");
        let changes = before.changes(&after);
        let last = changes.last().expect("a change");
        assert_eq!(last.place, ["models", "m", "versions", "20260105T060000Z"]);
        assert!(last.old.is_none() && last.new.is_some());
    }
}
