//! Promotes versions.

use std::borrow::Cow;

use super::super::history::{Action, Provenance};
use super::super::{Manifest, Model};
use super::moves::Move;
use crate::error::{Error, Result};
use crate::stage::Stage;

impl Manifest {
    /// Makes sure that a version is current in a stage, or with `None` that no version is.
    ///
    /// With a move in the same update, this is a compare-and-swap.
    ///
    /// # Errors
    ///
    /// [`Error::CurrentMismatch`] with the current version, or [`Error::ModelNotFound`].
    pub fn expect_current(&self, model: &str, stage: Stage, expected: Option<&str>) -> Result<()> {
        let found = self.model(model)?.current(stage);
        if found.as_deref() == expected {
            return Ok(());
        }
        Err(Error::CurrentMismatch {
            model: model.to_owned(),
            stage,
            expected: expected.map(ToOwned::to_owned),
            found: found.map(Cow::into_owned),
        })
    }

    /// Moves a version to a stage, where it becomes the current one, and records the move.
    ///
    /// This plans the move with [`Model::plan_promotion`] and applies the plan.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`], or those of [`Model::resolve`].
    pub fn promote(
        &mut self,
        model: &str,
        version: &str,
        to: Stage,
        provenance: &Provenance<'_>,
    ) -> Result<Move> {
        let plan = self.model(model)?.plan_promotion(version, to)?;
        self.apply(&plan, provenance)?;
        Ok(plan)
    }
}

impl Model {
    /// Plans the promotion of a version to a stage, where it becomes the current one.
    ///
    /// `version` is any reference that [`Model::resolve`] accepts. The version that it replaces
    /// keeps its `stage`, which shows that it was in the stage. A stage that the version leaves has
    /// no current version afterwards. Gates decide whether the version may move.
    ///
    /// # Errors
    ///
    /// Those of [`Model::resolve`].
    pub fn plan_promotion(&self, version: &str, to: Stage) -> Result<Move> {
        Ok(self.plan(self.resolve(version)?, Action::Promote, to))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Event, Registration};
    use super::super::testing::{at, trained, with_versions};
    use super::*;

    fn current(manifest: &Manifest, stage: Stage) -> Option<String> {
        manifest.model("m").expect("the model").current(stage).map(Cow::into_owned)
    }

    fn label(manifest: &Manifest, version: &str) -> Stage {
        manifest.model("m").expect("the model").version(version).expect("the version").stage()
    }

    #[test]
    fn a_move_is_recorded() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        let unmet = ["val_mae <= 3".to_owned()];
        let record =
            Provenance { at: at(2), by: Some("ada"), reason: Some("urgent"), unmet: &unmet };
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
                versions: Vec::new(),
                from: Some(Stage::Dev.into()),
                to: Some(Stage::Prod.into()),
                replaced: Some("1".into()),
                alias: None,
                changed: Vec::new(),
                by: Some("ada".into()),
                reason: Some("urgent".into()),
                promoted_before: None,
                forced: true,
                unmet: unmet.to_vec(),
                dropped: Vec::new(),
            }
        );
        let again = Manifest::parse(manifest.to_text(), "m.json".as_ref()).expect("valid");
        assert_eq!(again.model("m").expect("the model").history(), history);
    }

    #[test]
    fn an_expected_current_version_is_checked() {
        let mut manifest = with_versions(&["1"]);
        manifest.expect_current("m", Stage::Prod, None).expect("nothing is in production");
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        manifest.expect_current("m", Stage::Prod, Some("1")).expect("it is");
        for expected in [None, Some("2")] {
            match manifest.expect_current("m", Stage::Prod, expected) {
                Err(Error::CurrentMismatch { found, .. }) => {
                    assert_eq!(found.as_deref(), Some("1"));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_replaced_version_keeps_its_label() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        let second =
            manifest.promote("m", "2", Stage::Prod, &Provenance::at(at(2))).expect("a promotion");
        assert_eq!(second.replaced.as_deref(), Some("1"));
        assert_eq!(current(&manifest, Stage::Prod).as_deref(), Some("2"));
        assert_eq!((label(&manifest, "1"), label(&manifest, "2")), (Stage::Prod, Stage::Prod));
    }

    #[test]
    fn a_version_leaves_the_stage_it_is_promoted_from() {
        let mut manifest = with_versions(&["1"]);
        let to = |manifest: &mut Manifest, stage| {
            let moved =
                manifest.promote("m", "1", stage, &Provenance::at(at(1))).expect("a promotion");
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
    fn promoting_to_the_same_stage_changes_nothing() {
        let mut manifest = with_versions(&["1"]);
        for stage in [Stage::Dev, Stage::Staging, Stage::Prod] {
            manifest.promote("m", "1", stage, &Provenance::at(at(1))).expect("a promotion");
            let before = manifest.clone();
            let again =
                manifest.promote("m", "1", stage, &Provenance::at(at(2))).expect("no change");
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
            let moved =
                manifest.promote("m", "1", to, &Provenance::at(at(1))).expect("a promotion");
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
                    .promote("m", version, Stage::Prod, &Provenance::at(at(1)))
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
        manifest.promote("m", "2", Stage::Staging, &Provenance::at(at(1))).expect("a promotion");
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
