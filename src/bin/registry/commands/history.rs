//! `registry history`: what moved when, by whom and why.

use std::borrow::Cow;
use std::collections::HashSet;

use anyhow::Result;
use model_registry::{Event, Model, RecordedStage, Stage, Timestamp};
use serde::Serialize;

use crate::context::Context;
use crate::output::{Align, Table};

/// Show every move of a model, or of all: when, who and why
///
/// Moves made before there was a history are known by the time of each version's last promotion.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this model
    model: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let models = match &args.model {
        Some(name) => vec![context.load_model(name)?],
        None => context.load()?.models().to_vec(),
    };
    let mut moves: Vec<_> = models.iter().flat_map(rows).collect();
    moves.sort_by_key(|row| row.event.time());
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
        context.printer.note("nothing has moved yet");
        return Ok(());
    }
    context.printer.table(table(&moves))
}

/// One move.
#[derive(Serialize)]
struct Row<'m> {
    model: &'m str,
    #[serde(flatten)]
    event: Event,
    /// Whether it stands in the history; if not, it was made out from a version's promotion time.
    recorded: bool,
}

/// Every move that is known of and has a time.
fn rows(model: &Model) -> Vec<Row<'_>> {
    let known = model.timeline().into_iter().filter(|event| event.at.is_some());
    known.map(|event| Row { model: model.name(), recorded: event.is_recorded(), event }).collect()
}

fn table(rows: &[Row<'_>]) -> Table {
    let names = [
        "WHEN (UTC)",
        "MODEL",
        "ACTION",
        "VERSION",
        "FROM",
        "TO",
        "REPLACED",
        "BY",
        "REASON",
        "FORCED",
    ];
    let mut table = Table::new(names.map(|name| (name.to_owned(), Align::Left)).to_vec());
    for Row { model, event, .. } in rows {
        let or_dash = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or("-".into()));
        let stage = |stage: Option<&RecordedStage>| {
            Cow::Owned(stage.map_or("-".to_owned(), ToString::to_string))
        };
        let when = event.time().map(Timestamp::readable).or_else(|| event.at.clone());
        let forced = if event.forced { event.unmet.join("; ") } else { "-".into() };
        let cells = [
            or_dash(&when),
            Cow::Borrowed(*model),
            action(event).into(),
            (if event.version.is_empty() { "-" } else { &event.version }).into(),
            stage(event.from.as_ref()),
            stage(event.to.as_ref()),
            or_dash(&event.replaced),
            or_dash(&event.by),
            or_dash(&event.reason),
            forced.into(),
        ];
        let into_prod = event.to.as_ref().is_some_and(|to| *to == Stage::Prod);
        table.push(&cells, into_prod);
    }
    table
}

/// The action, with the alias or the fields that it changed.
fn action(event: &Event) -> String {
    let name = event.action.map_or("-", |action| action.as_str());
    match &event.alias {
        Some(alias) => format!("{name} @{alias}"),
        None if event.changed.is_empty() => name.to_owned(),
        None => format!("{name} {}", event.changed.join(", ")),
    }
}
