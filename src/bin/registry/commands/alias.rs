//! `registry alias`: sets, deletes and lists aliases of versions.

use anyhow::Result;
use model_registry::{AliasChange, FieldChange, Provenance};
use serde::Serialize;

use super::change_args::ChangeArgs;
use super::move_args::expectation;
use super::move_view::describe_change;
use crate::context::Context;
use crate::output::{Align, Table};

const EXAMPLES: &str = "\
registry alias minutes_v1_lgbm champion @prod --reason 'lowest error'
registry show minutes_v1_lgbm @champion
registry alias minutes_v1_lgbm champion --delete";

/// Set, move, delete or list aliases such as `champion`
///
/// Every command that takes a version accepts `@champion`. The history records every change.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// The alias, without @ [default: list the aliases of the model]
    name: Option<String>,
    /// A version, a run id, @prod, @staging, @latest or another alias
    #[arg(conflicts_with = "delete")]
    version: Option<String>,
    /// Delete the alias
    #[arg(long, requires = "name")]
    delete: bool,
    /// Fail unless the alias points to this
    ///
    /// `none` means that the alias does not exist.
    #[arg(long, value_name = "VERSION", requires = "name")]
    expect_current: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// JSON output of a change.
#[derive(Serialize)]
struct View<'c> {
    #[serde(flatten)]
    alias: &'c AliasChange,
    by: &'c str,
    reason: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange<'c>>>,
}

/// JSON output for an existing alias.
#[derive(Serialize)]
struct Row<'m> {
    alias: &'m str,
    version: &'m str,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let Some(name) = &args.name else { return list(&args, context) };
    let name = name.strip_prefix('@').unwrap_or(name);
    let version = args.version.as_deref().filter(|_| !args.delete);
    if version.is_none() && !args.delete {
        return show(&args, name, context);
    }
    let (by, reason) = (args.change.by(context), args.change.reason()?);
    let applied = args.change.apply(context, |manifest| {
        if let Some(expected) = expectation(args.expect_current.as_deref()) {
            manifest.expect_alias(&args.model, name, expected.as_deref())?;
        }
        let provenance = Provenance { by: Some(&by), reason, ..Provenance::at(context.now()) };
        manifest.set_alias(&args.model, name, version, &provenance)
    })?;
    let changes = applied.changes(context);
    let alias = &applied.result;
    if args.change.json {
        return context.printer.json(&View { alias, by: &by, reason, changes });
    }
    let mut lines = vec![describe(alias, changes.is_some())];
    lines.extend(changes.iter().flatten().map(describe_change));
    context.printer.report(&lines)
}

fn describe(alias: &AliasChange, is_dry_run: bool) -> String {
    let AliasChange { model, alias: name, version, replaced, .. } = alias;
    let old = replaced.as_ref().map(|old| format!("v{old}"));
    match version {
        Some(version) if !alias.changed => {
            format!("@{name} of {model} already points to v{version}: unchanged")
        }
        Some(version) => {
            let verb = if is_dry_run { "would point to" } else { "now points to" };
            let instead = old.map(|old| format!(" instead of {old}")).unwrap_or_default();
            format!("@{name} of {model} {verb} v{version}{instead}")
        }
        None => {
            let verb = if is_dry_run { "Would delete" } else { "Deleted" };
            let pointed = old.map(|old| format!(", which pointed to {old}")).unwrap_or_default();
            format!("{verb} @{name} of {model}{pointed}")
        }
    }
}

/// Prints the version that one alias names.
fn show(args: &Args, name: &str, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let version = model.resolve(&format!("@{name}"))?;
    if args.change.json {
        return context.printer.json(&Row { alias: name, version: version.version() });
    }
    context.printer.line(version.version())
}

fn list(args: &Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let aliases = model.aliases();
    let rows: Vec<_> = aliases.iter().map(|(alias, version)| Row { alias, version }).collect();
    if args.change.json {
        return context.printer.json(&rows);
    }
    if rows.is_empty() {
        context.printer.note(&format!("{} has no aliases", model.name()));
        return Ok(());
    }
    let columns = ["ALIAS", "VERSION"].map(|name| (name.to_owned(), Align::Left));
    let mut table = Table::new(columns.to_vec());
    for Row { alias, version } in rows {
        table.push(&[format!("@{alias}").into(), version.into()], false);
    }
    context.printer.table(table)
}
