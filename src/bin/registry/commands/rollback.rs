//! `registry rollback`: returns production to an earlier version.

use anyhow::Result;
use model_registry::{Provenance, Stage};

use super::move_args::MoveArgs;
use super::move_view::MoveView;
use crate::context::Context;

const EXAMPLES: &str = "\
# See first what would change
registry rollback minutes_v1_lgbm --dry-run
registry rollback minutes_v1_lgbm --reason 'wrong minutes for rookies'";

/// Return production to the version that was there before
///
/// The version in production returns to dev. To promote it to prod again later, use --force.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// Version to return to [default: the previous one]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    #[command(flatten)]
    options: MoveArgs,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    args.options.validate(Stage::Prod)?;
    let (by, reason) = (args.options.by(context), args.options.reason()?);
    let applied = args.options.apply(context, |manifest| {
        args.options.check_expectation(manifest, &args.model, Stage::Prod)?;
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        manifest.rollback(&args.model, args.to.as_deref(), &provenance)
    })?;
    let view = MoveView {
        moved: &applied.result,
        by: &by,
        reason,
        forced: false,
        verdicts: &[],
        changes: applied.changes(context),
    };
    view.print(args.options.change.json, context)
}
