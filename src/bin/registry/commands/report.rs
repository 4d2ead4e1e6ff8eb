//! `registry report`: writes an HTML page about the models.

use std::path::{Path, PathBuf};

use anyhow::Result;
use model_registry::check::{Strictness, artifacts, check_at, explained};
use model_registry::report::Page;
use model_registry::{Finding, Manifest, Model, Timestamp, files};

use crate::context::Context;
use crate::errors::Usage;
use crate::open::open;

const EXAMPLES: &str = "\
registry report -o report.html
registry report minutes_v1_lgbm --title 'Minutes' > minutes.html";

/// Write an HTML page about the models: production, metrics, moves, problems
///
/// The page is one file that loads nothing from the network. It works from disk, as a build artifact
/// and without JavaScript.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only these models, in this order
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    /// Where to write the page [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the page in a browser afterwards
    #[arg(long, requires = "output")]
    open: bool,
    /// The title of the page
    #[arg(long, value_name = "TEXT", default_value = "Model registry")]
    #[arg(allow_hyphen_values = true)]
    title: String,
    /// The policy for the versions in staging
    /// [env: REGISTRY_POLICY] [default: policy.toml beside the manifest, if there is one]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Recompute the digests of the artifacts, and show which are what was registered
    #[arg(long)]
    verify: bool,
    /// The time shown on the page, such as `2026-01-05T06:30:00Z`, for reproducible output
    /// [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "not a timestamp".to_owned())
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if output.is_none() && args.open {
        return Err(Usage("--open needs a file: -o FILE".to_owned()).into());
    }
    if output.is_some_and(|path| files::is_same(path, context.manifest())) {
        return Err(Usage("the page would replace the manifest; name another file".into()).into());
    }
    let policy = context.policy(args.policy.as_deref())?;
    let manifest = context.load()?;
    if !context.exists() {
        context.printer.note(&format!("`{}` does not exist", context.manifest().display()));
    }
    let models = models(&manifest, &args.models)?;
    let now = args.now.unwrap_or_else(|| context.now());
    let versions = Page::versions(&models);
    let states = args.verify.then(|| {
        let versions: Vec<_> = versions.iter().map(|(_, version)| *version).collect();
        context.verify(&versions, None)
    });
    let shown = |finding: &Finding| match &finding.model {
        Some(name) => models.iter().any(|model| model.name() == name),
        None => true,
    };
    let mut findings = problems(&manifest, now);
    findings.extend(states.iter().flat_map(|states| artifacts(&versions, states)));
    findings.retain(shown);
    let source = if context.is_stdin() {
        "standard input".into()
    } else {
        context.manifest().to_string_lossy()
    };
    let page = Page {
        title: &args.title,
        source: &source,
        revision: context.at.as_deref(),
        manifest: &manifest,
        models: &models,
        policy: &policy,
        findings: &findings,
        states: states.as_deref(),
        now,
    };
    let html = page.html();
    let Some(path) = output else { return context.printer.print(&html) };
    files::replace(path, html.as_bytes())?;
    context.printer.report(&[format!("Wrote {}", path.display())])?;
    if args.open { open(path) } else { Ok(()) }
}

/// Returns the findings of `check` without options.
fn problems(manifest: &Manifest, now: Timestamp) -> Vec<Finding> {
    let severity = Strictness::new().unrecorded();
    let unexplained = explained(manifest).into_iter();
    let unexplained = unexplained.map(|finding| Finding { severity, ..finding });
    check_at(now, manifest).into_iter().chain(unexplained).collect()
}

/// Returns the models with these names, or all models.
fn models<'m>(manifest: &'m Manifest, names: &[String]) -> Result<Vec<&'m Model>> {
    if names.is_empty() {
        return Ok(manifest.models().iter().collect());
    }
    Ok(names.iter().map(|name| manifest.model(name)).collect::<model_registry::Result<_>>()?)
}
