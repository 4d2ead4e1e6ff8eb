//! A version moves to a stage, and the move goes on record.

use std::borrow::Cow;

use super::super::history::{Action, Event, Record, rolled_back};
use super::super::json::Style;
use super::super::timestamp::Timestamp;
use super::super::{Manifest, Model};
use crate::error::{Error, Result};
use crate::stage::Stage;

/// What came of a promotion or a rollback.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// The model.
    pub model: String,
    /// The version that was moved.
    pub version: String,
    /// How it was moved.
    pub action: Action,
    /// The stage it was last promoted to before.
    pub from: Stage,
    /// The stage it is in now.
    pub to: Stage,
    /// The version that was current there before.
    pub replaced: Option<String>,
    /// The stage in which this version was current before and now none is.
    pub vacated: Option<Stage>,
    /// Where the version's artifact is.
    pub artifact_path: String,
    /// Whether anything changed. If not, the version was there already.
    pub changed: bool,
}

impl Manifest {
    /// Makes sure that a version is the current one of a stage, or that none is: compare and
    /// swap, when a move follows in the same update.
    ///
    /// # Errors
    /// [`Error::NotCurrent`] with the version that is there, [`Error::ModelNotFound`].
    pub fn expect_current(&self, model: &str, stage: Stage, expected: Option<&str>) -> Result<()> {
        let found = self.model(model)?.current(stage);
        if found.as_deref() == expected {
            return Ok(());
        }
        Err(Error::NotCurrent {
            model: model.to_owned(),
            stage,
            expected: expected.map(ToOwned::to_owned),
            found: found.map(Cow::into_owned),
        })
    }

    /// Moves a version to a stage, where it becomes the current one, and records the move.
    ///
    /// `version` is anything that [`Model::resolve`] takes. The version that was current there
    /// keeps its label, so that it can be told from one that never was. A stage that this version
    /// leaves has no current version any more. Whether the version should move is not asked here.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`], or those of [`Model::resolve`].
    pub fn promote(
        &mut self,
        model: &str,
        version: &str,
        to: Stage,
        record: &Record<'_>,
    ) -> Result<Move> {
        let style = self.style.clone();
        let found = self.model_mut(model)?;
        let subject = found.resolve(version)?;
        let name = subject.version().to_owned();
        let current = found.current(to).map(Cow::into_owned);
        // Not all that `Model::current_stage` says: somebody may have edited the file so that two
        // pointers name this version.
        let vacated = [Stage::Prod, Stage::Staging].into_iter().find(|&stage| {
            stage != to && found.current(stage).is_some_and(|current| current == name)
        });
        let there = vacated.is_none() && (to == Stage::Dev || current.as_ref() == Some(&name));
        let result = Move {
            model: model.to_owned(),
            action: Action::Promote,
            from: subject.stage(),
            to,
            replaced: current.filter(|current| *current != name),
            vacated,
            artifact_path: subject.artifact_path().into_owned(),
            changed: !(there && subject.stage() == to),
            version: name,
        };
        if result.changed {
            let event = event(&result, record, found.untold_promotion(&result.version));
            found.mark_promoted(&result.version, to, record.at, &style)?;
            found.take_place(&result.version, to, &style);
            found.record(&event, &style);
            self.touch(record.at);
        }
        Ok(result)
    }
}

impl Model {
    /// The rollback that took this version out of production, if nothing has brought it back
    /// since: an automatic job must not undo a person's decision.
    pub fn rolled_back(&self, version: &str) -> Option<Event> {
        rolled_back(&self.history(), version).cloned()
    }

    /// When a version was promoted, if no event tells of it.
    pub(super) fn untold_promotion(&self, version: &str) -> Option<String> {
        let subject = self.version(version)?;
        let promoted_at = subject.promoted_at().filter(|_| subject.promoted().is_some())?;
        let told =
            |event: &Event| event.version == version && event.at.as_deref() == Some(&*promoted_at);
        (!self.history().iter().any(told)).then(|| promoted_at.clone().into_owned())
    }

    /// Writes the stage that a version was promoted to, and when.
    pub(super) fn mark_promoted(
        &mut self,
        version: &str,
        stage: Stage,
        at: Timestamp,
        style: &Style,
    ) -> Result<()> {
        self.label(version, stage, style)?;
        self.edit(version, "promoted_at", &format!("\"{at}\""), style)
    }

    /// Writes the stage that a version is in.
    pub(super) fn label(&mut self, version: &str, stage: Stage, style: &Style) -> Result<()> {
        self.edit(version, "stage", &format!("\"{stage}\""), style)
    }

    fn edit(&mut self, version: &str, field: &str, value: &str, style: &Style) -> Result<()> {
        let subject = self.version(version).map_or_else(|| self.resolve(version), Ok)?;
        let edited = subject.with(field, value, style);
        self.replace(edited.map_err(|fault| Error::Invalid {
            field: "version",
            value: format!("{version} ({})", fault.problem),
            problem: "cannot be changed",
        })?);
        Ok(())
    }

    /// Makes a version the current one of a stage, and of no other.
    pub(super) fn take_place(&mut self, version: &str, to: Stage, style: &Style) {
        for stage in [Stage::Staging, Stage::Prod] {
            let here = self.current(stage).is_some_and(|current| current == version);
            if stage == to {
                self.point(stage, Some(version), style);
            } else if here {
                self.point(stage, None, style);
            }
        }
    }
}

/// A move as it goes on record.
pub(super) fn event(moved: &Move, record: &Record<'_>, promoted_before: Option<String>) -> Event {
    Event {
        at: Some(record.at.to_string()),
        action: Some(moved.action),
        version: moved.version.clone(),
        from: Some(moved.from.to_string()),
        to: Some(moved.to.to_string()),
        replaced: moved.replaced.clone(),
        by: record.by.map(ToOwned::to_owned),
        reason: record.reason.map(ToOwned::to_owned),
        promoted_before,
        forced: !record.unmet.is_empty(),
        unmet: record.unmet.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Registration;
    use super::super::testing::{at, trained, with_versions};
    use super::*;

    fn current(manifest: &Manifest, stage: Stage) -> Option<String> {
        manifest.model("m").expect("the model").current(stage).map(Cow::into_owned)
    }

    fn label(manifest: &Manifest, version: &str) -> Stage {
        manifest.model("m").expect("the model").version(version).expect("the version").stage()
    }

    #[test]
    fn a_move_goes_on_record() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &Record::at(at(1))).expect("a promotion");
        let unmet = ["val_mae <= 3".to_owned()];
        let record = Record { at: at(2), by: Some("ada"), reason: Some("urgent"), unmet: &unmet };
        manifest.promote("m", "2", Stage::Prod, &record).expect("a promotion");
        manifest.promote("m", "2", Stage::Prod, &record).expect("no change");

        let history = manifest.model("m").expect("the model").history();
        assert_eq!(history.len(), 2);
        assert_eq!(history[0].by, None);
        assert_eq!(
            history[1],
            Event {
                at: Some("2025-12-01T05:00:02.000000+00:00".into()),
                action: Some(Action::Promote),
                version: "2".into(),
                from: Some("dev".into()),
                to: Some("prod".into()),
                replaced: Some("1".into()),
                by: Some("ada".into()),
                reason: Some("urgent".into()),
                promoted_before: None,
                forced: true,
                unmet: unmet.to_vec(),
            }
        );
        let again = Manifest::parse(manifest.to_text(), "m.json".as_ref()).expect("valid");
        assert_eq!(again.model("m").expect("the model").history(), history);
    }

    #[test]
    fn what_is_current_can_be_expected() {
        let mut manifest = with_versions(&["1"]);
        manifest.expect_current("m", Stage::Prod, None).expect("nothing is in production");
        manifest.promote("m", "1", Stage::Prod, &Record::at(at(1))).expect("a promotion");
        manifest.expect_current("m", Stage::Prod, Some("1")).expect("it is");
        for expected in [None, Some("2")] {
            match manifest.expect_current("m", Stage::Prod, expected) {
                Err(Error::NotCurrent { found, .. }) => assert_eq!(found.as_deref(), Some("1")),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_replaced_version_keeps_its_label() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &Record::at(at(1))).expect("a promotion");
        let second =
            manifest.promote("m", "2", Stage::Prod, &Record::at(at(2))).expect("a promotion");
        assert_eq!(second.replaced.as_deref(), Some("1"));
        assert_eq!(current(&manifest, Stage::Prod).as_deref(), Some("2"));
        assert_eq!((label(&manifest, "1"), label(&manifest, "2")), (Stage::Prod, Stage::Prod));
    }

    #[test]
    fn a_version_leaves_the_stage_it_is_promoted_from() {
        let mut manifest = with_versions(&["1"]);
        let to = |manifest: &mut Manifest, stage| {
            let moved = manifest.promote("m", "1", stage, &Record::at(at(1))).expect("a promotion");
            (
                moved.from,
                moved.vacated,
                current(manifest, Stage::Staging),
                current(manifest, Stage::Prod),
            )
        };
        let one = || Some("1".to_owned());
        assert_eq!(to(&mut manifest, Stage::Staging), (Stage::Dev, None, one(), None));
        assert_eq!(
            to(&mut manifest, Stage::Prod),
            (Stage::Staging, Some(Stage::Staging), None, one())
        );
        assert_eq!(
            to(&mut manifest, Stage::Staging),
            (Stage::Prod, Some(Stage::Prod), one(), None)
        );
        assert_eq!(
            to(&mut manifest, Stage::Dev),
            (Stage::Staging, Some(Stage::Staging), None, None)
        );
        assert_eq!(label(&manifest, "1"), Stage::Dev);
    }

    #[test]
    fn promoting_to_where_it_is_changes_nothing() {
        let mut manifest = with_versions(&["1"]);
        for stage in [Stage::Dev, Stage::Staging, Stage::Prod] {
            manifest.promote("m", "1", stage, &Record::at(at(1))).expect("a promotion");
            let before = manifest.clone();
            let again = manifest.promote("m", "1", stage, &Record::at(at(2))).expect("no change");
            assert!(!again.changed && manifest == before, "{stage}");
        }
    }

    #[test]
    fn a_version_that_two_pointers_name_ends_in_one_stage() {
        let text = r#"{"models": {"m": {"versions": [
            {"version": "1", "run_id": "1", "artifact_path": "p", "stage": "staging"}
        ], "current_prod": "1", "current_staging": "1"}}}"#;
        for (to, left) in [(Stage::Prod, Stage::Staging), (Stage::Staging, Stage::Prod)] {
            let mut manifest = Manifest::parse(text.into(), "m.json".as_ref()).expect("valid");
            let moved = manifest.promote("m", "1", to, &Record::at(at(1))).expect("a promotion");
            assert_eq!((moved.changed, moved.vacated), (true, Some(left)));
            assert_eq!(
                (current(&manifest, to), current(&manifest, left)),
                (Some("1".into()), None)
            );
        }
    }

    #[test]
    fn a_past_version_can_come_back() {
        let mut manifest = with_versions(&["1", "2"]);
        for version in ["1", "2", "1"] {
            assert!(
                manifest
                    .promote("m", version, Stage::Prod, &Record::at(at(1)))
                    .expect("a promotion")
                    .changed
            );
        }
        assert_eq!(current(&manifest, Stage::Prod).as_deref(), Some("1"));
    }

    #[test]
    fn a_reference_must_mean_one_version() {
        let mut manifest = with_versions(&["1", "2"]);
        for (version, run_id) in [("3", "shared"), ("4", "shared"), ("5", "own")] {
            let registration = Registration { run_id: Some(run_id.into()), ..trained(version) };
            manifest.register("m", &registration, at(0)).expect("valid");
        }
        manifest.promote("m", "2", Stage::Staging, &Record::at(at(1))).expect("a promotion");
        let model = manifest.model("m").expect("the model");
        let resolve = |reference| model.resolve(reference).map(|v| v.version().to_owned());
        for (reference, version) in [("1", "1"), ("own", "5"), ("@latest", "5"), ("@staging", "2")]
        {
            assert_eq!(resolve(reference).expect("one version"), version);
        }
        assert!(matches!(resolve("@prod"), Err(Error::NothingInStage { stage: Stage::Prod, .. })));
        assert!(matches!(resolve("nine"), Err(Error::VersionNotFound { .. })));
        match resolve("shared") {
            Err(Error::AmbiguousRunId { versions, .. }) => assert_eq!(versions, ["3", "4"]),
            other => panic!("{other:?}"),
        }
    }
}
