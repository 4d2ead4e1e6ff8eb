//! `registry register`: registers a training run as a version.

use std::collections::HashMap;

use anyhow::Result;
use model_registry::artifact::Digest;
use model_registry::report::VersionView;
use model_registry::{DigestChoice, Metric, Number, Registration, Timestamp};

use super::artifact_digest;
use super::input;
use super::tag_value::tag;
use crate::context::Context;

const EXAMPLES: &str = r"registry register minutes_v1_lgbm --version 20251221T061502Z \
    --artifact-path artifacts/minutes_v1/runs/20251221T061502Z/model.txt \
    --metrics-file metrics.json --training-end 2025-12-20";

/// Register a new version of a model, in stage dev
///
/// Registering the same version again with the same content changes nothing.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(crate) struct Args {
    /// The model; the first version creates it
    model: String,
    /// Path or URL of the trained model
    #[arg(long, value_name = "PATH")]
    artifact_path: String,
    /// Name of the version [default: the run id]
    ///
    /// Without --run-id, the default is the time: 20241204T220000Z.
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// The training run [default: the version]
    #[arg(long, value_name = "R")]
    run_id: Option<String>,
    /// First day of the training window
    ///
    /// A date such as 2025-12-01, or a timestamp.
    #[arg(long, value_name = "D")]
    training_start: Option<String>,
    /// Last day of the training window
    ///
    /// A date such as 2025-12-01, or a timestamp.
    #[arg(long, value_name = "D")]
    training_end: Option<String>,
    /// Version of the feature schema
    #[arg(long, value_name = "S")]
    feature_schema_version: Option<String>,
    /// Hash of the features
    #[arg(long, value_name = "H")]
    feature_hash: Option<String>,
    /// A metric (may be repeated)
    ///
    /// Overrides a metric of the same name in the metrics file.
    #[arg(long = "metric", value_name = "NAME=VALUE", value_parser = metric)]
    metrics: Vec<Metric>,
    /// A JSON file of metrics, or `-`
    ///
    /// It contains one object of numbers. `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    metrics_file: Option<String>,
    /// Accept only numbers in the metrics file
    ///
    /// Without this option, other values are left out with a warning.
    #[arg(long, requires = "metrics_file")]
    strict: bool,
    /// Description
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    #[arg(allow_hyphen_values = true)]
    description: String,
    /// Set a tag (may be repeated)
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag, hide_short_help = true)]
    tags: Vec<(String, String)>,
    /// When it was trained, for a run that is imported [default: now]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    created_at: Option<Timestamp>,
    /// Register the digest of a URL, too
    ///
    /// Reads the whole object. The command fails if the digest cannot be computed.
    #[arg(long, conflicts_with_all = ["no_digest", "artifact_digest"])]
    digest: bool,
    /// Do not compute the digest of the artifact
    #[arg(long, hide_short_help = true, conflicts_with = "artifact_digest")]
    no_digest: bool,
    /// The digest of the artifact, if it is known: sha256:...
    ///
    /// The artifact is not read.
    #[arg(long, value_name = "DIGEST", hide_short_help = true)]
    artifact_digest: Option<Digest>,
    /// Print the version as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let store = context.store()?;
    let is_new = !context.is_named() && !context.exists();
    let metrics = match &args.metrics_file {
        Some(file) => read_metrics(file, args.strict, context)?,
        None => Vec::new(),
    };
    let is_named_by_time = args.version.is_none() && args.run_id.is_none();
    let mut registration = Registration::new(args.artifact_path);
    registration.artifact_digest = args.artifact_digest.map(|digest| digest.to_string());
    let choice = match (args.digest, args.no_digest || registration.artifact_digest.is_some()) {
        (true, _) => DigestChoice::Required,
        (false, true) => DigestChoice::Skipped,
        (false, false) => DigestChoice::IfLocal,
    };
    registration.version = args.version;
    registration.run_id = args.run_id;
    registration.training_start = args.training_start;
    registration.training_end = args.training_end;
    registration.feature_schema_version = args.feature_schema_version;
    registration.feature_hash = args.feature_hash;
    registration.metrics = merge(metrics, args.metrics);
    registration.description = args.description;
    registration.tags = args.tags;
    registration.created_at = args.created_at;
    let exists = artifact_digest::measure(&mut registration, choice, context)?;
    let (registered, model) = store.update(|manifest| {
        let registered = manifest.register(&args.model, &registration, context.now())?;
        Ok((registered, manifest.model(&args.model)?.clone()))
    })?;

    if is_new {
        context.printer.note(&format!("created `{}`", context.manifest().display()));
    }
    if !exists && registered.added {
        artifact_digest::warn_of_missing(&[&registration.artifact_path], context);
    }
    for name in &registered.not_finite {
        context.printer.warning(&format!("metric `{name}` is not finite; it is stored as null"));
    }
    for name in &registered.null {
        context.printer.warning(&format!("metric `{name}` has no value; it is stored as null"));
    }
    if is_named_by_time {
        context.printer.note(
            "running this again adds another version; name the run with --run-id to prevent that",
        );
    }
    let version = model.resolve(&registered.version)?;
    if args.json {
        return context.printer.json(&VersionView::new(&model, version));
    }
    let (name, version) = (&args.model, &registered.version);
    let outcome = if registered.added {
        format!("Registered {name} v{version} (stage=dev)")
    } else {
        format!("{name} v{version} is already registered: unchanged")
    };
    context.printer.report(&[outcome])
}

/// Merges two lists of metrics in their order. For a name in both, the later value wins.
fn merge(mut metrics: Vec<Metric>, later: Vec<Metric>) -> Vec<Metric> {
    let mut indexes: HashMap<String, usize> =
        metrics.iter().enumerate().map(|(index, metric)| (metric.name.clone(), index)).collect();
    for metric in later {
        if let Some(&index) = indexes.get(&metric.name) {
            metrics[index] = metric;
        } else {
            indexes.insert(metric.name.clone(), metrics.len());
            metrics.push(metric);
        }
    }
    metrics
}

/// Reads a file of metrics. Unless `strict` is set, values that are not numbers are left out with a
/// warning, so that a finished training run is registered in any case.
fn read_metrics(file: &str, strict: bool, context: &Context) -> Result<Vec<Metric>> {
    let (text, path) = input::read(file, "read the metrics from")?;
    if strict {
        return Ok(Registration::parse_metrics(&text, path)?);
    }
    let read = Registration::parse_metrics_leniently(&text, path)?;
    if !read.skipped.is_empty() {
        let named =
            read.skipped.iter().map(|skipped| format!("`{}` ({})", skipped.name, skipped.found));
        let named = named.collect::<Vec<_>>().join(", ");
        context.printer.warning(&format!("left out metrics that are not numbers: {named}"));
    }
    Ok(read.metrics)
}

/// Parses `NAME=VALUE`. Integers stay integers; floats in Rust's or Python's notation are written
/// as Python writes them.
fn metric(text: &str) -> Result<Metric, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.trim().is_empty() {
        return Err("the name is empty".to_owned());
    }
    let integer = Number::parse(value.strip_prefix('+').unwrap_or(value));
    let number = match integer.filter(Number::is_integer) {
        Some(integer) => integer.into_owned(),
        None => {
            Number::from(value.parse::<f64>().map_err(|_| format!("`{value}` is not a number"))?)
        }
    };
    Ok(Metric::new(name, number))
}
