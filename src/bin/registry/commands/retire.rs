//! `registry retire`: retires a version, or restores it.

use anyhow::Result;
use model_registry::{FieldChange, Model, Provenance, Retirement};
use serde::Serialize;

use super::change_args::ChangeArgs;
use super::move_view::describe_change;
use crate::context::Context;
use crate::errors::Usage;

const EXAMPLES: &str = "\
registry retire minutes_v1_lgbm 20251214T061411Z --reason 'wrong labels'
registry retire minutes_v1_lgbm 20251214T061411Z --undo";

/// Withdraw a version that must not be used any more
///
/// Then `promote` refuses the version, `rollback` and @latest skip it, and `show`, `list` and
/// `history` show who retired it and why. A version that is current in a stage cannot be retired.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @latest or an @alias
    version: String,
    /// Restore a version that was retired
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// JSON output.
#[derive(Serialize)]
struct View<'c> {
    #[serde(flatten)]
    retirement: &'c Retirement,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange<'c>>>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (by, reason) = (args.change.by(context), args.change.reason()?);
    if reason.is_none() && !args.undo {
        return Err(Usage("`retire` needs a reason: --reason TEXT".to_owned()).into());
    }
    let applied = args.change.apply(context, |manifest| {
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        let retirement = if args.undo {
            manifest.unretire(&args.model, &args.version, &provenance)?
        } else {
            manifest.retire(&args.model, &args.version, &provenance)?
        };
        let aliases = aliases(manifest.model(&args.model)?, &retirement.version);
        Ok((retirement, aliases))
    })?;
    let changes = applied.changes(context);
    let (retirement, aliases) = &applied.result;
    for alias in aliases.iter().filter(|_| !args.undo) {
        let Retirement { model, version, .. } = retirement;
        context.printer.warning(&format!("alias @{alias} of {model} still points to v{version}"));
    }
    if args.change.json {
        return context.printer.json(&View { retirement, changes });
    }
    let subject = format!("{} v{}", retirement.model, retirement.version);
    let mut lines = vec![match (args.undo, retirement.changed, changes.is_some()) {
        (false, true, false) => format!("Retired {subject}"),
        (false, true, true) => format!("Would retire {subject}"),
        (false, false, _) => format!("{subject} is already retired: unchanged"),
        (true, true, false) => format!("Restored {subject}"),
        (true, true, true) => format!("Would restore {subject}"),
        (true, false, _) => format!("{subject} is not retired: unchanged"),
    }];
    lines.extend(changes.iter().flatten().map(describe_change));
    context.printer.report(&lines)
}

/// Returns the aliases that point to a version.
fn aliases(model: &Model, version: &str) -> Vec<String> {
    let aliases = model.aliases().into_iter().filter(|(_, named)| named == version);
    aliases.map(|(alias, _)| alias.into_owned()).collect()
}
