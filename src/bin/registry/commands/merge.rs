//! `registry merge`: the merge driver that git runs for a manifest.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use model_registry::merge::merge;
use model_registry::{Conflict, Manifest, Merged, Store, files};

use crate::context::Context;
use crate::errors::{AlreadyReported, NotMerged};

const EXAMPLES: &str = "\
registry merge base.json ours.json theirs.json";

/// Merge manifests by versions and fields, as git's merge driver
///
/// The result replaces OURS and is always a valid manifest. In a conflict, it keeps the value of
/// OURS; standard error shows the command to choose the other value. The exit code is 0 if there are
/// no conflicts, 1 if there are conflicts, and 129 if the merge failed. `registry git-setup`
/// configures git to run this command.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The common ancestor; an empty file if there is none
    base: PathBuf,
    /// Our side, a file or a URL
    ours: PathBuf,
    /// Their side
    theirs: PathBuf,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let Merged { conflicts, restored, .. } = merge_files(&args, context).context(NotMerged)?;
    for restored in restored {
        context.printer.note(&restored.to_string());
    }
    for conflict in &conflicts {
        context.printer.conflict(&conflict.to_string(), &resolve_hints(conflict, context));
    }
    if conflicts.is_empty() { Ok(()) } else { Err(AlreadyReported(1).into()) }
}

/// Merges into our side, which is written only after all three were read and merged.
fn merge_files(args: &Args, context: &Context) -> Result<Merged> {
    let base = context.open(&args.base).read_named(&args.base)?;
    // The base is empty if both sides added the manifest.
    let base = if base.is_empty() { "{}".to_owned() } else { base };
    let base = Manifest::parse(base, &args.base).context("the common ancestor")?;
    let theirs = context.load_file(&args.theirs).context("their side")?;
    if files::is_url(&args.ours) {
        // Other processes may write to the store, so the content at the time of the write is
        // merged.
        let merged = context.open(&args.ours).update(|ours| {
            let merged = merge(&base, ours, &theirs);
            *ours = merged.manifest.clone();
            Ok(merged)
        });
        return merged.context("our side");
    }
    let ours = context.load_file(&args.ours).context("our side")?;
    let merged = merge(&base, &ours, &theirs);
    Store::new(&args.ours).overwrite(&merged.manifest)?;
    Ok(merged)
}

/// Returns hints with the commands that resolve a conflict for either side.
fn resolve_hints(conflict: &Conflict, context: &Context) -> [String; 2] {
    let names: Vec<&str> = conflict.model.iter().map(String::as_str).collect();
    let command = |side: &str| context.command("resolve", &[side], &names);
    ["theirs", "ours"].map(|side| format!("choose {side}: {}", command(&format!("--{side}"))))
}
