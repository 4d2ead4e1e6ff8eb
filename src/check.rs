//! What is wrong with a manifest: all of it, not only the first.
//!
//! A manifest that was read has a sound form; this is about what it says. A closure tells whether
//! an artifact is there, as files are not this module's business.

use std::collections::HashSet;

use json_document::Raw;
use serde::Serialize;

use crate::diff::{FieldChange, diff, versions_by_name};
use crate::manifest::{Manifest, Model, ModelVersion, Number, Stage, Timestamp, Value};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Warning,
    /// The manifest says something that cannot be right, or no longer says what it must.
    Problem,
}

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The model, unless it is about the document.
    pub model: Option<String>,
    /// The version, if it is about one.
    pub version: Option<String>,
    /// The field, if it is about one; a metric is `metrics.NAME`.
    pub field: Option<String>,
    /// What is wrong. It names the model and the version itself.
    pub message: String,
}

/// What is wrong with a manifest by itself, in its order.
///
/// ```
/// use model_registry::{Manifest, check::check};
///
/// let text = r#"{"models": {"m": {"name": "m", "versions": [], "current_prod": "1"}}}"#;
/// let findings = check(&Manifest::parse(text.into(), "manifest.json".as_ref())?);
/// assert_eq!(
///     findings[0].message,
///     "the current prod version of model `m` is given as `1`, which is not among its versions"
/// );
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn check(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    match manifest.get("updated_at") {
        None | Some(Value::Null) => {}
        Some(value) if time(&value).is_some() => {}
        Some(value) => {
            let subject = Subject { model: None, version: None };
            findings
                .push(subject.problem("updated_at", format!("`updated_at` {value} is no time")));
        }
    }
    for model in manifest.models() {
        check_model(model, &mut findings);
    }
    findings
}

/// What a manifest no longer says of versions that are published in an older one.
///
/// A version may not vanish, nor may its run, its artifact, its time of creation, its training
/// window, its features or its metrics change, and no event may be lost from the history. The
/// stage, the description, the pointers and new events are free.
pub fn against(manifest: &Manifest, published: &Manifest) -> Vec<Finding> {
    let diff = diff(published, manifest);
    let gone: HashSet<&str> = diff.models_gone.iter().copied().collect();
    let mut findings = Vec::new();
    for model in published.models().iter().filter(|model| gone.contains(model.name())) {
        let name = model.name();
        let message = match model.versions().len() {
            0 if model.history().is_empty() => continue,
            0 => format!("model `{name}`, which is published with a history, is gone"),
            1 => format!("model `{name}`, which is published with a version, is gone"),
            count => format!("model `{name}`, which is published with {count} versions, is gone"),
        };
        findings.push(Subject { model: Some(name), version: None }.finding(None, message));
    }
    for version in diff.versions_gone.iter().filter(|version| !gone.contains(version.model)) {
        let subject = Subject { model: Some(version.model), version: Some(version.version) };
        let message = format!("{subject}, which is published, is gone");
        findings.push(subject.finding(None, message));
    }
    findings.extend(diff.rewritten.iter().map(rewritten));
    for event in &diff.events_gone {
        let subject = Subject { model: Some(event.model), version: None };
        let message = format!("the history of {subject} lost the event {}", event.event);
        findings.push(subject.problem("history", message));
    }
    findings
}

/// The local artifacts that are not there, asked by `exists`.
///
/// A path with a scheme (`s3://`, `file://`) is an URL and left alone.
pub fn artifacts(manifest: &Manifest, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for model in manifest.models() {
        for version in model.versions() {
            let path = version.artifact_path();
            if !is_url(&path) && !exists(&path) {
                let subject = Subject::of(model, version);
                let message = format!("the artifact `{path}` of {subject} does not exist");
                findings.push(subject.problem("artifact_path", message));
            }
        }
    }
    findings
}

/// What a finding is about.
#[derive(Clone, Copy)]
struct Subject<'m> {
    model: Option<&'m str>,
    version: Option<&'m str>,
}

impl<'m> Subject<'m> {
    fn of(model: &'m Model, version: &'m ModelVersion) -> Self {
        Self { model: Some(model.name()), version: Some(version.version()) }
    }

    fn finding(self, field: Option<String>, message: String) -> Finding {
        let (model, version) = (self.model.map(Into::into), self.version.map(Into::into));
        Finding { severity: Severity::Problem, model, version, field, message }
    }

    fn problem(self, field: &str, message: String) -> Finding {
        self.finding(Some(field.to_owned()), message)
    }
}

impl std::fmt::Display for Subject<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.model, self.version) {
            (Some(model), Some(version)) => {
                write!(formatter, "version `{version}` of model `{model}`")
            }
            (Some(model), None) => write!(formatter, "model `{model}`"),
            _ => formatter.write_str("the manifest"),
        }
    }
}

fn rewritten(change: &FieldChange<'_>) -> Finding {
    let subject = Subject { model: change.model, version: change.version };
    let field = &change.field;
    let message = match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            format!("`{field}` of {subject} is published as {old} and now is {new}")
        }
        (Some(old), None) => {
            format!("`{field}` of {subject} is published as {old} and now is gone")
        }
        (None, Some(new)) => format!("`{field}` of {subject} is not published and now is {new}"),
        (None, None) => format!("`{field}` of {subject} changed"),
    };
    subject.problem(field, message)
}

fn check_model(model: &Model, findings: &mut Vec<Finding>) {
    let subject = Subject { model: Some(model.name()), version: None };
    if let Some(name) = model.get("name").filter(|name| name.as_str() != Some(model.name())) {
        findings.push(subject.problem("name", format!("{subject} calls itself {name}")));
    }
    let versions = versions_by_name(model);
    for stage in [Stage::Prod, Stage::Staging] {
        let Some(current) = model.current(stage) else { continue };
        let message = match versions.get(&*current) {
            None => format!(
                "the current {stage} version of {subject} is given as `{current}`, which is not \
                 among its versions"
            ),
            Some(version) if version.stage() != stage => format!(
                "the current {stage} version of {subject} is given as `{current}`, which is \
                 labelled {}",
                version.stage()
            ),
            Some(_) => continue,
        };
        let version = versions.get_key_value(&*current).map(|(name, _)| *name);
        let field = Model::pointer(stage).unwrap_or_default();
        findings.push(Subject { version, ..subject }.problem(field, message));
    }
    for version in model.versions() {
        check_version(Subject::of(model, version), version, findings);
    }
    check_history(subject, model, findings);
}

fn check_version(subject: Subject<'_>, version: &ModelVersion, findings: &mut Vec<Finding>) {
    let (mut created, mut promoted, mut start, mut end) = (None, None, None, None);
    for (field, raw) in version.members() {
        match &*field {
            "created_at" | "promoted_at" => {
                let value = raw.value();
                let read = time(&value);
                if read.is_none() && value != Value::Null {
                    let message = format!("`{field}` {value} of {subject} is no time");
                    findings.push(subject.problem(&field, message));
                }
                *(if field == "created_at" { &mut created } else { &mut promoted }) = read;
            }
            "training_start" => start = day(raw),
            "training_end" => end = day(raw),
            "metrics" => check_metrics(subject, raw, findings),
            _ => {}
        }
    }
    if let (Some(created), Some(promoted)) = (created, promoted)
        && promoted < created
    {
        let message =
            format!("{subject} was promoted at {promoted}, before it was created at {created}");
        findings.push(subject.problem("promoted_at", message));
    }
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message =
            format!("the training window of {subject} ends on {end}, before it starts on {start}");
        findings.push(subject.problem("training_end", message));
    }
}

/// A metric that is not finite is a training run that went wrong, not a manifest that did.
fn check_metrics(subject: Subject<'_>, metrics: Raw<'_>, findings: &mut Vec<Finding>) {
    for (name, raw) in metrics.members() {
        if let Value::Number(number) = raw.value()
            && !Number::is_finite(&number)
        {
            let message = format!("metric `{name}` of {subject} is {number}, which is not finite");
            let finding = subject.problem(&format!("metrics.{name}"), message);
            findings.push(Finding { severity: Severity::Warning, ..finding });
        }
    }
}

fn check_history(subject: Subject<'_>, model: &Model, findings: &mut Vec<Finding>) {
    let mut last: Option<Timestamp> = None;
    for (index, event) in model.events().enumerate() {
        let number = index + 1;
        let event = event.value();
        let Some(at) = event.get("at").and_then(time) else {
            let problem = match event.get("at") {
                Some(at) => format!("has {at} as its time, which is none"),
                None => "has no time".to_owned(),
            };
            let message = format!("event {number} in the history of {subject} {problem}");
            findings.push(subject.problem("history", message));
            continue;
        };
        if let Some(last) = last.filter(|last| at < *last) {
            let message = format!(
                "event {number} in the history of {subject} is of {at}, before the one in front of \
                 it, which is of {last}"
            );
            findings.push(subject.problem("history", message));
        }
        last = Some(at);
    }
}

fn time(value: &Value<'_>) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// A training date in a form whose texts sort as the days do. Other forms are free text.
fn day(raw: Raw<'_>) -> Option<String> {
    let value = raw.value();
    let day = value.as_str()?;
    Timestamp::parse(&format!("{day}T00:00:00")).filter(|_| day.len() == "2025-01-31".len())?;
    Some(day.to_owned())
}

/// Whether a path begins with a scheme, such as `s3://`.
fn is_url(path: &str) -> bool {
    path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}
