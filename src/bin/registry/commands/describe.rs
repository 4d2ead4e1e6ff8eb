//! `registry describe`: changes the description and the tags of a model or a version.

use anyhow::Result;
use model_registry::{Described, FieldChange, Notes, Provenance};
use serde::Serialize;

use super::change_args::ChangeArgs;
use super::move_view::describe_change;
use super::tag_value::tag;
use crate::context::Context;
use crate::errors::Usage;

const EXAMPLES: &str = "\
registry describe minutes_v1_lgbm --description 'Minutes in a game'
registry describe minutes_v1_lgbm @prod --tag owner=ana --tag reviewed=yes";

/// Describe or tag a model, or one of its versions
///
/// `registry list` shows the description of a model, and `registry show` the description and the
/// tags of a version. The history records every change.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @prod or an @alias [default: the model itself]
    version: Option<String>,
    /// New description; an empty one removes a model's description
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// Set a tag (may be repeated)
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Remove a tag (may be repeated)
    #[arg(long, value_name = "KEY")]
    untag: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// JSON output.
#[derive(Serialize)]
struct View<'c> {
    #[serde(flatten)]
    described: &'c Described,
    by: &'c str,
    reason: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange<'c>>>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let mut notes = Notes::new();
    notes.description = args.description;
    notes.tags = args.tags;
    notes.untag = args.untag;
    if notes == Notes::new() {
        let problem = "nothing to change: give --description, --tag or --untag";
        return Err(Usage(problem.to_owned()).into());
    }
    let (by, reason) = (args.change.by(context), args.change.reason()?);
    let applied = args.change.apply(context, |manifest| {
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        manifest.describe(&args.model, args.version.as_deref(), &notes, &provenance)
    })?;
    let changes = applied.changes(context);
    let described = &applied.result;
    if args.change.json {
        return context.printer.json(&View { described, by: &by, reason, changes });
    }
    let subject = match &described.version {
        Some(version) => format!("{} v{version}", described.model),
        None => described.model.clone(),
    };
    let mut lines = vec![if described.changed.is_empty() {
        format!("{subject} is described like this already: unchanged")
    } else {
        let verb = if changes.is_some() { "Would describe" } else { "Described" };
        format!("{verb} {subject}: {}", described.changed.join(", "))
    }];
    lines.extend(changes.iter().flatten().map(describe_change));
    context.printer.report(&lines)
}
