//! `registry promote`: moves a version to a stage if the gates allow it.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Result;
use model_registry::artifact::State;
use model_registry::{
    ArtifactDemand, Error, Gate, Manifest, Model, Move, Policy, Provenance, Rule, Stage, Verdict,
    judge,
};

use super::artifact_states::ArtifactStates;
use super::move_args::MoveArgs;
use super::move_view::MoveView;
use super::stage_value;
use crate::context::Context;

const RULES: &str = "\
Rules are FIELD OP VALUE, such as `val_mae <= prod * 1.02`:
  FIELD  a metric, feature_hash, feature_schema_version or training_end
  OP     < <= > >= == or !=
  VALUE  a number, a \"string\", or prod or staging: the same field of the
         version that is current there; a number may follow after * / + or -";

const EXAMPLES: &str = r"registry promote minutes_v1_lgbm @staging --stage prod
# Only if it is at most 2 % worse than the version in production
registry promote minutes_v1_lgbm @latest -s staging \
    --require 'val_mae <= prod * 1.02'
# Although a rule fails
registry promote minutes_v1_lgbm @latest -s prod --force --reason 'hotfix'";

/// Move a version to a stage, where it becomes the current one
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES, after_long_help = RULES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging, @latest or an @alias
    version: String,
    /// The stage it moves to: dev, staging or prod
    #[arg(short, long, value_parser = stage_value::stage(), hide_possible_values = true)]
    stage: Stage,
    /// The stage it must come from
    #[arg(long, value_name = "STAGE", value_parser = stage_value::stage(), hide_possible_values = true)]
    from: Option<Stage>,
    /// A rule it must meet (may be repeated)
    ///
    /// Adds to the rules of the policy.
    #[arg(long, value_name = "RULE")]
    require: Vec<Rule>,
    /// Override failed rules; needs --reason
    ///
    /// The history records which rules failed.
    #[arg(long, requires = "reason")]
    force: bool,
    /// The policy file [env: REGISTRY_POLICY]
    ///
    /// Without it, policy.toml beside the manifest applies, if there is one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    options: MoveArgs,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (by, reason) = (args.options.by(context), args.options.reason()?);
    args.options.validate(args.stage)?;
    let policy = context.policy(args.policy.as_deref())?;
    let demand = ArtifactDemand::of(&args.gates(&policy));
    let artifacts = ArtifactStates::new(context);
    if let Some(demand) = demand
        && let Ok(model) = context.load_model(&args.model)
        && let Ok(version) = model.resolve(&args.version)
    {
        // A large artifact is read before the manifest is locked.
        artifacts.get(version, demand);
    }
    let attempt = Attempt { args: &args, policy, demand, artifacts, by: &by, reason, context };
    let applied = args.options.apply(context, |manifest| attempt.promote(manifest))?;
    let Outcome { moved, verdicts, unmet, can_force, unknown, is_missing } = &applied.result;
    if *is_missing {
        let path = &moved.artifact_path;
        context.printer.warning(&format!("the artifact `{path}` does not exist"));
    }
    for name in unknown {
        context.printer.warning(&format!("the policy names unknown model `{name}`"));
    }
    let forced = moved.changed && !unmet.is_empty();
    let changes = applied.changes(context);
    MoveView { moved, by: &by, reason, forced, verdicts, changes }
        .print(args.options.change.json, context)?;
    if unmet.is_empty() || forced {
        return Ok(());
    }
    let (model, version) = (moved.model.clone(), moved.version.clone());
    let (stage, can_force) = (moved.to, *can_force);
    let (unmet, verdicts) = (unmet.clone(), verdicts.clone());
    Err(Error::GateNotMet { model, version, stage, unmet, verdicts, can_force }.into())
}

impl Args {
    /// Returns the gates of the stage: that of the policy and that of the command line.
    fn gates(&self, policy: &Policy) -> [Gate; 2] {
        let gate = policy.gate(&self.model, self.stage);
        let own = Gate {
            from: self.from.filter(|&from| gate.from != Some(from)),
            require: self.require.clone(),
            ..Gate::default()
        };
        [gate, own]
    }
}

/// A promotion, which may be tried more than once.
struct Attempt<'a> {
    args: &'a Args,
    policy: Policy,
    demand: Option<ArtifactDemand>,
    artifacts: ArtifactStates<'a>,
    by: &'a str,
    reason: Option<&'a str>,
    context: &'a Context,
}

impl Attempt<'_> {
    /// Plans the move, judges it, and applies it if no rule fails or the failed rules are overridden.
    fn promote(&self, manifest: &mut Manifest) -> model_registry::Result<Outcome> {
        let Self { args, policy, reason, context, .. } = self;
        args.options.check_expectation(manifest, &args.model, args.stage)?;
        let known: HashSet<_> = manifest.models().iter().map(Model::name).collect();
        let unknown: Vec<_> =
            policy.models().filter(|name| !known.contains(name)).map(ToOwned::to_owned).collect();
        let model = manifest.model(&args.model)?;
        let mut moved = model.plan_promotion(&args.version, args.stage)?;
        let mut verdicts =
            if moved.changed { judge(&args.gates(policy), model, &moved, *reason) } else { vec![] };
        let version = model.version(&moved.version).filter(|_| moved.changed);
        if let (Some(demand), Some(version)) = (self.demand, version) {
            verdicts.push(demand.judge(version, &self.artifacts.get(version, demand)));
        }
        let is_missing = self.demand.is_none()
            && args.stage == Stage::Prod
            && version.is_some_and(|version| context.root().presence(version) == State::Missing);
        let unmet = Verdict::unmet(&verdicts);
        let can_force = policy.gate(&args.model, args.stage).force;
        if unmet.is_empty() || (args.force && can_force) {
            let (at, by) = (context.now(), Some(self.by));
            manifest.apply(&moved, &Provenance { at, by, reason: *reason, unmet: &unmet })?;
        } else {
            moved.changed = false;
        }
        let is_missing = is_missing && moved.changed;
        Ok(Outcome { moved, verdicts, unmet, can_force, unknown, is_missing })
    }
}

/// The outcome of a promotion. A refusal is not an error of the update, so that the verdicts can be
/// shown.
struct Outcome {
    moved: Move,
    verdicts: Vec<Verdict>,
    unmet: Vec<String>,
    /// `true` if the policy allows overriding failed rules.
    can_force: bool,
    /// Models of the policy that the manifest does not have. A gate for a misspelled name refuses
    /// no version, so they are reported.
    unknown: Vec<String>,
    /// Whether the artifact is missing, and no gate requires it.
    is_missing: bool,
}
