//! `registry resolve`: chooses a side in an unresolved merge.

use anyhow::Result;
use model_registry::git::unmerged;
use model_registry::merge::{Restored, Side, merge, resolve, take_model};
use model_registry::{Conflict, Error, Event, Manifest, Provenance, Store};
use serde::Serialize;

use crate::context::Context;
use crate::errors::Usage;
use crate::output::shell_word;

const EXAMPLES: &str = "\
registry resolve --ours
registry resolve minutes_v1_lgbm --theirs --reason 'newer data'";

/// Resolve merge conflicts by choosing a side
///
/// Repeats the merge and prefers one side wherever both changed the same thing. If both sides moved
/// versions of a model, only the moves of the preferred side take effect; the history records that.
/// Then run `git add` and continue the merge.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("side").required(true))]
pub(crate) struct Args {
    /// Only this model; the rest of the file does not change
    model: Option<String>,
    /// Prefer our side
    #[arg(long, group = "side")]
    ours: bool,
    /// Prefer their side; in a rebase, that is the commit being applied
    #[arg(long, group = "side")]
    theirs: bool,
    /// Reason, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Author, for the history
    /// [default: REGISTRY_BY, GITHUB_ACTOR, GITLAB_USER_LOGIN or the login name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// JSON output.
#[derive(Serialize)]
struct View<'r> {
    side: Side,
    models: Vec<ModelView<'r>>,
    conflicts: Vec<&'r Conflict>,
    restored: Vec<&'r Restored>,
}

#[derive(Serialize)]
struct ModelView<'r> {
    model: &'r str,
    event: &'r Event,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    if context.is_stdin() {
        return Err(Usage("only a manifest in a work tree can be resolved".to_owned()).into());
    }
    let side = if args.theirs { Side::Theirs } else { Side::Ours };
    let [base, ours, theirs] = unmerged(context.manifest())?;
    let by = args.by.clone().filter(|by| !by.trim().is_empty());
    let by = by.unwrap_or_else(context.user);
    let provenance = Provenance {
        by: Some(&by),
        reason: args.reason.as_deref(),
        ..Provenance::at(context.now())
    };
    let resolution = resolve(&base, &ours, &theirs, side, &provenance);
    let chosen = |conflict: &&Conflict| {
        args.model.is_none() || conflict.model.as_deref() == args.model.as_deref()
    };
    let is_restored = |restored: &&Restored| {
        args.model.is_none() || restored.model.as_deref() == args.model.as_deref()
    };
    let resolved = match &args.model {
        None => resolution.manifest.clone(),
        Some(name) => {
            resolution.manifest.model(name)?;
            // Models that were resolved before stay as they are.
            let file = context
                .load()
                .or_else(|_| Ok::<Manifest, Error>(merge(&base, &ours, &theirs).manifest))?;
            take_model(&file, &resolution.manifest, name)
        }
    };
    write(context, &resolved)?;
    let models = resolution.models.iter().map(|(model, event)| ModelView { model, event });
    let view = View {
        side,
        models: models
            .filter(|view| args.model.as_deref().is_none_or(|m| m == view.model))
            .collect(),
        conflicts: resolution.conflicts.iter().filter(chosen).collect(),
        restored: resolution.restored.iter().filter(is_restored).collect(),
    };
    for restored in &view.restored {
        context.printer.note(&restored.to_string());
    }
    if args.json {
        return context.printer.json(&view);
    }
    context.printer.report(&view.describe(context))
}

/// Writes the file under its lock. A file with git's conflict markers cannot be read, so it is
/// overwritten.
fn write(context: &Context, resolved: &Manifest) -> Result<()> {
    let updated = context.store()?.update(|manifest| {
        *manifest = resolved.clone();
        Ok(())
    });
    match updated {
        Err(Error::BadDocument { .. }) => Ok(Store::new(context.manifest()).overwrite(resolved)?),
        updated => Ok(updated?),
    }
}

impl View<'_> {
    fn describe(&self, context: &Context) -> Vec<String> {
        let mut lines: Vec<String> = self
            .conflicts
            .iter()
            .map(|conflict| {
                let subject = conflict.field.as_deref().unwrap_or("its existence");
                match (&conflict.model, &conflict.version) {
                    (Some(model), Some(version)) => {
                        format!(
                            "Kept {}: `{subject}` of version `{version}` of model `{model}`",
                            self.side
                        )
                    }
                    (Some(model), None) => {
                        format!("Kept {}: `{subject}` of model `{model}`", self.side)
                    }
                    _ => format!("Kept {}: `{subject}` of the manifest", self.side),
                }
            })
            .collect();
        for ModelView { model, event } in &self.models {
            for dropped in &event.dropped {
                let to = dropped.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
                lines.push(format!(
                    "The move of version `{}`{to} does not take effect in model `{model}`",
                    dropped.version
                ));
            }
        }
        let path = shell_word(&context.manifest().to_string_lossy());
        lines.push(format!("To mark it as resolved, run: git add {path}"));
        lines
    }
}
