//! Plans and applies moves of versions between stages.

use std::borrow::Cow;

use json_document::{Raw, Style};

use super::super::history::{Action, Event, Provenance, rolled_back};
use super::super::timestamp::Timestamp;
use super::super::{Manifest, Model, ModelVersion};
use super::unwritable;
use crate::error::{Error, Result};
use crate::stage::Stage;

/// A promotion or a rollback, as planned or as done.
///
/// [`Model::plan_promotion`] and [`Model::plan_rollback`] plan a move without changing the
/// manifest. Gates judge the plan, and [`Manifest::apply`] applies it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Move {
    /// The model.
    pub model: String,
    /// The version that moves.
    pub version: String,
    /// Whether it is a promotion or a rollback.
    pub action: Action,
    /// The stage it was last moved to before.
    pub from: Stage,
    /// The stage it moves to.
    pub to: Stage,
    /// The version that is current in that stage before the move.
    pub replaced: Option<String>,
    /// Another stage in which this version is current before the move. It has no current version
    /// afterwards.
    pub vacated: Option<Stage>,
    /// Path of the version's artifact.
    pub artifact_path: String,
    /// Whether the manifest changes. If not, the version is already in the stage.
    pub changed: bool,
}

impl Manifest {
    /// Applies a planned move and records it, unless it changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::StalePlan`] if the model has changed since the move was planned, or
    /// [`Error::ModelNotFound`].
    ///
    /// # Examples
    /// ```
    /// use model_registry::{Manifest, Provenance, Stage, Timestamp};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a"}
    /// ]}}}"#;
    /// let mut manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp");
    ///
    /// let plan = manifest.model("minutes")?.plan_promotion("@latest", Stage::Prod)?;
    /// assert_eq!((plan.from, plan.replaced.as_deref()), (Stage::Dev, None));
    /// manifest.apply(&plan, &Provenance::at(now))?;
    /// assert_eq!(manifest.production("minutes")?.version(), "1");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn apply(&mut self, plan: &Move, provenance: &Provenance<'_>) -> Result<()> {
        let style = self.style.clone();
        let model = self.model_mut(&plan.model)?;
        let version = &plan.version;
        let current_plan =
            model.version(version).map(|subject| model.plan(subject, plan.action, plan.to));
        if current_plan.as_ref() != Some(plan) {
            let (model, version) = (plan.model.clone(), version.clone());
            return Err(Error::StalePlan { model, version });
        }
        if !plan.changed {
            return Ok(());
        }
        let (event, at) = model.new_event(plan.action, version, provenance);
        let event = Event {
            from: Some(plan.from.into()),
            to: Some(plan.to.into()),
            replaced: plan.replaced.clone(),
            promoted_before: model.inferred_promotion(version),
            forced: !provenance.unmet.is_empty(),
            unmet: provenance.unmet.to_vec(),
            ..event
        };
        if let (Action::Rollback, Some(leaving)) = (plan.action, &plan.replaced) {
            // The promotion time is kept, since the version was not promoted to `dev`.
            model.label(leaving, Stage::Dev, &style)?;
        }
        model.mark_promoted(version, plan.to, at, &style)?;
        model.make_current(version, plan.to, &style);
        model.record(&event, &style);
        self.touch(at);
        Ok(())
    }

    /// Changes a model at a time that is not before its last event.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`].
    pub(crate) fn edit_model<T>(
        &mut self,
        name: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Model, Timestamp) -> T,
    ) -> Result<T> {
        let model = self.model_mut(name)?;
        let at = model.stamp("", now);
        let answer = change(model, at);
        self.touch(at);
        Ok(answer)
    }
}

impl Model {
    /// Returns the rollback that took this version out of production, unless it has returned since.
    /// An automated job must not undo a person's decision.
    pub fn rolled_back(&self, version: &str) -> Option<Event> {
        // Only what is about the version is read, since every promotion of a long history asks this.
        let is_name = |name: Raw<'_>| name.string().as_deref() == Some(version);
        let about = self.events().filter(|event| {
            ["version", "replaced"].iter().any(|key| event.get(key).is_some_and(is_name))
        });
        let about: Vec<Event> = about.map(|event| Event::of(&event.value())).collect();
        rolled_back(&about, version).cloned()
    }

    /// Returns the time to record for a change: `now`, but later than the last event, and not before
    /// the creation of the version. These can be in the future if another clock was ahead.
    pub(super) fn stamp(&self, version: &str, now: Timestamp) -> Timestamp {
        // Only the times are read, since every change of a long history needs them.
        let time = |event: Raw<'_>| Timestamp::parse(&event.get("at")?.string()?);
        let last = self.events().filter_map(time).max();
        let last = last.map(Timestamp::next_microsecond);
        let created = self.version(version).and_then(ModelVersion::created);
        last.into_iter().chain(created).fold(now, Timestamp::max)
    }

    /// Returns the event of a change with its author and its reason, and its time. `version` is empty if
    /// the change is not about one version.
    pub(super) fn new_event(
        &self,
        action: Action,
        version: &str,
        provenance: &Provenance<'_>,
    ) -> (Event, Timestamp) {
        let at = self.stamp(version, provenance.at);
        let event = Event {
            at: Some(at.to_string()),
            action: Some(action),
            version: version.to_owned(),
            by: provenance.by.map(ToOwned::to_owned),
            reason: provenance.reason.map(ToOwned::to_owned),
            ..Event::default()
        };
        (event, at)
    }

    /// Plans the move of a version of this model to a stage.
    pub(super) fn plan(&self, subject: &ModelVersion, action: Action, to: Stage) -> Move {
        let name = subject.version();
        // `Model::current_stage` returns one stage, but in a file edited by hand both pointers can
        // name this version.
        let mut others = [Stage::Prod, Stage::Staging].into_iter().filter(|&stage| stage != to);
        let vacated = others.find(|&stage| self.is_current(name, stage));
        let in_place = vacated.is_none() && (to == Stage::Dev || self.is_current(name, to));
        let replaced = self.current(to).filter(|current| current != name);
        Move {
            model: self.name().to_owned(),
            version: name.to_owned(),
            action,
            from: subject.stage(),
            to,
            replaced: replaced.map(Cow::into_owned),
            vacated,
            artifact_path: subject.artifact_path().into_owned(),
            changed: !(in_place && subject.stage() == to),
        }
    }

    /// Returns the promotion time of a version if no event records it.
    pub(crate) fn inferred_promotion(&self, version: &str) -> Option<String> {
        let subject = self.version(version)?;
        let promoted_at = subject.promoted_at().filter(|_| subject.promoted().is_some())?;
        let records =
            |event: &Event| event.version == version && event.at.as_deref() == Some(&*promoted_at);
        (!self.history().iter().any(records)).then(|| promoted_at.clone().into_owned())
    }

    /// Writes the stage and the time of a promotion.
    fn mark_promoted(
        &mut self,
        version: &str,
        stage: Stage,
        at: Timestamp,
        style: &Style,
    ) -> Result<()> {
        self.label(version, stage, style)?;
        self.edit(version, "promoted_at", &format!("\"{at}\""), style)
    }

    /// Writes the stage that a version was last moved to.
    fn label(&mut self, version: &str, stage: Stage, style: &Style) -> Result<()> {
        self.edit(version, "stage", &format!("\"{stage}\""), style)
    }

    /// Writes a field of a version. It does nothing for a version that was deleted by hand while a
    /// pointer still named it.
    fn edit(&mut self, version: &str, field: &str, value: &str, style: &Style) -> Result<()> {
        let Some(subject) = self.version(version) else { return Ok(()) };
        let edited = subject.with(field, value, style);
        self.replace(edited.map_err(|fault| unwritable(version, &fault))?);
        Ok(())
    }

    /// Makes a version current in one stage, and in no other.
    fn make_current(&mut self, version: &str, to: Stage, style: &Style) {
        for stage in [Stage::Staging, Stage::Prod] {
            if stage == to {
                self.point(stage, Some(version), style);
            } else if self.is_current(version, stage) {
                self.point(stage, None, style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, with_versions};
    use super::*;

    fn record() -> Provenance<'static> {
        Provenance::at(at(9))
    }

    #[test]
    fn a_plan_changes_nothing_until_it_is_applied() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &record()).expect("a promotion");
        let before = manifest.clone();
        let plan = |manifest: &Manifest| {
            manifest
                .model("m")
                .expect("the model")
                .plan_promotion("2", Stage::Prod)
                .expect("a plan")
        };
        let planned = plan(&manifest);
        assert_eq!(manifest, before);
        manifest.apply(&planned, &record()).expect("a plan of this manifest");

        let mut promoted = before;
        assert_eq!(promoted.promote("m", "2", Stage::Prod, &record()).expect("a move"), planned);
        assert_eq!(manifest, promoted);
        assert!(!plan(&manifest).changed);
    }

    #[test]
    fn a_promotion_is_inferred_unless_its_own_event_is_there() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &record()).expect("a promotion");
        let recorded = manifest.to_text();
        let inferred = |text: &str| {
            let manifest: Manifest = text.parse().expect("a manifest");
            manifest.model("m").expect("the model").inferred_promotion("1")
        };
        assert_eq!(inferred(&recorded), None);
        // Another tool promoted the version again, or the event is of another version.
        let time = at(9).to_string();
        let later = at(10).to_string();
        let again = format!("\"promoted_at\": \"{later}\"");
        let again = recorded.replacen(&format!("\"promoted_at\": \"{time}\""), &again, 1);
        assert_eq!(inferred(&again), Some(later));
        let (start, event) = recorded.split_at(recorded.find("\"history\"").expect("a history"));
        let other = event.replacen("\"version\": \"1\"", "\"version\": \"2\"", 1);
        assert_eq!(inferred(&[start, &other].concat()), Some(time));
    }

    #[test]
    fn a_plan_for_another_state_of_the_model_is_refused() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &record()).expect("a promotion");
        manifest.promote("m", "2", Stage::Prod, &record()).expect("a promotion");
        let model = manifest.model("m").expect("the model");
        let plans = [
            model.plan_promotion("2", Stage::Staging).expect("a plan"),
            model.plan_promotion("2", Stage::Dev).expect("a plan"),
            model.plan_rollback(None).expect("a plan"),
        ];
        manifest.apply(&plans[2], &record()).expect("a plan of this manifest");
        let before = manifest.clone();
        for plan in &plans {
            match manifest.apply(plan, &record()) {
                Err(Error::StalePlan { model, version }) => {
                    assert_eq!((model, &version), ("m".to_owned(), &plan.version));
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(manifest, before);
        }
        let mut without = with_versions(&["1"]);
        assert!(matches!(without.apply(&plans[0], &record()), Err(Error::StalePlan { .. })));
    }
}
