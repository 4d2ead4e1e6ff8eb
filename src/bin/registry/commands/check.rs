//! `registry check`: finds problems in a manifest.

use std::path::{Path, PathBuf};

use anyhow::Result;
use model_registry::check::{
    Strictness, against, artifacts, check_at, explained, lower_published, replay,
};
use model_registry::git::{conversions, new_link};
use model_registry::{Error, Finding, Manifest, Policy, Severity, Stage};

use super::move_view::verdict_table;
use super::selection::Selection;
use super::stage_value;
use crate::context::{Context, is_missing};
use crate::errors::AlreadyReported;
use crate::output::{Tone, shell_word};

const EXAMPLES: &str = "\
registry check
# In CI, also what a change does to published versions
registry check --against v1 --artifacts";

/// Find problems in the manifest
///
/// The exit code is 4 if there are problems, and 0 if there are only warnings.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "options are independent of each other")]
pub(crate) struct Args {
    /// Also report changes to versions that this revision publishes
    #[arg(long, value_name = "REV", conflicts_with = "against_file")]
    against: Option<String>,
    /// Compare with a file instead; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    against_file: Option<PathBuf>,
    /// Skip the comparison if the revision has no manifest
    #[arg(long, requires = "against")]
    allow_missing_base: bool,
    /// The policy file for moves, read from REV [env: REGISTRY_POLICY]
    /// [default: policy.toml beside the manifest]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Report moves without an event as warnings
    #[arg(long)]
    allow_unrecorded_moves: bool,
    /// Report overridden rules as problems
    #[arg(long)]
    no_forced: bool,
    /// Also report missing and changed artifacts
    #[arg(long)]
    artifacts: bool,
    /// Check only the artifacts of this stage
    #[arg(long, requires = "artifacts", value_parser = stage_value::stage())]
    stage: Option<Stage>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let (findings, hint) = findings(&args, context)?;
    if args.json {
        context.printer.json(&findings)?;
    } else {
        print(&findings, context)?;
        if let Some(hint) = hint {
            context.printer.hint(&hint);
        }
    }
    let problems = findings.iter().any(|finding| finding.severity == Severity::Problem);
    if problems { Err(AlreadyReported(4).into()) } else { Ok(()) }
}

fn print(findings: &[Finding], context: &Context) -> Result<()> {
    if findings.is_empty() {
        return context.printer.report(&["No problems found".to_owned()]);
    }
    for finding in findings {
        context.printer.tagged(&[line(finding)])?;
        if !finding.verdicts.is_empty() {
            context.printer.table(verdict_table(&finding.verdicts))?;
        }
    }
    Ok(())
}

/// Finds problems. A manifest that is not valid is a finding, because callers look for problems in
/// the output. The hint is how to settle a problem for which that is not obvious.
fn findings(args: &Args, context: &Context) -> Result<(Vec<Finding>, Option<String>)> {
    let published = published(args, context)?;
    let mut findings = Vec::new();
    if !context.exists() {
        let path = context.manifest().display();
        // A manifest that was named must exist. A new project does not have one yet, so that is
        // only a warning.
        let severity = if context.is_named() { Severity::Problem } else { Severity::Warning };
        findings.push(finding(severity, format!("`{path}` does not exist")));
    }
    if let Some(revision) = &args.against
        && let Some(path) = context.nearer_at(revision)?
    {
        let message = format!("the published manifest `{}` was removed", path.display());
        findings.push(finding(Severity::Problem, message));
    }
    let link = match &published {
        Some(published) if !published.is_empty => replaced_by_link(context.manifest(), args)?,
        _ => None,
    };
    let is_replaced = link.is_some();
    findings.extend(link);
    let manifest = match context.load() {
        Ok(manifest) => manifest,
        // A link that replaced the manifest may lead to anything.
        Err(error)
            if is_replaced || matches!(error.downcast_ref(), Some(Error::BadDocument { .. })) =>
        {
            findings.push(finding(Severity::Problem, error.to_string()));
            return Ok((findings, None));
        }
        Err(error) => return Err(error),
    };
    let mut hint = None;
    let found = check_at(context.now(), &manifest);
    findings.extend(match &published {
        Some(Published { manifest: published, .. }) => lower_published(found, published),
        None => found,
    });
    match &published {
        // The first manifest has no published state from which its moves could be replayed.
        Some(published) if published.is_empty => findings.extend(unexplained(args, &manifest)),
        Some(Published { manifest: published, policy, .. }) => {
            findings.extend(against(&manifest, published));
            let replayed = replay(&manifest, published, policy, args.strictness());
            let is_problem = |finding: &Finding| finding.severity == Severity::Problem;
            if replayed.iter().any(is_problem) && restores_history(&manifest, published) {
                hint =
                    args.against.as_deref().map(|revision| compare_before_loss(revision, context));
            }
            findings.extend(replayed);
            findings.extend(policy_changes(args, policy, context));
            findings.extend(converted("manifest", context.manifest(), args)?);
            findings.extend(policy_file(args, context, is_replaced)?);
        }
        None => findings.extend(unexplained(args, &manifest)),
    }
    if args.artifacts {
        let selection = args.stage.map_or(Selection::All, Selection::Stage);
        let selected = selection.of(manifest.models());
        let versions: Vec<_> = selected.iter().map(|(_, version)| *version).collect();
        findings.extend(artifacts(&selected, &context.verify(&versions, None)));
    }
    Ok((findings, hint))
}

/// The published state that the manifest is compared with.
struct Published {
    manifest: Manifest,
    policy: Policy,
    /// Whether the revision has no manifest.
    is_empty: bool,
}

/// Reads the manifest and the policy to check against.
///
/// A revision without a manifest is an error unless the caller expects it: an empty baseline would
/// accept every change.
fn published(args: &Args, context: &Context) -> Result<Option<Published>> {
    if let Some(file) = &args.against_file {
        let is_stdin = file.as_os_str() == "-";
        let manifest = if is_stdin { Context::load_stdin() } else { context.load_file(file) }?;
        let policy = context.policy(args.policy.as_deref())?;
        return Ok(Some(Published { manifest, policy, is_empty: false }));
    }
    let Some(revision) = &args.against else { return Ok(None) };
    let (manifest, is_empty) = match context.load_baseline(revision) {
        Err(error) if args.allow_missing_base && is_missing(&error) => (Manifest::default(), true),
        loaded => (loaded?, false),
    };
    let policy = context.policy_at(args.policy.as_deref(), revision)?;
    Ok(Some(Published { manifest, policy, is_empty }))
}

/// Returns whether a model without a published history has an event of a published promotion: a tool that
/// does not know histories has removed it before.
fn restores_history(manifest: &Manifest, published: &Manifest) -> bool {
    let lost = published.models().iter().filter(|model| model.history().is_empty());
    lost.filter_map(|old| Some((old, manifest.model(old.name()).ok()?))).any(|(old, new)| {
        new.history().iter().any(|event| {
            let version = old.version(&event.version);
            event.at.is_some()
                && version
                    .is_some_and(|old| old.promoted_at() == event.at.as_deref().map(Into::into))
        })
    })
}

/// Returns a hint to compare with the last revision that had a history.
fn compare_before_loss(revision: &str, context: &Context) -> String {
    let path = shell_word(&context.manifest().to_string_lossy());
    let loss =
        format!("git log -n 1 --format=%H -G '\"history\"' {} -- {path}", shell_word(revision));
    let command = context.command("check", &[], &[]);
    format!(
        "if a tool had removed these events, compare with the revision before: {command} --against \"$({loss})~\""
    )
}

/// Reports pointers that the last moves of the manifest do not explain.
fn unexplained(args: &Args, manifest: &Manifest) -> Vec<Finding> {
    let severity = args.strictness().unrecorded();
    let findings = explained(manifest).into_iter();
    findings.map(|finding| Finding { severity, ..finding }).collect()
}

/// Lists what changed in the policy, and reports one that cannot be read.
fn policy_changes(args: &Args, published: &Policy, context: &Context) -> Vec<Finding> {
    match context.policy(args.policy.as_deref()) {
        Ok(policy) => {
            let changes = policy.changes_since(published).into_iter();
            let message = |change| format!("the policy changed: {change}");
            changes.map(|change| finding(Severity::Warning, message(change))).collect()
        }
        Err(error) => vec![finding(Severity::Problem, error.to_string())],
    }
}

/// Reports a policy file that git stores with another content than this check reads, so that the listed
/// changes are not those that later pull requests are judged by.
fn policy_file(args: &Args, context: &Context, is_replaced: bool) -> Result<Vec<Finding>> {
    let path = context.policy_path(args.policy.as_deref());
    // A folder that was replaced by a link has been reported.
    let link = if is_replaced { None } else { replaced_by_link(&path, args)? };
    Ok(link.into_iter().chain(converted("policy", &path, args)?).collect())
}

/// Reports whether git would convert a file, so that it commits other text than was checked.
fn converted(what: &str, path: &Path, args: &Args) -> Result<Option<Finding>> {
    if args.against.is_none() {
        return Ok(None);
    }
    let conversions = conversions(path)?;
    let message = format!(
        "git converts the {what} when it is checked out ({}), so that another text is committed",
        conversions.join(", ")
    );
    Ok((!conversions.is_empty()).then(|| finding(Severity::Problem, message)))
}

/// Reports a link in place of a committed file or folder, where git stores something else than what this
/// check sees.
fn replaced_by_link(path: &Path, args: &Args) -> Result<Option<Finding>> {
    let Some(revision) = &args.against else { return Ok(None) };
    let link = new_link(path, revision)?;
    Ok(link.map(|link| {
        let message = format!("`{}` was replaced by a link to `{}`", link.path, link.target);
        finding(Severity::Problem, message)
    }))
}

impl Args {
    fn strictness(&self) -> Strictness {
        Strictness::new()
            .allow_unrecorded(self.allow_unrecorded_moves)
            .refuse_forced(self.no_forced)
    }
}

/// Returns a finding about the file as a whole.
fn finding(severity: Severity, message: String) -> Finding {
    Finding::new(severity, message)
}

fn line(finding: &Finding) -> (Tone, &'static str, &str) {
    let (tone, severity) = match finding.severity {
        Severity::Warning => (Tone::Warning, "warning"),
        Severity::Problem => (Tone::Problem, "problem"),
    };
    (tone, severity, &finding.message)
}
