//! `registry check`: finds problems in a manifest.

use std::path::PathBuf;

use anyhow::Result;
use model_registry::check::{against, artifacts, check};
use model_registry::{Error, Finding, Manifest, Severity, Stage};

use super::selection::Selection;
use super::stage_value;
use crate::context::{Answered, Context, is_missing};
use crate::output::Tone;

/// Find problems in the manifest
///
/// Exit code 0 if it is clean or there are only warnings, 4 if there are problems.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Report also changes to what is published in this git revision
    #[arg(long, value_name = "REV", conflicts_with = "against_file")]
    against: Option<String>,
    /// Report also changes to what is published in this file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    against_file: Option<PathBuf>,
    /// Accept a revision without a manifest: this change adds the first one
    #[arg(long, requires = "against")]
    allow_missing_base: bool,
    /// Find also artifacts that are missing or not what was registered
    #[arg(long)]
    artifacts: bool,
    /// Look only at the artifact of the current version of this stage; for dev, at all in dev
    #[arg(long, requires = "artifacts", value_parser = stage_value::stage())]
    stage: Option<Stage>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let published = published(&args, context)?;
    let mut findings = Vec::new();
    if !context.exists() {
        let path = context.manifest().display();
        // One that is named is expected; a project without any has nothing wrong yet.
        let severity = if context.is_named() { Severity::Problem } else { Severity::Warning };
        findings.push(finding(severity, format!("`{path}` does not exist")));
    }
    match context.load() {
        Ok(manifest) => {
            findings.extend(check(&manifest));
            if let Some(published) = &published {
                findings.extend(against(&manifest, published));
            }
            if args.artifacts {
                let selection = args.stage.map_or(Selection::All, Selection::Stage);
                let selected = selection.of(manifest.models());
                let versions: Vec<_> = selected.iter().map(|(_, version)| *version).collect();
                findings.extend(artifacts(&selected, &context.verify(&versions, None)));
            }
        }
        // A manifest that cannot be read is reported as a finding, where callers look for problems.
        Err(error) => match error.downcast_ref() {
            Some(Error::BadDocument { .. }) => {
                findings.push(finding(Severity::Problem, error.to_string()));
            }
            _ => return Err(error),
        },
    }
    if args.json {
        context.printer.json(&findings)?;
    } else if findings.is_empty() {
        context.printer.report(&["No problems found".to_owned()])?;
    } else {
        context.printer.tagged(&findings.iter().map(line).collect::<Vec<_>>())?;
    }
    let problems = findings.iter().any(|finding| finding.severity == Severity::Problem);
    if problems { Err(Answered(4).into()) } else { Ok(()) }
}

/// Reads the manifest to check against.
///
/// A revision without a manifest is an error unless the caller expects it: an empty baseline would
/// accept every change.
fn published(args: &Args, context: &Context) -> Result<Option<Manifest>> {
    if let Some(file) = &args.against_file {
        let is_stdin = file.as_os_str() == "-";
        let loaded = if is_stdin { Context::load_stdin() } else { context.load_file(file) };
        return loaded.map(Some);
    }
    let Some(revision) = &args.against else { return Ok(None) };
    match context.load_baseline(revision) {
        Err(error) if args.allow_missing_base && is_missing(&error) => {
            Ok(Some(Manifest::default()))
        }
        loaded => loaded.map(Some),
    }
}

/// A finding about the file as a whole.
fn finding(severity: Severity, message: String) -> Finding {
    Finding { severity, model: None, version: None, field: None, message }
}

fn line(finding: &Finding) -> (Tone, &'static str, &str) {
    let (tone, severity) = match finding.severity {
        Severity::Warning => (Tone::Warning, "warning"),
        Severity::Problem => (Tone::Problem, "problem"),
    };
    (tone, severity, &finding.message)
}
