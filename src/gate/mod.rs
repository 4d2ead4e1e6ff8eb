//! Decides whether a version may enter a stage: rules and a planned move in, verdicts out.
//!
//! The manifest is mechanism, a gate is policy. A gate moves nothing and reads no file. Judge a
//! plan inside the update that applies it, so that both see the same document.

mod judge;
mod parse;
mod policy;
mod rule;

pub use judge::Verdict;
pub use policy::Policy;
pub use rule::Rule;

use crate::manifest::{Action, Model, ModelVersion, Move, Stage};

/// All that is asked of a version before it enters a stage. The default asks for nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gate {
    /// The stage that the version must come from.
    pub from: Option<Stage>,
    /// The rules that it must meet.
    pub require: Vec<Rule>,
    /// Whether a reason must be given. The caller knows whether one was.
    pub reason: bool,
}

impl Gate {
    /// Judges a version of this model by every demand, met or not, `from` first.
    ///
    /// To come from staging or prod means to be the current version there; a label is not enough.
    /// To come from dev, where nothing is ever current, means to be labelled `dev` and current
    /// nowhere.
    ///
    /// ```
    /// use model_registry::{Gate, Manifest};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"val_mae": 3.5}}
    /// ]}}}"#;
    /// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let model = manifest.model("minutes")?;
    ///
    /// let require = vec!["val_mae < 3".parse()?, "val_mae <= prod".parse()?];
    /// let gate = Gate { require, ..Gate::default() };
    /// let verdicts = gate.judge(model, model.resolve("1")?);
    /// assert!(!verdicts[0].met);
    /// assert!(verdicts[1].met);
    /// assert_eq!(verdicts[1].note.as_deref(), Some("no version is current in prod"));
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn judge(&self, model: &Model, candidate: &ModelVersion) -> Vec<Verdict> {
        let from = self.from.map(|stage| judge::from(stage, model, candidate));
        let rules = self.require.iter().map(|rule| rule.judge(model, candidate));
        from.into_iter().chain(rules).collect()
    }
}

/// Judges a planned move by every demand: those of the gates, that a reason is given if a gate
/// demands one, and that a version promoted to prod was not rolled back.
///
/// The move may be applied if all verdicts are met. A caller who overrides those that are not
/// records them in [`Record::unmet`](crate::Record).
///
/// `model` is the model as it is before the move. A plan for a version that it does not have
/// gets no verdicts, and [`Manifest::apply`](crate::Manifest::apply) refuses it.
///
/// ```
/// use model_registry::{Gate, Manifest, Stage, judge};
///
/// let text = r#"{"models": {"minutes": {"versions": [
///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"val_mae": 3.5}}
/// ]}}}"#;
/// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
/// let model = manifest.model("minutes")?;
///
/// let gate = Gate { require: vec!["val_mae < 3".parse()?], ..Gate::default() };
/// let plan = model.plan_promotion("1", Stage::Prod)?;
/// assert!(!judge(&[gate], model, &plan, None)[0].met);
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn judge(gates: &[Gate], model: &Model, plan: &Move, reason: Option<&str>) -> Vec<Verdict> {
    let Some(candidate) = model.version(&plan.version) else { return Vec::new() };
    let mut verdicts: Vec<_> = gates.iter().flat_map(|gate| gate.judge(model, candidate)).collect();
    if gates.iter().any(|gate| gate.reason) {
        verdicts.push(Verdict::on_reason(reason));
    }
    if plan.action == Action::Promote && plan.to == Stage::Prod {
        verdicts.extend(Verdict::on_rollback(model, candidate));
    }
    verdicts
}
