//! `registry merge`: what git runs to merge a manifest.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use model_registry::merge::merge;
use model_registry::{Conflict, Manifest, Merged, Store, files};

use crate::context::{Answered, Context, NotMerged, Usage};
use crate::output::shell_word;

/// Merge manifests by their meaning, as git's merge driver
///
/// The result replaces OURS. It is always a whole manifest: what both sides changed differently has
/// our side's value, and is told on standard error with the command for the other one. Exit code 0
/// if all is merged, 1 if there are conflicts, 129 if nothing was done. `registry git-setup` has git
/// run this.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What both sides began with; an empty file if there was none
    base: PathBuf,
    /// Our side, a file or a URL
    ours: PathBuf,
    /// Their side
    theirs: PathBuf,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    if context.at.is_some() {
        return Err(Usage("files are merged, not revisions (--at)".to_owned()).into());
    }
    let conflicts = merged(&args, context).context(NotMerged)?;
    for conflict in &conflicts {
        context.printer.conflict(&conflict.to_string(), &way_out(conflict, context));
    }
    if conflicts.is_empty() { Ok(()) } else { Err(Answered(1).into()) }
}

/// Merges into our side. Until all three are read and merged, it is not touched.
fn merged(args: &Args, context: &Context) -> Result<Vec<Conflict>> {
    let base = context.open(&args.base).read_named(&args.base)?;
    // Both sides added the manifest.
    let base = if base.is_empty() { "{}".to_owned() } else { base };
    let base = Manifest::parse(base, &args.base).context("what both sides began with")?;
    let theirs = context.load_file(&args.theirs).context("their side")?;
    if files::is_url(&args.ours) {
        // Others may write to it, so what it has then is merged.
        let merged = context.open(&args.ours).update(|ours| {
            let Merged { manifest, conflicts } = merge(&base, ours, &theirs);
            *ours = manifest;
            Ok(conflicts)
        });
        return merged.context("our side");
    }
    let ours = context.load_file(&args.ours).context("our side")?;
    let Merged { manifest, conflicts } = merge(&base, &ours, &theirs);
    Store::new(&args.ours).overwrite(&manifest)?;
    Ok(conflicts)
}

/// How a conflict is settled for their side; for ours it is already.
fn way_out(conflict: &Conflict, context: &Context) -> String {
    if let (Some(model), Some((version, stage))) = (&conflict.model, conflict.promotion()) {
        return format!("for theirs: {}", context.promote_command(model, &version, stage));
    }
    let path = shell_word(&context.manifest().to_string_lossy());
    format!("for theirs, edit {path}; then: git add {path}")
}
