//! `registry history`: what moved when, by whom and why.

use std::borrow::Cow;

use anyhow::Result;
use model_registry::{Action, Event, Model, ModelVersion, Stage, Timestamp};
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
    for model in models.iter().filter(|model| model.history().is_empty()) {
        if moves.iter().any(|row| row.model == model.name()) {
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
    context.printer.table(&table(&moves))
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

/// The moves on record, and before them what the promotion times tell of versions that no event
/// speaks of.
fn rows(model: &Model) -> Vec<Row<'_>> {
    let history = model.history();
    let spoken_of = |version: &str| history.iter().any(|event| event.version == version);
    let untold = model.versions().iter().filter(|version| !spoken_of(version.version()));
    let guessed = untold.filter_map(|version| {
        let event = Event {
            at: Some(version.promoted_at()?.into_owned()),
            action: None,
            version: version.version().to_owned(),
            from: None,
            to: Some(promoted_to(version, &history).to_string()),
            replaced: None,
            by: None,
            reason: None,
            forced: false,
            unmet: Vec::new(),
        };
        Some(Row { model: model.name(), event, recorded: false })
    });
    let mut rows: Vec<_> = guessed.collect();
    let recorded = history.iter().cloned();
    rows.extend(recorded.map(|event| Row { model: model.name(), event, recorded: true }));
    rows
}

/// The stage of a version's last promotion. A rollback relabels the version it takes out of
/// production, and leaves the time.
fn promoted_to(version: &ModelVersion, history: &[Event]) -> Stage {
    let name = Some(version.version());
    let taken_out =
        |event: &Event| event.action == Some(Action::Rollback) && event.replaced.as_deref() == name;
    if history.iter().any(taken_out) { Stage::Prod } else { version.stage() }
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
        "FORCED",
        "REASON",
    ];
    let mut table = Table::new(names.map(|name| (name.to_owned(), Align::Left)).to_vec());
    for Row { model, event, .. } in rows {
        let or_dash = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or("-".into()));
        let when = event.time().map(Timestamp::readable).or_else(|| event.at.clone());
        let forced = if event.forced { event.unmet.join("; ") } else { "-".into() };
        let cells = [
            or_dash(&when),
            Cow::Borrowed(*model),
            event.action.map_or("-", |action| action.as_str()).into(),
            event.version.as_str().into(),
            or_dash(&event.from),
            or_dash(&event.to),
            or_dash(&event.replaced),
            or_dash(&event.by),
            forced.into(),
            or_dash(&event.reason),
        ];
        let into_prod = event.to.as_deref() == Some(Stage::Prod.as_str());
        table.push(&cells, into_prod);
    }
    table
}
