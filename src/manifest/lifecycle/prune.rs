//! Removes versions, such as those that were never promoted.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::super::history::{Action, Event, Provenance};
use super::super::timestamp::Timestamp;
use super::super::{Manifest, Model, ModelVersion};
use crate::error::Result;
use crate::stage::Stage;

/// Which versions to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Prune {
    /// Number of newest versions to keep in any case.
    pub keep: usize,
    /// Removes only versions that were registered longer ago than this. A version without a valid
    /// registration time is kept.
    pub older_than: Option<Age>,
    /// Whether to also remove versions that were promoted before and are not current.
    pub past: bool,
}

impl Prune {
    /// Creates a selection of all versions but this many newest ones and those that were ever
    /// promoted.
    pub const fn keep(keep: usize) -> Self {
        Self { keep, older_than: None, past: false }
    }

    /// Selects only versions that were registered longer ago than this.
    #[must_use]
    pub const fn older_than(mut self, age: Age) -> Self {
        self.older_than = Some(age);
        self
    }

    /// Sets whether to also remove versions that were promoted before and are not current.
    #[must_use]
    pub const fn past(mut self, past: bool) -> Self {
        self.past = past;
        self
    }
}

/// An age such as `90d`, `12w` or `36h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    seconds: u64,
}

/// Error for a text that is not an age.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("`{}` is not an age; expected a number and h, d or w, such as 90d", text.escape_debug())]
pub struct ParseAgeError {
    text: String,
}

impl FromStr for Age {
    type Err = ParseAgeError;

    fn from_str(text: &str) -> Result<Self, ParseAgeError> {
        let units = [("h", 3_600), ("d", 86_400), ("w", 604_800)];
        let age = units.into_iter().find_map(|(unit, seconds): (_, u64)| {
            let number = text.strip_suffix(unit)?;
            let number: u64 =
                number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse())?.ok()?;
            number.checked_mul(seconds)
        });
        age.map(|seconds| Self { seconds }).ok_or_else(|| ParseAgeError { text: text.to_owned() })
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            seconds if seconds % 86_400 == 0 => write!(formatter, "{}d", seconds / 86_400),
            seconds => write!(formatter, "{}h", seconds / 3_600),
        }
    }
}

/// Outcome of removing versions of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// The model.
    pub model: String,
    /// The removed versions, in the file's order.
    pub versions: Vec<PrunedVersion>,
    /// Number of versions that remain.
    pub kept: usize,
}

/// A version that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct PrunedVersion {
    /// The version.
    pub version: String,
    /// Path of its artifact.
    pub artifact_path: String,
}

impl Manifest {
    /// Removes versions of a model, and records which ones.
    ///
    /// It never removes versions that are current, that an alias points to, or that a rollback
    /// would return to, nor the newest ones.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`](crate::Error::ModelNotFound).
    ///
    /// # Examples
    /// ```
    /// use model_registry::{Manifest, Provenance, Prune, Timestamp};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a"},
    ///     {"version": "2", "run_id": "2", "artifact_path": "b"}
    /// ]}}}"#;
    /// let mut manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let now: Timestamp = "2025-12-14T06:05:21Z".parse().expect("a timestamp");
    /// let pruned = manifest.prune("minutes", &Prune::keep(1), &Provenance::at(now))?;
    /// assert_eq!(pruned.versions[0].version, "1");
    /// assert_eq!(manifest.model("minutes")?.history()[0].versions, ["1"]);
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn prune(
        &mut self,
        model: &str,
        prune: &Prune,
        provenance: &Provenance<'_>,
    ) -> Result<Pruned> {
        let style = self.style.clone();
        let found = self.model_mut(model)?;
        let removed: Vec<_> = found
            .prunable(prune, provenance.at)
            .into_iter()
            .map(|version| PrunedVersion {
                version: version.version().to_owned(),
                artifact_path: version.artifact_path().into_owned(),
            })
            .collect();
        let kept = found.versions().len() - removed.len();
        if !removed.is_empty() {
            found.remove(&removed.iter().map(|removed| removed.version.as_str()).collect());
            let (event, at) = found.new_event(Action::Prune, "", provenance);
            let versions = removed.iter().map(|removed| removed.version.clone()).collect();
            found.record(&Event { versions, ..event }, &style);
            self.touch(at);
        }
        Ok(Pruned { model: model.to_owned(), versions: removed, kept })
    }

    /// Removes versions of a model without recording it.
    pub(crate) fn remove_versions(&mut self, model: &str, names: &HashSet<&str>) {
        if let Ok(model) = self.model_mut(model) {
            model.remove(names);
        }
    }
}

impl Model {
    /// Returns the versions that a [`Prune`] removes, in the file's order.
    pub fn prunable(&self, prune: &Prune, now: Timestamp) -> Vec<&ModelVersion> {
        let moves = self.moves();
        let promoted: HashSet<&str> = moves
            .iter()
            .flat_map(|event| {
                let to_stage = event.to.as_ref().is_none_or(|to| *to != Stage::Dev);
                let from = event.from.as_ref().is_some_and(|from| *from != Stage::Dev);
                let promoted = (to_stage || from).then_some(event.version.as_str());
                promoted.into_iter().chain(event.replaced.as_deref())
            })
            .collect();
        let fallback = self.plan_rollback(None).ok().map(|plan| plan.version);
        let aliases = self.aliases();
        let oldest = prune.older_than.map(|age| now.seconds_earlier(age.seconds));
        let versions = self.versions();
        let candidates = &versions[..versions.len().saturating_sub(prune.keep)];
        let is_removed = |version: &&ModelVersion| {
            let name = version.version();
            let was_promoted = promoted.contains(name)
                || version.stage() != Stage::Dev
                // Of a move that no event records, for example by the Python tool.
                || version.promoted().is_some();
            (prune.past || !was_promoted)
                && self.current_stage(name).is_none()
                && fallback.as_deref() != Some(name)
                && aliases.iter().all(|(_, named)| named != name)
                && oldest.is_none_or(|oldest| version.created().is_some_and(|at| at < oldest))
        };
        candidates.iter().filter(is_removed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, trained};
    use super::*;

    fn names(manifest: &Manifest) -> Vec<String> {
        let model = manifest.model("m").expect("the model");
        model.versions().iter().map(|version| version.version().to_owned()).collect()
    }

    /// A model with the versions 1 to 9. 2, 4 and 6 were in production one after the other, 3 is in
    /// staging, 5 was in staging, 7 was rolled back, and the alias `champion` names 1.
    fn used() -> Manifest {
        let mut manifest = Manifest::default();
        for version in 1..=9 {
            manifest.register("m", &trained(&version.to_string()), at(version)).expect("valid");
        }
        let mut promote = |version, stage, second| {
            manifest.promote("m", version, stage, &Provenance::at(at(second))).expect("a move");
        };
        promote("2", Stage::Prod, 10);
        promote("4", Stage::Prod, 11);
        promote("5", Stage::Staging, 12);
        promote("3", Stage::Staging, 13);
        promote("6", Stage::Prod, 14);
        promote("7", Stage::Prod, 15);
        manifest.rollback("m", None, &Provenance::at(at(16))).expect("a rollback");
        manifest.set_alias("m", "champion", Some("1"), &Provenance::at(at(17))).expect("an alias");
        manifest
    }

    fn pruned(prune: &Prune) -> String {
        let mut manifest = used();
        let before = names(&manifest);
        let pruned = manifest.prune("m", prune, &Provenance::at(at(20))).expect("the model");
        let removed: Vec<_> = pruned.versions.iter().map(|one| one.version.clone()).collect();
        let after = names(&manifest);
        assert_eq!(
            before.iter().filter(|name| !after.contains(name)).collect::<Vec<_>>(),
            removed.iter().collect::<Vec<_>>()
        );
        assert_eq!(pruned.kept, after.len());
        let again = Manifest::parse(manifest.to_text(), "m.json".as_ref()).expect("valid");
        assert_eq!(again, manifest);
        // What production would go back to is still there.
        assert_eq!(manifest.rollback("m", None, &Provenance::at(at(21))).expect("it").version, "4");
        removed.join(" ")
    }

    #[test]
    fn only_what_nobody_needs_is_removed() {
        assert_eq!(pruned(&Prune::keep(0)), "8 9");
        assert_eq!(pruned(&Prune::keep(1)), "8");
        assert_eq!(pruned(&Prune::keep(2)), "");
        assert_eq!(pruned(&Prune::keep(100)), "");
        assert_eq!(pruned(&Prune::keep(0).past(true)), "2 5 7 8 9");
        assert_eq!(pruned(&Prune::keep(4).past(true)), "2 5");
    }

    #[test]
    fn age_counts_from_the_registration() {
        let age = |text: &str| text.parse::<Age>().expect(text);
        assert_eq!(pruned(&Prune::keep(0).older_than(age("0h"))), "8 9");
        assert_eq!(pruned(&Prune::keep(0).older_than(age("1h"))), "");
        // Longer than there is time.
        assert_eq!(pruned(&Prune::keep(0).older_than(age("9999999999999w"))), "");
        for text in ["", "90", "d", "-1d", "1.5d", "+1d", "90D", "99999999999999999999d", "1 d"] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
        assert_eq!((age("2w").to_string(), age("36h").to_string()), ("14d".into(), "36h".into()));
    }

    /// What another tool recorded, or left out, does not make a version one that nobody needs.
    #[test]
    fn a_version_that_may_have_been_promoted_is_kept() {
        let pruned = |fields: &str, event: &str| {
            let text = format!(
                r#"{{"models": {{"m": {{"versions": [
                    {{"version": "1", "run_id": "1", "artifact_path": "a"{fields}}}
                ], "history": [{event}]}}}}}}"#
            );
            let mut manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
            let pruned = manifest.prune("m", &Prune::keep(0), &Provenance::at(at(20)));
            pruned.expect("the model").versions.len()
        };
        assert_eq!(pruned("", ""), 1);
        let event = |fields: &str| format!(r#"{{"action": "promote", {fields}}}"#);
        assert_eq!(pruned("", &event(r#""version": "1", "from": "dev", "to": "dev""#)), 1);
        for fields in [
            r#""version": "1", "from": "dev", "to": "staging""#,
            r#""version": "1", "from": "prod", "to": "dev""#,
            r#""version": "1""#,
            r#""version": "2", "to": "prod", "replaced": "1""#,
        ] {
            assert_eq!(pruned("", &event(fields)), 0, "{fields}");
        }
        for fields in [r#", "stage": "staging""#, r#", "promoted_at": "2025-12-01T05:00:00+00:00""#]
        {
            assert_eq!(pruned(fields, ""), 0, "{fields}");
        }
    }

    #[test]
    fn a_version_of_exactly_that_age_or_of_unknown_age_is_kept() {
        let pruned = |created: &str| {
            let text = format!(
                r#"{{"models": {{"m": {{"versions": [{{"version": "1", "run_id": "1",
                "artifact_path": "a", "created_at": {created}}}]}}}}}}"#
            );
            let mut manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
            let prune = Prune::keep(0).older_than("1h".parse().expect("an age"));
            let now = Timestamp::parse("2025-12-01T06:00:00+00:00").expect("a time");
            manifest.prune("m", &prune, &Provenance::at(now)).expect("the model").versions.len()
        };
        assert_eq!(pruned("\"2025-12-01T04:59:59+00:00\""), 1);
        assert_eq!(pruned("\"2025-12-01T05:00:00+00:00\""), 0);
        assert_eq!(pruned("null"), 0);
        assert_eq!(pruned("\"in May\""), 0);
    }

    #[test]
    fn the_event_names_the_versions() {
        let mut manifest = used();
        let provenance =
            Provenance { by: Some("ada"), reason: Some("disk"), ..Provenance::at(at(20)) };
        manifest.prune("m", &Prune::keep(0), &provenance).expect("the model");
        let text = manifest.to_text();
        let again = Manifest::parse(text, "m.json".as_ref()).expect("valid");
        let history = again.model("m").expect("the model").history();
        let event = history.last().expect("an event");
        assert_eq!(event.action, Some(Action::Prune));
        assert_eq!(event.versions, ["8", "9"]);
        assert_eq!((event.by.as_deref(), event.reason.as_deref()), (Some("ada"), Some("disk")));
        let before = again.clone();
        manifest.prune("m", &Prune::keep(0), &provenance).expect("nothing is left to do");
        assert_eq!(manifest, before);
    }
}
