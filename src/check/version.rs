//! Checks one version: its times, its training window, its metrics and its digest.

use json_document::Raw;

use super::finding::{Finding, Severity, Subject};
use super::values::{day, time};
use crate::manifest::{ModelVersion, Number, Value};

pub(super) fn check_version(
    subject: Subject<'_>,
    version: &ModelVersion,
    findings: &mut Vec<Finding>,
) {
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
