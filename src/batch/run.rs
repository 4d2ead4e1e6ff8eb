//! Runs a batch: each operation on the same manifest, like the command of the same name.

use super::{Batch, Expected, Note, Operation, OperationResult, Promotion};
use crate::artifact::State;
use crate::error::{Error, Result};
use crate::gate::{ArtifactDemand, Gate, Policy, judge};
use crate::manifest::{Manifest, ModelVersion, Move, Provenance};
use crate::stage::Stage;
use crate::verdict::Verdict;

/// A function that returns the state of a version's artifact, as precisely as a gate requires.
pub type ArtifactLookup<'l> = dyn Fn(&ModelVersion, ArtifactDemand) -> State + 'l;

impl Batch {
    /// Runs all operations in order. If one fails, the manifest is left half changed and must be
    /// dropped; [`Store::update`](crate::Store::update) does that.
    ///
    /// `provenance` gives the time, and the person for operations that do not name one. Promotions
    /// are judged by the policy and by the rules of the operation; `lookup` is called where a gate
    /// requires something of an artifact.
    ///
    /// # Errors
    /// [`Error::AtLine`] with the line of the operation and its error.
    pub fn run(
        &self,
        manifest: &mut Manifest,
        policy: &Policy,
        provenance: &Provenance<'_>,
        lookup: &ArtifactLookup<'_>,
    ) -> Result<Vec<OperationResult>> {
        let mut results = Vec::with_capacity(self.operations.len());
        for (line, operation) in &self.operations {
            let result = operation
                .run(manifest, policy, provenance, lookup)
                .map_err(|source| Error::AtLine { line: *line, source: Box::new(source) })?;
            results.push(OperationResult { line: *line, ..result });
        }
        Ok(results)
    }
}

impl Operation {
    fn run(
        &self,
        manifest: &mut Manifest,
        policy: &Policy,
        provenance: &Provenance<'_>,
        lookup: &ArtifactLookup<'_>,
    ) -> Result<OperationResult> {
        match self {
            Self::Register { model, registration, .. } => {
                let registered = manifest.register(model, registration, provenance.at)?;
                Ok(OperationResult {
                    not_finite: registered.not_finite,
                    ..result("register", model, Some(registered.version), registered.added)
                })
            }
            Self::Promote(promotion) => {
                let moved = promotion.run(manifest, policy, provenance, lookup)?;
                Ok(OperationResult {
                    replaced: moved.replaced,
                    ..result("promote", &promotion.model, Some(moved.version), moved.changed)
                })
            }
            Self::Rollback { model, to, expect_current, note } => {
                expect(manifest, model, Stage::Prod, expect_current.as_ref())?;
                let moved =
                    manifest.rollback(model, to.as_deref(), &note.provenance(provenance))?;
                Ok(OperationResult {
                    replaced: moved.replaced,
                    ..result("rollback", model, Some(moved.version), moved.changed)
                })
            }
            Self::Describe { model, version, notes, note } => {
                let described = manifest.describe(
                    model,
                    version.as_deref(),
                    notes,
                    &note.provenance(provenance),
                )?;
                let changed = !described.changed.is_empty();
                Ok(result("describe", model, described.version, changed))
            }
            Self::Retire { model, version, undo, note } => {
                let note = note.provenance(provenance);
                let retired = if *undo {
                    manifest.unretire(model, version, &note)?
                } else {
                    manifest.retire(model, version, &note)?
                };
                Ok(result("retire", model, Some(retired.version), retired.changed))
            }
            Self::Prune { model, prune, note } => {
                let pruned = manifest.prune(model, prune, &note.provenance(provenance))?;
                let versions: Vec<_> = pruned.versions.into_iter().map(|v| v.version).collect();
                let changed = !versions.is_empty();
                Ok(OperationResult { versions, ..result("prune", model, None, changed) })
            }
            Self::Alias { model, name, version, expect_current, note } => {
                if let Some(expected) = expect_current {
                    manifest.expect_alias(model, name, expected.as_deref())?;
                }
                let note = note.provenance(provenance);
                let alias = manifest.set_alias(model, name, version.as_deref(), &note)?;
                Ok(OperationResult {
                    replaced: alias.replaced,
                    ..result("alias", model, alias.version, alias.changed)
                })
            }
        }
    }
}

impl Promotion {
    fn run(
        &self,
        manifest: &mut Manifest,
        policy: &Policy,
        provenance: &Provenance<'_>,
        lookup: &ArtifactLookup<'_>,
    ) -> Result<Move> {
        let Self { model, stage, note, .. } = self;
        expect(manifest, model, *stage, self.expect_current.as_ref())?;
        let found = manifest.model(model)?;
        let plan = found.plan_promotion(&self.version, *stage)?;
        if !plan.changed {
            return Ok(plan);
        }
        let gate = policy.gate(model, *stage);
        let can_force = gate.force;
        let from = self.from.filter(|&from| gate.from != Some(from));
        let own = Gate { from, require: self.require.clone(), ..Gate::default() };
        let gates = [gate, own];
        let mut verdicts = judge(&gates, found, &plan, note.reason.as_deref());
        if let (Some(demand), Some(version)) =
            (ArtifactDemand::of(&gates), found.version(&plan.version))
        {
            verdicts.push(demand.judge(version, &lookup(version, demand)));
        }
        let unmet = Verdict::unmet(&verdicts);
        let overridden = self.force && can_force && note.reason.is_some();
        if !(unmet.is_empty() || overridden) {
            let (model, version, stage) = (model.clone(), plan.version, *stage);
            return Err(Error::GateNotMet { model, version, stage, unmet, verdicts, can_force });
        }
        manifest.apply(&plan, &Provenance { unmet: &unmet, ..note.provenance(provenance) })?;
        Ok(plan)
    }
}

impl Note {
    /// Returns the provenance of the operation: author and reason of the note or else of the batch,
    /// and the time of the batch.
    fn provenance<'n>(&'n self, batch: &Provenance<'n>) -> Provenance<'n> {
        Provenance {
            at: batch.at,
            by: self.by.as_deref().or(batch.by),
            reason: self.reason.as_deref().or(batch.reason),
            unmet: &[],
        }
    }
}

fn expect(
    manifest: &Manifest,
    model: &str,
    stage: Stage,
    expected: Option<&Expected>,
) -> Result<()> {
    match expected {
        Some(expected) => manifest.expect_current(model, stage, expected.as_deref()),
        None => Ok(()),
    }
}

fn result(
    op: &'static str,
    model: &str,
    version: Option<String>,
    changed: bool,
) -> OperationResult {
    OperationResult {
        line: 0,
        op,
        model: model.to_owned(),
        version,
        changed,
        replaced: None,
        versions: Vec::new(),
        not_finite: Vec::new(),
    }
}
