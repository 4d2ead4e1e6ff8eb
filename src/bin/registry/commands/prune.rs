//! `registry prune`: removes versions that were never promoted.

use std::collections::HashSet;

use anyhow::Result;
use model_registry::artifact::{Removal, Remover};
use model_registry::{Age, FieldChange, Manifest, Model, Provenance, Prune, Pruned};
use serde::Serialize;

use super::change_args::ChangeArgs;
use crate::context::Context;
use crate::errors::AlreadyReported;

const EXAMPLES: &str = "\
# See first what would be removed
registry prune --all --keep 3 --older-than 90d --dry-run
registry prune minutes_v1_lgbm --keep 2 --delete-artifacts";

/// Remove versions that were never promoted
///
/// Keeps the newest N versions of each model, versions that are current in a stage or have an alias,
/// and the version that `rollback` would return to. The history records which versions were removed.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    model: Option<String>,
    /// All models
    #[arg(long)]
    all: bool,
    /// Keep the newest N versions of each model
    #[arg(long, value_name = "N")]
    keep: usize,
    /// Remove only versions that were registered longer ago, such as 90d, 12w or 36h
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// Remove versions that were promoted and replaced, too
    #[arg(long)]
    past: bool,
    /// Delete the artifacts of the removed versions: those inside the project root that no other
    /// version needs
    #[arg(long)]
    delete_artifacts: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// JSON output.
#[derive(Serialize)]
struct View<'c> {
    models: &'c [Pruned],
    /// Absent without `--delete-artifacts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts: Option<&'c [Deletion]>,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange<'c>>>,
}

/// The result of deleting one artifact.
#[derive(Serialize)]
struct Deletion {
    artifact_path: String,
    #[serde(flatten)]
    removal: Removal,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (by, reason) = (args.change.by(context), args.change.reason()?);
    let mut prune = Prune::keep(args.keep).past(args.past);
    prune.older_than = args.older_than;
    let applied = args.change.apply(context, |manifest| {
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        let names = match &args.model {
            Some(name) => vec![name.clone()],
            None => manifest.models().iter().map(Model::name).map(ToOwned::to_owned).collect(),
        };
        let pruned = names.iter().map(|name| manifest.prune(name, &prune, &provenance));
        let pruned = pruned.collect::<model_registry::Result<Vec<_>>>()?;
        Ok((pruned, manifest.clone()))
    })?;
    let changes = applied.changes(context);
    let (pruned, after) = &applied.result;
    let is_dry_run = changes.is_some();
    let deletions = if args.delete_artifacts {
        Some(delete(pruned, is_dry_run.then_some(after), context)?)
    } else {
        None
    };
    if args.change.json {
        let artifacts = deletions.as_deref();
        context.printer.json(&View { models: pruned, artifacts, dry_run: is_dry_run, changes })?;
    } else {
        context.printer.report(&describe(pruned, deletions.as_deref(), is_dry_run))?;
    }
    let failed = |deletion: &Deletion| matches!(deletion.removal, Removal::Failed { .. });
    if deletions.iter().flatten().any(failed) { Err(AlreadyReported(1).into()) } else { Ok(()) }
}

/// Deletes the artifacts of removed versions, or in a dry run finds out which ones it would delete.
///
/// `dry_run` is the manifest after the change in a dry run. Otherwise, the manifest is read again,
/// since a version that was registered in the meantime may need an artifact.
fn delete(
    pruned: &[Pruned],
    dry_run: Option<&Manifest>,
    context: &Context,
) -> Result<Vec<Deletion>> {
    let removed: Vec<_> = pruned.iter().flat_map(|pruned| &pruned.versions).collect();
    if removed.is_empty() {
        return Ok(Vec::new());
    }
    let current = dry_run.map_or_else(|| context.load(), |after| Ok(after.clone()))?;
    let deleter = Remover::new(&context.root(), &current, context.manifest())?;
    let mut seen = HashSet::new();
    let paths = removed.into_iter().map(|version| version.artifact_path.clone());
    let deletions = paths.filter(|path| seen.insert(path.clone())).map(|artifact_path| {
        let removal = match dry_run {
            Some(_) => deleter.check(&artifact_path),
            None => deleter.remove(&artifact_path),
        };
        Deletion { artifact_path, removal }
    });
    Ok(deletions.collect())
}

fn describe(pruned: &[Pruned], deletions: Option<&[Deletion]>, is_dry_run: bool) -> Vec<String> {
    let (remove, delete) =
        if is_dry_run { ("Would remove", "Would delete") } else { ("Removed", "Deleted") };
    let mut lines = Vec::new();
    for Pruned { model, versions, kept, .. } in pruned {
        for version in versions {
            lines.push(format!("{remove} {model} v{}", version.version));
        }
        let removed = match versions.len() {
            0 => "nothing to remove".to_owned(),
            count => format!("{} {count}", remove.to_lowercase()),
        };
        lines.push(format!("{model}: {removed}, {kept} kept"));
    }
    for Deletion { artifact_path, removal } in deletions.into_iter().flatten() {
        lines.push(match removal {
            Removal::Deleted => format!("{delete} {artifact_path}"),
            Removal::Missing => format!("{artifact_path} does not exist"),
            Removal::Kept { reason } => format!("Kept {artifact_path}: {reason}"),
            Removal::Failed { problem } => format!("Cannot delete {artifact_path}: {problem}"),
            _ => continue,
        });
    }
    lines
}
