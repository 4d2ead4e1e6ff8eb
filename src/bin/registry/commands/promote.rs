//! `registry promote`: a version moves to a stage, if the gates let it.

use std::path::PathBuf;

use anyhow::Result;
use model_registry::{
    Error, Gate, Manifest, Model, ModelVersion, Move, Policy, Record, Rule, Stage, Verdict,
};

use super::move_args::MoveArgs;
use super::move_view::MoveView;
use super::stage_value;
use crate::context::Context;

/// Move a version to a stage, where it becomes the current one
///
/// A rule is FIELD OP VALUE: `val_mae <= 5.0`, `val_mae <= prod * 1.02`, `feature_hash == prod`.
/// FIELD is a metric, feature_hash, feature_schema_version or training_end; OP is one of
/// < <= > >= == !=; VALUE is a number, a "text", or prod or staging (the same field of the current
/// version there), with * / + - and a number behind it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging or @latest
    version: String,
    /// Where it goes
    #[arg(long, value_parser = stage_value::stage())]
    stage: Stage,
    /// Move only what comes from this stage
    #[arg(long, value_name = "STAGE", value_parser = stage_value::stage())]
    from: Option<Stage>,
    /// A rule it must meet, besides those of the policy (may be repeated)
    #[arg(long, value_name = "RULE")]
    require: Vec<Rule>,
    /// Pass over rules that are not met, and put them on record; needs --reason
    #[arg(long, requires = "reason")]
    force: bool,
    /// The policy [env: REGISTRY_POLICY] [default: policy.toml beside the manifest, if it is there]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    how: MoveArgs,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (by, reason) = (args.how.by(context), args.how.reason()?);
    args.how.validate(args.stage)?;
    let policy = context.policy(args.policy.as_deref())?;
    let applied = args.how.apply(context, |manifest| {
        args.how.check_expectation(manifest, &args.model, args.stage)?;
        let now = context.now();
        let known = |name: &str| manifest.models().iter().any(|model| model.name() == name);
        let unknown: Vec<_> =
            policy.models().filter(|name| !known(name)).map(ToOwned::to_owned).collect();
        // What a refused promotion would have done is told as well, so it is tried on a copy.
        let mut after = manifest.clone();
        let planned = after.promote(&args.model, &args.version, args.stage, &Record::at(now))?;
        if !planned.changed {
            return Ok(Outcome {
                moved: planned,
                verdicts: Vec::new(),
                unmet: Vec::new(),
                unknown,
            });
        }
        let verdicts = judge(&args, reason, &policy, manifest, &planned)?;
        let unmet: Vec<_> =
            verdicts.iter().filter(|verdict| !verdict.met).map(|v| v.rule.clone()).collect();
        if !unmet.is_empty() && !args.force {
            let moved = Move { changed: false, ..planned };
            return Ok(Outcome { moved, verdicts, unmet, unknown });
        }
        let record = Record { at: now, by: Some(&by), reason, unmet: &unmet };
        let moved = manifest.promote(&args.model, &planned.version, args.stage, &record)?;
        Ok(Outcome { moved, verdicts, unmet, unknown })
    })?;
    let Outcome { moved, verdicts, unmet, unknown } = &applied.answer;
    for name in unknown {
        context.printer.warning(&format!("the policy speaks of `{name}`, which is no model"));
    }
    let forced = moved.changed && !unmet.is_empty();
    let changes = applied.changes();
    MoveView { moved, by: &by, reason, forced, verdicts, changes }.print(args.how.json, context)?;
    if unmet.is_empty() || forced {
        return Ok(());
    }
    let (model, version) = (moved.model.clone(), moved.version.clone());
    Err(Error::GateNotMet { model, version, stage: moved.to, unmet: unmet.clone() }.into())
}

/// What came of it. A version that a gate keeps out is no failure of the update: it changes
/// nothing, and the verdicts are shown.
struct Outcome {
    moved: Move,
    verdicts: Vec<Verdict>,
    unmet: Vec<String>,
    /// The models of the policy that the manifest does not have: a gate with a slip of the pen in
    /// its name keeps nobody out.
    unknown: Vec<String>,
}

/// Every demand on this version: of the policy, of the command line, and of the history.
fn judge(
    args: &Args,
    reason: Option<&str>,
    policy: &Policy,
    manifest: &Manifest,
    planned: &Move,
) -> model_registry::Result<Vec<Verdict>> {
    let model: &Model = manifest.model(&args.model)?;
    let candidate: &ModelVersion = model.resolve(&planned.version)?;
    let gate = policy.gate(&args.model, args.stage);
    let own = Gate {
        from: args.from.filter(|&from| gate.from != Some(from)),
        require: args.require.clone(),
        reason: false,
    };
    let mut verdicts = gate.judge(model, candidate);
    verdicts.extend(own.judge(model, candidate));
    if gate.reason {
        verdicts.push(Verdict::on_reason(reason));
    }
    if args.stage == Stage::Prod {
        verdicts.extend(Verdict::on_rollback(model, candidate));
    }
    Ok(verdicts)
}
