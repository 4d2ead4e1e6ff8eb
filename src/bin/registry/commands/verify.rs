//! `registry verify`: compares artifacts with what was registered.

use std::borrow::Cow;
use std::num::NonZero;

use anyhow::Result;
use model_registry::artifact::State;
use model_registry::report::VersionView;
use model_registry::{Model, ModelVersion, Stage};
use serde::Serialize;

use super::selection::{Selection, require_current};
use super::stage_value;
use crate::context::Context;
use crate::errors::AlreadyReported;
use crate::output::{Align, Table, Tone};

const EXAMPLES: &str = "\
# What is current in prod and staging
registry verify
registry verify --all --json";

/// Check that artifacts have not changed since they were registered
///
/// Computes the digest of each artifact and compares it with the registered one. Without MODEL and
/// options, it verifies all versions that are current in prod or staging.
///
/// The exit code is 4 if an artifact has changed, is missing or cannot be verified.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this model
    model: Option<String>,
    /// Only this version: a version, a run id, @prod, @latest or an @alias
    #[arg(conflicts_with_all = ["stage", "all"])]
    version: Option<String>,
    /// Only the current version of this stage; for dev, all versions in dev
    #[arg(long, conflicts_with = "all", value_parser = stage_value::stage())]
    stage: Option<Stage>,
    /// All versions
    #[arg(long)]
    all: bool,
    /// How many files to read at once [default: the number of processors]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let models = match &args.model {
        Some(name) => vec![context.load_model(name)?],
        None => context.load()?.models().to_vec(),
    };
    if args.version.is_none() {
        require_current(&models)?;
    }
    let selected = select(&args, &models)?;
    let versions: Vec<_> = selected.iter().map(|(_, version)| *version).collect();
    let states = context.verify(&versions, args.jobs);
    let rows: Vec<_> =
        selected.iter().zip(&states).map(|(row, state)| Row::new(row, state)).collect();
    if args.json {
        context.printer.json(&rows)?;
    } else if rows.is_empty() {
        context.printer.note("no version to verify");
    } else {
        context.printer.table(table(&rows))?;
    }
    if states.iter().any(State::is_failure) { Err(AlreadyReported(4).into()) } else { Ok(()) }
}

fn select<'m>(
    args: &Args,
    models: &'m [Model],
) -> model_registry::Result<Vec<(&'m Model, &'m ModelVersion)>> {
    if let ([model], Some(version)) = (models, &args.version) {
        return Ok(vec![(model, model.resolve(version)?)]);
    }
    let selection = match args.stage {
        _ if args.all => Selection::All,
        Some(stage) => Selection::Stage(stage),
        None => Selection::Current,
    };
    if let ([model], Some(_), Some(stage @ (Stage::Prod | Stage::Staging))) =
        (models, &args.model, args.stage)
    {
        // If the model is named, a version must be current in the stage.
        model.current_version(stage)?;
    }
    Ok(selection.of(models))
}

/// A version with the state of its artifact, for the table and the JSON output.
#[derive(Serialize)]
struct Row<'m> {
    model: &'m str,
    version: &'m str,
    #[serde(skip)]
    label: String,
    stage: Stage,
    current: Option<Stage>,
    artifact_path: Cow<'m, str>,
    artifact_digest: Option<Cow<'m, str>>,
    #[serde(flatten)]
    state: &'m State,
}

impl<'m> Row<'m> {
    fn new((model, version): &(&'m Model, &'m ModelVersion), state: &'m State) -> Self {
        let view = VersionView::new(model, version);
        Self {
            model: model.name(),
            version: version.version(),
            label: view.stage(),
            stage: version.stage(),
            current: view.current,
            artifact_path: version.artifact_path(),
            artifact_digest: version.string("artifact_digest"),
            state,
        }
    }
}

fn table(rows: &[Row<'_>]) -> Table {
    let mut names = vec!["MODEL", "VERSION", "STAGE", "STATE", "ARTIFACT"];
    let with_problems = rows.iter().any(|row| row.state.problem().is_some());
    names.extend(with_problems.then_some("PROBLEM"));
    let columns = names.into_iter().map(|name| (name.to_owned(), Align::Left)).collect();
    let mut table = Table::new(columns).text(&["PROBLEM"]).optional(&["ARTIFACT"]);
    for row in rows {
        let mut cells: Vec<Cow<'_, str>> = vec![
            row.model.into(),
            row.version.into(),
            row.label.as_str().into(),
            row.state.word().into(),
            row.artifact_path.clone(),
        ];
        cells.extend(with_problems.then(|| row.state.problem().unwrap_or("-").into()));
        let tone = Tone::of_version(row.stage, row.current);
        table.push(&cells, if row.state.is_failure() { Tone::Problem } else { tone });
    }
    table
}
