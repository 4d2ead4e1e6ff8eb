//! Checks one version: its names, its times, its training window, its metrics and its digest.

use json_document::Raw;

use super::finding::{Finding, Subject};
use super::values::{check_tags, flawed, time};
use crate::manifest::{ModelVersion, Number, Timestamp, Value, valid};
use crate::secret::redact;

pub(super) fn check_version(
    subject: Subject<'_>,
    version: &ModelVersion,
    findings: &mut Vec<Finding>,
) {
    let (mut created, mut promoted, mut start, mut end) = (None, None, None, None);
    for (field, raw) in version.members() {
        match &*field {
            "version" => {
                let flaw = valid::flaw_of_name("version", version.version());
                let what = format!("the name of {subject}");
                findings.extend(flawed(subject, Some(&field), &what, flaw));
            }
            "run_id" => {
                let flaw = valid::flaw_of_name("run id", &version.run_id());
                findings.extend(flawed(subject, Some(&field), &valued(subject, &field, raw), flaw));
            }
            "artifact_path" => {
                let flaw = valid::flaw_of_path(&version.artifact_path());
                findings.extend(flawed(subject, Some(&field), &valued(subject, &field, raw), flaw));
            }
            "created_at" => created = check_time(subject, &field, raw, findings),
            "promoted_at" => promoted = check_time(subject, &field, raw, findings),
            "training_start" => start = check_date(subject, &field, raw, findings),
            "training_end" => end = check_date(subject, &field, raw, findings),
            "metrics" => check_metrics(subject, raw, findings),
            "tags" => check_tags(subject, raw.members().map(|(name, _)| name), findings),
            "artifact_digest" => {
                if let Err(error) = version.artifact_digest() {
                    let message = format!("{} {error}", valued(subject, &field, raw));
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
    if let (Some((start, first)), Some((end, last))) = (start, end)
        && last < first
    {
        let message =
            format!("the training window of {subject} ends on {end}, before it starts on {start}");
        findings.push(subject.problem("training_end", message));
    }
}

/// The start of a message about a field: its name, its value, and where it is.
fn valued(subject: Subject<'_>, field: &str, raw: Raw<'_>) -> String {
    let value = match raw.value() {
        Value::String(text) => Value::String(redact(&text).into_owned().into()),
        value => value,
    };
    format!("`{field}` {value} of {subject}")
}

/// Reads a timestamp, and reports a value that is not one.
fn check_time(
    subject: Subject<'_>,
    field: &str,
    raw: Raw<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Timestamp> {
    let value = raw.value();
    let read = time(&value);
    if read.is_none() && value != Value::Null {
        let message = format!("{} is not a timestamp", valued(subject, field, raw));
        findings.push(subject.problem(field, message));
    }
    read
}

/// Reads a date as written and as a point in time, and reports a value that is not one.
fn check_date(
    subject: Subject<'_>,
    field: &str,
    raw: Raw<'_>,
    findings: &mut Vec<Finding>,
) -> Option<(String, Timestamp)> {
    let value = raw.value();
    if value == Value::Null {
        return None;
    }
    let text = value.as_str().unwrap_or_default();
    let flaw = valid::flaw_of_date(text);
    findings.extend(flawed(subject, Some(field), &valued(subject, field, raw), flaw));
    Timestamp::parse_date(text).map(|date| (text.to_owned(), date))
}

/// Checks metrics. One that is not finite is a warning, since the training failed and not the
/// manifest.
fn check_metrics(subject: Subject<'_>, metrics: Raw<'_>, findings: &mut Vec<Finding>) {
    for (name, raw) in metrics.members() {
        let field = format!("metrics.{name}");
        if let Value::Number(number) = raw.value()
            && !Number::is_finite(&number)
        {
            let message = format!("metric `{name}` of {subject} is {number}, which is not finite");
            findings.push(subject.warning(&field, message));
        }
        let what = format!("metric `{name}` of {subject}");
        findings.extend(flawed(subject, Some(&field), &what, valid::flaw_of_metric(&name)));
    }
}
