//! `registry history`: lists moves with time, author and reason.

use std::borrow::Cow;
use std::collections::HashSet;

use anyhow::Result;
use model_registry::report::lost_moves;
use model_registry::{Action, Event, Model, Stage, Timestamp};
use serde::Serialize;

use crate::context::Context;
use crate::output::{Align, Table, Tone, format_time};

const EXAMPLES: &str = "\
registry history minutes_v1_lgbm --limit 5
registry history --since 2025-12-01";

/// Show every move of a model, or of all: when, who and why
///
/// Moves without an event, such as those made with the original Python tool, are inferred from the
/// time of each version's last promotion.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this model
    model: Option<String>,
    /// Only moves at or after this date or time
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Only the newest N moves
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<Timestamp, String> {
    let expected = "expected a date such as 2025-12-01, or a timestamp";
    Timestamp::parse_date(text).ok_or_else(|| expected.to_owned())
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let models = match &args.model {
        Some(name) => vec![context.load_model(name)?],
        None => context.load()?.models().to_vec(),
    };
    let mut moves: Vec<_> = models.iter().flat_map(rows).collect();
    let is_empty = moves.is_empty();
    moves.retain(|row| args.since.is_none_or(|since| row.event.time() >= Some(since)));
    if models.len() > 1 {
        moves.sort_by_key(|row| row.event.time());
    }
    moves.drain(..moves.len().saturating_sub(args.limit.unwrap_or(moves.len())));
    let listed: HashSet<&str> = moves.iter().map(|row| row.model).collect();
    for model in models.iter().filter(|model| listed.contains(model.name())) {
        if model.history().is_empty() {
            let name = model.name();
            context.printer.note(&format!(
                "{name} has no history yet; shown are the promotion times of its versions"
            ));
        }
    }
    if args.json {
        return context.printer.json(&moves);
    }
    if moves.is_empty() {
        let note = if is_empty { "no version has been moved yet" } else { "no move is listed" };
        context.printer.note(note);
        return Ok(());
    }
    if moves.iter().any(|row| row.lost) {
        context.printer.note("(lost) marks a move that a merge left without effect");
    }
    let printer = &context.printer;
    let width = match printer.terminal {
        false => Width::Any,
        true if printer.screen.columns < WIDE => Width::Narrow,
        true => Width::Wide,
    };
    printer.table(table(&args, &moves, width))
}

/// One move.
#[derive(Serialize)]
struct Row<'m> {
    model: &'m str,
    #[serde(flatten)]
    event: Event,
    /// Whether it is in the history; if not, it was inferred from a version's promotion time.
    recorded: bool,
    /// Whether a merge left it without effect.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
    /// The stage in which the version has been current since this move.
    #[serde(skip)]
    current: Option<Stage>,
}

/// Returns every known move that has a time.
fn rows(model: &Model) -> Vec<Row<'_>> {
    let moves = model.timeline();
    let last_move = |stage: Stage| {
        let current = model.current(stage)?;
        let leads_to = |event: &Event| event.to.as_ref().is_some_and(|to| *to == stage);
        moves.iter().rposition(|event| leads_to(event) && event.version == current)
    };
    let last = [Stage::Staging, Stage::Prod].map(|stage| (last_move(stage), stage));
    let row = |((index, event), lost): ((usize, &Event), bool)| Row {
        model: model.name(),
        recorded: event.is_recorded(),
        event: event.clone(),
        lost,
        current: last.into_iter().find(|(last, _)| *last == Some(index)).map(|(_, stage)| stage),
    };
    let moves = moves.iter().enumerate().zip(lost_moves(model, &moves)).map(row);
    moves.filter(|row| row.event.at.is_some()).collect()
}

/// Columns of a terminal that has room for the action and the move.
const WIDE: usize = 120;

/// How wide the table may be.
#[derive(Clone, Copy, PartialEq)]
enum Width {
    /// Not on a terminal: any width.
    Any,
    Wide,
    /// Too narrow for separate columns of the action and the move.
    Narrow,
}

/// Renders one line for each move. A narrow terminal leaves out what the other columns imply.
fn table(args: &Args, rows: &[Row<'_>], width: Width) -> Table {
    let terminal = width != Width::Any;
    let names =
        ["WHEN (UTC)", "MODEL", "ACTION", "VERSION", "MOVE", "REPLACED", "BY", "REASON", "FORCED"];
    let columns = names.map(|name| (name.to_owned(), Align::Left)).to_vec();
    let mut table = Table::new(columns).text(&["REASON", "FORCED"]);
    if width == Width::Narrow {
        table = table.text(&["REASON", "FORCED", "MOVE"]);
    }
    // The column MOVE implies the action of a move.
    let mut table = table.optional(&["REPLACED", "FORCED", "ACTION", "BY", "REASON"]);
    for Row { model, event, lost, current, .. } in rows {
        let or_dash = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or("-".into()));
        let time = event.time().map(|time| format_time(time, terminal));
        let (version, stages, replaced) = moved(event);
        let (action, change) = match width {
            Width::Narrow if event.to.is_none() => ("-".to_owned(), action(event)),
            Width::Narrow => ("-".to_owned(), stages),
            _ => (action(event), stages),
        };
        let pruned = event.versions.join(", ");
        let change = match (lost, event.forced && terminal) {
            (true, _) => format!("{change} (lost)"),
            // The column of the failed rules may be left out.
            (false, true) => format!("{change} (forced)"),
            (false, false) => change,
        };
        let cells = [
            or_dash(&time.or_else(|| event.at.clone())),
            if args.model.is_some() { "-".into() } else { Cow::Borrowed(*model) },
            action.into(),
            match (version, &*event.versions) {
                ("", []) => "-".into(),
                ("", _) => pruned.into(),
                (version, _) => version.into(),
            },
            change.into(),
            replaced.into(),
            or_dash(&event.by),
            or_dash(&event.reason),
            if event.forced { event.unmet.join("; ") } else { "-".into() }.into(),
        ];
        let tone = match *current {
            _ if *lost => Tone::Past,
            // The row of a rollback names the version that is not in production any more.
            _ if event.action == Some(Action::Rollback) => Tone::Plain,
            current => Tone::of_version(Stage::Dev, current),
        };
        table.push(&cells, tone);
    }
    table.without_empty_columns()
}

/// Returns the version that was moved, its stages before and after, and what it replaced. A
/// rollback moves the version that was in production.
fn moved(event: &Event) -> (&str, String, String) {
    if let (Some(Action::Rollback), Some(replaced)) = (event.action, &event.replaced) {
        let back = format!("back to {}", event.version);
        return (replaced, format!("{} -> {}", Stage::Prod, Stage::Dev), back);
    }
    let stages = match (&event.from, &event.to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => format!("-> {to}"),
        (_, None) => "-".to_owned(),
    };
    (&event.version, stages, event.replaced.clone().unwrap_or("-".to_owned()))
}

/// Returns the action, with the alias or the fields that it changed.
fn action(event: &Event) -> String {
    let name = event.action.map_or("-", |action| action.as_str());
    match &event.alias {
        Some(alias) => format!("{name} @{alias}"),
        None if event.changed.is_empty() => name.to_owned(),
        None => format!("{name} {}", event.changed.join(", ")),
    }
}
