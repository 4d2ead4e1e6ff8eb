//! Rolls production back to an earlier version.

use std::collections::HashSet;

use super::super::history::{Action, Provenance, rollback_candidates};
use super::super::{Manifest, Model, ModelVersion};
use super::moves::Move;
use crate::error::{Error, Result, RollbackRefusal};
use crate::stage::Stage;

impl Manifest {
    /// Returns production to an earlier version and records the move.
    ///
    /// This plans the move with [`Model::plan_rollback`] and applies the plan.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`], or those of [`Model::plan_rollback`].
    pub fn rollback(
        &mut self,
        model: &str,
        to: Option<&str>,
        provenance: &Provenance<'_>,
    ) -> Result<Move> {
        let plan = self.model(model)?.plan_rollback(to)?;
        self.apply(&plan, provenance)?;
        Ok(plan)
    }
}

impl Model {
    /// Plans the return of production to a version that was in production before: the previous one,
    /// or the one that `to` names. Only versions whose `stage` is still `prod` are considered.
    ///
    /// The version in production returns to `dev`, so that a second rollback goes further back
    /// and never returns to it. This works on manifests without history.
    ///
    /// # Errors
    /// [`Error::NothingToRollBackTo`], [`Error::RollbackRefused`] if production cannot return to
    /// the named version, or those of [`Model::resolve`].
    pub fn plan_rollback(&self, to: Option<&str>) -> Result<Move> {
        let leaving = self.current(Stage::Prod);
        let target = target(self, leaving.as_deref(), to)?;
        Ok(self.plan(target, Action::Rollback, Stage::Prod))
    }
}

/// Returns the version that production returns to. `leaving` is the version in production.
fn target<'m>(
    model: &'m Model,
    leaving: Option<&str>,
    to: Option<&str>,
) -> Result<&'m ModelVersion> {
    let moves = model.moves();
    let was_in_production: HashSet<&str> = moves
        .iter()
        .filter(|event| event.stage() == Some(Stage::Prod))
        .filter(|event| event.is_recorded() || event.at.is_some())
        .map(|event| event.version.as_str())
        .collect();
    // The stage alone does not show that a version was in production.
    let is_candidate = |version: &&ModelVersion| {
        let name = version.version();
        version.stage() == Stage::Prod
            && Some(name) != leaving
            && was_in_production.contains(name)
            && version.retired().is_none()
            && model.rolled_back(name).is_none()
    };
    if let Some(reference) = to {
        let named = model.resolve(reference)?;
        return Some(named).filter(is_candidate).ok_or_else(|| Error::RollbackRefused {
            model: model.name().to_owned(),
            version: named.version().to_owned(),
            reason: if leaving == Some(named.version()) {
                RollbackRefusal::AlreadyCurrent
            } else if named.retired().is_some() {
                RollbackRefusal::Retired
            } else if model.rolled_back(named.version()).is_some() {
                RollbackRefusal::RolledBack
            } else {
                RollbackRefusal::NeverInProduction
            },
        });
    }
    let known = rollback_candidates(&moves, leaving.unwrap_or_default());
    let target = known.into_iter().filter_map(|name| model.version(name)).find(is_candidate);
    target.ok_or_else(|| Error::NothingToRollBackTo {
        model: model.name().to_owned(),
        current: leaving.map(ToOwned::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, trained};
    use super::*;

    fn record(second: u32) -> Provenance<'static> {
        Provenance::at(at(second))
    }

    /// Returns a manifest whose versions were in production one after the other.
    fn in_production_order(versions: &[&str]) -> Manifest {
        let mut manifest = Manifest::default();
        for (version, second) in versions.iter().zip(1..) {
            manifest.register("m", &trained(version), record(0).at).expect("a valid version");
            manifest.promote("m", version, Stage::Prod, &record(second)).expect("a promotion");
        }
        manifest
    }

    fn production(manifest: &Manifest) -> &str {
        manifest.production("m").expect("a version in production").version()
    }

    #[test]
    fn rolling_back_goes_further_back_and_never_returns() {
        let mut manifest = in_production_order(&["1", "2", "3"]);
        for (from, to) in [("3", "2"), ("2", "1")] {
            let moved = manifest.rollback("m", None, &record(9)).expect("a rollback");
            assert_eq!((moved.replaced.as_deref(), moved.version.as_str()), (Some(from), to));
            assert_eq!(production(&manifest), to);
            let left = manifest.model("m").expect("the model").version(from).expect("it");
            assert_eq!(left.stage(), Stage::Dev);
        }
        let before = manifest.clone();
        let error = manifest.rollback("m", None, &record(9)).expect_err("nothing is left");
        assert!(matches!(error, Error::NothingToRollBackTo { .. }));
        assert_eq!(manifest, before);
        let actions: Vec<_> =
            manifest.model("m").expect("the model").history().iter().map(|e| e.action).collect();
        let (promote, rollback) = (Some(Action::Promote), Some(Action::Rollback));
        assert_eq!(actions, [promote, promote, promote, rollback, rollback]);
    }

    #[test]
    fn a_rollback_can_name_a_version_that_was_in_production() {
        let mut manifest = in_production_order(&["1", "2", "3"]);
        manifest.rollback("m", Some("1"), &record(9)).expect("a rollback");
        assert_eq!(production(&manifest), "1");
        for (version, expected) in
            [("3", RollbackRefusal::RolledBack), ("1", RollbackRefusal::AlreadyCurrent)]
        {
            match manifest.rollback("m", Some(version), &record(9)) {
                Err(Error::RollbackRefused { reason, .. }) => assert_eq!(reason, expected),
                other => panic!("{other:?}"),
            }
        }
        // The rollback skipped version 2 on purpose.
        assert!(manifest.rollback("m", None, &record(10)).is_err());
        manifest.register("m", &trained("4"), record(11).at).expect("a valid version");
        manifest.promote("m", "4", Stage::Prod, &record(12)).expect("a promotion");
        let back = manifest.rollback("m", None, &record(13)).expect("a rollback");
        assert_eq!(back.version, "1");
    }

    #[test]
    fn promotion_times_from_python_are_kept() {
        let text = include_str!("../../../tests/data/python_three_prod.json");
        let mut manifest = Manifest::parse(text.into(), "m.json".as_ref()).expect("valid");
        let times = |manifest: &Manifest| -> Vec<_> {
            let moves = manifest.model("rates").expect("the model").moves();
            let inferred = moves.into_iter().filter(|event| !event.is_recorded());
            inferred.map(|event| (event.version, event.to, event.at)).collect()
        };
        let before = times(&manifest);
        assert_eq!(before.len(), 4);
        for _ in 0..2 {
            manifest.rollback("rates", None, &record(9)).expect("a rollback");
            assert_eq!(times(&manifest), before);
        }
        manifest.promote("rates", "failed", Stage::Prod, &record(10)).expect("a promotion");
        manifest.promote("rates", "failed", Stage::Dev, &record(11)).expect("a promotion");
        assert_eq!(times(&manifest), before);
    }

    #[test]
    fn a_version_counts_as_rolled_back_until_it_returns() {
        let mut manifest = in_production_order(&["1", "2"]);
        let held = |manifest: &Manifest| {
            let model = manifest.model("m").expect("the model");
            ["1", "2"].map(|version| model.rolled_back(version).is_some())
        };
        assert_eq!(held(&manifest), [false, false]);
        manifest.rollback("m", None, &record(9)).expect("a rollback");
        assert_eq!(held(&manifest), [false, true]);
        manifest.promote("m", "2", Stage::Staging, &record(10)).expect("a promotion");
        assert_eq!(held(&manifest), [false, true]);
        // A promotion that does not know of the rollback, as a merge can put one behind it.
        manifest.promote("m", "2", Stage::Prod, &record(11)).expect("a promotion");
        assert_eq!(held(&manifest), [false, true]);
        let unmet = ["not rolled back".to_owned()];
        let overridden = Provenance { unmet: &unmet, ..record(12) };
        manifest.promote("m", "1", Stage::Prod, &record(12)).expect("a promotion");
        manifest.promote("m", "2", Stage::Prod, &overridden).expect("a promotion");
        assert_eq!(held(&manifest), [false, false]);
    }

    #[test]
    fn a_manifest_without_history_can_be_rolled_back() {
        let text = include_str!("../../../tests/data/python_three_prod.json");
        let mut manifest = Manifest::parse(text.into(), "m.json".as_ref()).expect("valid");
        let order: Vec<_> = (0..2)
            .map(|_| manifest.rollback("rates", None, &record(9)).expect("a rollback").version)
            .collect();
        assert_eq!(order, ["second", "first"]);
        assert!(manifest.rollback("rates", None, &record(9)).is_err());
    }

    #[test]
    fn an_empty_production_returns_to_the_last_version() {
        let mut manifest = in_production_order(&["1", "2"]);
        manifest.promote("m", "2", Stage::Dev, &record(9)).expect("a promotion");
        let moved = manifest.rollback("m", None, &record(10)).expect("a rollback");
        assert_eq!((moved.version.as_str(), moved.replaced), ("1", None));
    }
}
