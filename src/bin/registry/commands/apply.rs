//! `registry apply`: makes several changes in one write.

use std::collections::HashMap;

use anyhow::Result;
use model_registry::{
    Batch, Error, FieldChange, Manifest, ModelVersion, OperationResult, Provenance,
};
use serde::Serialize;

use super::artifact_digest;
use super::artifact_states::ArtifactStates;
use super::change_args::ChangeArgs;
use super::input;
use super::move_view::describe_change;
use crate::context::Context;

const EXAMPLES: &str = r#"registry apply changes.jsonl --dry-run
# One line of such a file
echo '{"op":"alias","model":"fpts_v1_lgbm","name":"best","version":"@prod"}' |
    registry apply -"#;

/// Make several changes in one write, all or none
///
/// FILE contains one JSON object per line, such as
/// {"op": "register", "model": "m", "artifact_path": "p"}. The operations are register, promote,
/// rollback, describe, alias, retire and prune; their keys are the options of the commands, with `_`
/// for `-`. Promotions must meet the policy.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// File of JSON lines; `-` reads standard input
    file: String,
    #[command(flatten)]
    change: ChangeArgs,
}

/// JSON output.
#[derive(Serialize)]
struct View<'r> {
    results: &'r [OperationResult],
    /// Number of operations that changed something.
    changed: usize,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange<'r>>>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (text, path) = input::read(&args.file, "read the operations from")?;
    let mut batch = Batch::parse(&text, path)?;
    let missing = measure(&mut batch, context)?;
    let policy = context.policy(None)?;
    let (by, reason) = (args.change.by(context), args.change.reason()?);
    let artifacts = ArtifactStates::new(context);
    let run = |manifest: &mut Manifest| {
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        let lookup = |version: &ModelVersion, demand| artifacts.get(version, demand);
        batch.run(manifest, &policy, &provenance, &lookup)
    };
    if policy.looks_at_artifacts() {
        // A trial run reads the artifacts that gates check, before the manifest is locked.
        let _ = run(&mut context.load()?);
    }
    let applied = args.change.apply(context, run)?;
    let results = &applied.result;
    for result in results {
        for name in &result.not_finite {
            context.printer.warning(&format!(
                "line {}: metric `{name}` is not finite; it is stored as null",
                result.line
            ));
        }
    }
    let added = results.iter().filter(|result| result.changed);
    let missing: Vec<_> =
        added.filter_map(|result| missing.get(&result.line)).map(String::as_str).collect();
    artifact_digest::warn_of_missing(&missing, context);
    let changes = applied.changes(context);
    let effective = results.iter().filter(|result| result.changed).count();
    if args.change.json {
        let dry_run = changes.is_some();
        return context.printer.json(&View { results, changed: effective, dry_run, changes });
    }
    let verb = if changes.is_some() { "Would apply" } else { "Applied" };
    let unchanged = results.len() - effective;
    let total = results.len();
    let operations = if total == 1 { "operation" } else { "operations" };
    let mut lines = vec![match (total, unchanged) {
        (_, 0) => format!("{verb} {total} {operations}"),
        (1, _) => format!("{verb} 1 operation, which changed nothing"),
        _ => format!("{verb} {total} operations; {unchanged} of them changed nothing"),
    }];
    lines.extend(changes.iter().flatten().map(describe_change));
    context.printer.report(&lines)
}

/// Computes the digests of the artifacts to register. Returns the paths of those that do not exist,
/// by line.
fn measure(batch: &mut Batch, context: &Context) -> Result<HashMap<usize, String>> {
    let mut missing = HashMap::new();
    for (line, registration, choice) in batch.registrations_mut() {
        let exists = artifact_digest::measure(registration, choice, context)
            .map_err(|source| Error::AtLine { line, source: Box::new(source) })?;
        if !exists {
            missing.insert(line, registration.artifact_path.clone());
        }
    }
    Ok(missing)
}
