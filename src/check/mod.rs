//! Finds problems in a manifest: all of them, not only the first.
//!
//! A parsed manifest has a valid form; this module checks its content.

mod clock;
mod explained;
mod replay;

pub use clock::ahead;
pub use explained::explained;
pub use replay::{Strictness, replay};

use std::borrow::Cow;
use std::collections::HashSet;

use json_document::{Kind, Parser, Raw, Shape};
use serde::Serialize;

use crate::artifact::{Digest, State};
use crate::diff::{FieldChange, VersionSummary, diff};
use crate::gate::Verdict;
use crate::manifest::{
    Action, Event, Manifest, Model, ModelVersion, Number, RESERVED_ALIASES, Stage, Timestamp, Value,
};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing needs to be done.
    Warning,
    /// The content cannot be right, or published content has changed.
    Problem,
}

/// A problem in a manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Severity of the finding.
    pub severity: Severity,
    /// The model, or `None` for the document.
    pub model: Option<String>,
    /// The version, if the finding is about one.
    pub version: Option<String>,
    /// The field, if the finding is about one; a metric is `metrics.NAME`.
    pub field: Option<String>,
    /// Description of the problem, with the model and the version.
    pub message: String,
    /// The rules by which a move was judged, if it is about a move.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
}

impl Finding {
    /// Creates a finding about the file as a whole.
    pub const fn new(severity: Severity, message: String) -> Self {
        let (model, version, field) = (None, None, None);
        Self { severity, model, version, field, message, verdicts: Vec::new() }
    }
}

/// Finds problems in a manifest, in its order.
///
/// ```
/// use model_registry::{Manifest, check::check};
///
/// let text = r#"{"models": {"m": {"name": "m", "versions": [], "current_prod": "1"}}}"#;
/// let findings = check(&Manifest::parse(text.into(), "manifest.json".as_ref())?);
/// assert_eq!(
///     findings[0].message,
///     "the current prod version of model `m` is `1`, which does not exist"
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
            findings.push(
                subject.problem("updated_at", format!("`updated_at` {value} is not a timestamp")),
            );
        }
    }
    for model in manifest.models() {
        check_model(model, &mut findings);
    }
    findings
}

/// Finds changes to what an older manifest has published.
///
/// A published version must not be removed. Its run, artifact, creation time, training window,
/// features and metrics must not change, and no event may be lost from the history. The stage,
/// the description and the pointers can change, and events can be added.
pub fn against(manifest: &Manifest, published: &Manifest) -> Vec<Finding> {
    let diff = diff(published, manifest);
    let gone: HashSet<&str> = diff.models_gone.iter().copied().collect();
    let mut findings = Vec::new();
    for model in published.models().iter().filter(|model| gone.contains(model.name())) {
        let name = model.name();
        let message = match model.versions().len() {
            0 if model.history().is_empty() => continue,
            0 => format!("published model `{name}` and its history were removed"),
            1 => format!("published model `{name}` and its version were removed"),
            count => format!("published model `{name}` and its {count} versions were removed"),
        };
        findings.push(Subject { model: Some(name), version: None }.finding(None, message));
    }
    let pruned: HashSet<(&str, String)> = diff
        .events_added
        .iter()
        .map(|added| (added.model, Event::of(&added.event)))
        .filter(|(_, event)| event.action == Some(Action::Prune))
        .flat_map(|(model, event)| event.versions.into_iter().map(move |name| (model, name)))
        .collect();
    let is_pruned = |version: &VersionSummary<'_>| {
        pruned.contains(&(version.model, version.version.to_owned()))
    };
    let versions = diff.versions_gone.iter().filter(|version| !gone.contains(version.model));
    // The replay checks that these could be removed.
    for version in versions.filter(|version| !is_pruned(version)) {
        let subject = Subject { model: Some(version.model), version: Some(version.version) };
        let message = format!("published {subject} was removed");
        findings.push(subject.finding(None, message));
    }
    findings.extend(diff.rewritten.iter().map(rewritten));
    let removed: Vec<&str> = manifest
        .models()
        .iter()
        .filter(|model| model.history().is_empty())
        .filter(|model| published.model(model.name()).is_ok_and(|old| !old.history().is_empty()))
        .map(Model::name)
        .collect();
    for model in &removed {
        let subject = Subject { model: Some(model), version: None };
        let message = format!(
            "the history of {subject} was removed; a tool that does not know it rewrote the file"
        );
        findings.push(subject.problem("history", message));
    }
    for event in diff.events_gone.iter().filter(|event| !removed.contains(&event.model)) {
        let subject = Subject { model: Some(event.model), version: None };
        let message = format!("the history of {subject} lacks the published event {}", event.event);
        findings.push(subject.problem("history", message));
    }
    findings
}

/// Reports the artifacts that are not what was registered, from their states in the same order.
pub fn artifacts(versions: &[(&Model, &ModelVersion)], states: &[State]) -> Vec<Finding> {
    let found = versions.iter().zip(states).filter_map(|((model, version), state)| {
        let subject = Subject::of(model, version);
        let path = version.artifact_path();
        let message = match state {
            State::Missing => format!("the artifact `{path}` of {subject} does not exist"),
            State::Changed { found_digest, .. } => format!(
                "the artifact `{path}` of {subject} has changed: its digest is {found_digest}, \
                 not {}",
                version.string("artifact_digest").unwrap_or_default()
            ),
            State::NotChecked { problem } => {
                format!("the artifact `{path}` of {subject} was not checked: {problem}")
            }
            State::Unreadable { problem } => {
                format!("the artifact `{path}` of {subject} cannot be verified: {problem}")
            }
            // Part of what `check` reports about every version.
            _ => return None,
        };
        Some(subject.problem("artifact_path", message))
    });
    found.collect()
}

/// The subject of a finding.
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
        let verdicts = Vec::new();
        Finding { severity: Severity::Problem, model, version, field, message, verdicts }
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
            format!("`{field}` of {subject} was published as {old} and is now {new}")
        }
        (Some(old), None) => {
            format!("`{field}` of {subject} was published as {old} and is now missing")
        }
        (None, Some(new)) => format!("`{field}` of {subject} was not published and is now {new}"),
        (None, None) => format!("`{field}` of {subject} changed"),
    };
    subject.problem(field, message)
}

fn check_model(model: &Model, findings: &mut Vec<Finding>) {
    let subject = Subject { model: Some(model.name()), version: None };
    if let Some(name) = model.get("name").filter(|name| name.as_str() != Some(model.name())) {
        findings.push(subject.problem("name", format!("`name` of {subject} is {name}")));
    }
    for stage in [Stage::Prod, Stage::Staging] {
        let Some(current) = model.current(stage) else { continue };
        let found = model.version(&current);
        let message = match found {
            None => format!(
                "the current {stage} version of {subject} is `{current}`, which does not exist"
            ),
            Some(version) if version.stage() != stage => format!(
                "the current {stage} version of {subject} is `{current}`, which has stage {}",
                version.stage()
            ),
            Some(version) => {
                if version.retired().is_some() {
                    let version = version.version();
                    let message = format!(
                        "version `{version}` of {subject} is retired and current in {stage}"
                    );
                    let subject = Subject { version: Some(version), ..subject };
                    let finding = subject.problem("retired", message);
                    findings.push(Finding { severity: Severity::Warning, ..finding });
                }
                continue;
            }
        };
        let version = found.map(ModelVersion::version);
        let field = Model::pointer(stage).unwrap_or_default();
        findings.push(Subject { version, ..subject }.problem(field, message));
    }
    check_aliases(subject, model, findings);
    let mut sound = SoundVersions::default();
    for version in model.versions() {
        if !sound.includes(version) {
            check_version(Subject::of(model, version), version, findings);
        }
    }
    check_history(subject, model, findings);
}

fn check_aliases(subject: Subject<'_>, model: &Model, findings: &mut Vec<Finding>) {
    let Some(Value::Object(aliases)) = model.get("aliases") else { return };
    let present: HashSet<&str> = model.versions().iter().map(ModelVersion::version).collect();
    for (alias, version) in &aliases {
        let problem = match version.as_str() {
            _ if RESERVED_ALIASES.contains(&&**alias) => "is reserved".to_owned(),
            None => format!("points to {version}, which is not a string"),
            Some(name) if present.contains(name) => continue,
            Some(name) => format!("points to `{name}`, which does not exist"),
        };
        let message = format!("the alias `@{alias}` of {subject} {problem}");
        findings.push(subject.problem(&format!("aliases.{alias}"), message));
    }
}

fn check_version(subject: Subject<'_>, version: &ModelVersion, findings: &mut Vec<Finding>) {
    let (mut created, mut promoted, mut start, mut end) = (None, None, None, None);
    for (field, raw) in version.members() {
        match &*field {
            "created_at" | "promoted_at" => {
                let value = raw.value();
                let read = time(&value);
                if read.is_none() && value != Value::Null {
                    let message = format!("`{field}` {value} of {subject} is not a timestamp");
                    findings.push(subject.problem(&field, message));
                }
                *(if field == "created_at" { &mut created } else { &mut promoted }) = read;
            }
            "training_start" => start = day(raw),
            "training_end" => end = day(raw),
            "metrics" => check_metrics(subject, raw, findings),
            "artifact_digest" => {
                if let Err(error) = version.artifact_digest() {
                    let message = format!("`artifact_digest` {} of {subject} {error}", raw.value());
                    findings.push(subject.problem("artifact_digest", message));
                }
            }
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

/// Recognizes versions in which [`check_version`] finds nothing, without reading their fields.
///
/// The versions of a model nearly always have the same fields in the same layout, so the places
/// of the values are known from the version before.
#[derive(Default)]
struct SoundVersions {
    shape: Shape,
    /// `created_at`, `promoted_at`, `training_start` and `training_end`, if all are scalars.
    fields: Option<[usize; 4]>,
    /// `artifact_digest`, if there is one.
    digest: Option<usize>,
}

impl SoundVersions {
    /// Returns whether nothing is wrong with a version. `false` means that it is not known.
    fn includes(&mut self, version: &ModelVersion) -> bool {
        let mut parser = Parser::from_str(version.text());
        if !parser.object_like(&mut self.shape) {
            self.fields = None;
            if self.shape.learn(&parser, 0..version.text().len()).is_ok() {
                let [created, promoted, start, end] =
                    ["created_at", "promoted_at", "training_start", "training_end"]
                        .map(|name| self.shape.scalar_of(name));
                let fields = created.zip(promoted).zip(start.zip(end));
                self.fields = fields.map(|((a, b), (c, d))| [a, b, c, d]);
                self.digest = self.shape.scalar_of("artifact_digest");
                if self.digest.is_none() && version.get("artifact_digest").is_some() {
                    self.fields = None;
                }
            }
            return false;
        }
        let Some(fields) = self.fields else { return false };
        let text = |number: usize| &version.text()[self.shape.scalar(number)];
        let is_digest = |text: &str| {
            let digest = Raw::new(text).string();
            text == "null" || digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
        };
        if !self.digest.map(text).is_none_or(is_digest) {
            return false;
        }
        let [created, promoted, start, end] = fields.map(text);
        let time = |text: &'_ str| match Raw::new(text).string() {
            Some(time) => Timestamp::parse(&time).map(Some),
            None => (text == "null").then_some(None),
        };
        let (Some(created), Some(promoted)) = (time(created), time(promoted)) else { return false };
        let in_order = |start: &str, end: &str| match (day(Raw::new(start)), day(Raw::new(end))) {
            (Some(start), Some(end)) => start <= end,
            _ => true,
        };
        created.zip(promoted).is_none_or(|(created, promoted)| created <= promoted)
            && in_order(start, end)
            && (0..self.shape.scalars()).map(text).all(is_finite)
    }
}

/// Returns whether a scalar is a finite number or not a number.
fn is_finite(scalar: &str) -> bool {
    let scalar = Raw::new(scalar);
    if scalar.kind() != Kind::Number {
        return true;
    }
    matches!(scalar.value(), Value::Number(number) if number.is_finite())
}

/// Checks metrics. One that is not finite is a warning, since the training failed and not the
/// manifest.
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
                Some(at) => format!("has the invalid timestamp {at}"),
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
            // A clock that was behind. The order of the file counts.
            let finding = subject.problem("history", message);
            findings.push(Finding { severity: Severity::Warning, ..finding });
        }
        last = last.max(Some(at));
    }
}

fn time(value: &Value<'_>) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// Returns a training date that sorts like its text. Other forms are free text.
fn day(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let is_day = |day: &str| {
        let start = || Timestamp::parse(&format!("{day}T00:00:00"));
        Timestamp::is_date(day) || (day.len() == "2025-01-31".len() && start().is_some())
    };
    raw.string().filter(|day| is_day(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A version with some fields replaced.
    fn version(name: usize, replaced: &[(&str, &str)]) -> String {
        let mut text = format!(
            r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p",
            "created_at": "2025-12-06T06:00:40.537326+00:00", "promoted_at": null,
            "training_start": "2022-10-01", "training_end": "2024-06-30",
            "metrics": {{"a": 0.5, "b": -1e-07}}}}"#
        );
        for (old, new) in replaced {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        text
    }

    #[test]
    fn a_version_like_the_one_before_is_checked_all_the_same() {
        let created = "\"2025-12-06T06:00:40.537326+00:00\"";
        let cases: &[&[(&str, &str)]] = &[
            &[],
            &[("null", "\"2025-12-07T06:00:40.000000+00:00\"")],
            &[("null", "\"2025-12-06T06:00:40.537325+00:00\"")],
            &[("null", "\"yesterday\"")],
            &[("null", "5")],
            &[(created, "null")],
            &[(created, "\"\"")],
            &[(created, "[1]")],
            &[("2024-06-30", "2022-09-30")],
            &[("2024-06-30", "2022-Q3")],
            &[("\"a\": 0.5", "\"a\": NaN")],
            &[("\"a\": 0.5", "\"a\": 1e400")],
            &[("\"a\": 0.5", "\"a\": \"NaN\"")],
            &[("-1e-07", "-Infinity")],
            &[("training_end", "training_stop"), ("2024-06-30", "2022-09-30")],
            &[("\"r\"", "\"r\", \"artifact_digest\": \"md5:0\"")],
            &[("\"r\"", "\"r\", \"artifact_digest\": []")],
        ];
        let mut versions = Vec::new();
        for case in cases {
            // Behind a sound version of the usual shape, and behind one of its own.
            for replaced in [&[][..], case, case] {
                versions.push(version(versions.len(), replaced));
            }
        }
        let text = format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(", "));
        let manifest: Manifest = text.parse().expect("a manifest");
        let model = &manifest.models()[0];
        let mut expected = Vec::new();
        for version in model.versions() {
            check_version(Subject::of(model, version), version, &mut expected);
        }
        assert_eq!(check(&manifest), expected);
        assert_eq!(expected.len(), 2 * 9 + 2 * 2);
        let mut sound = SoundVersions::default();
        let known = model.versions().iter().filter(|version| sound.includes(version)).count();
        assert!(known >= 20, "{known}");
    }
}
