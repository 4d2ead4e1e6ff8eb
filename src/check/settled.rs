//! Separates new problems with values from those that are published already.

use std::collections::HashSet;

use super::document::check;
use super::finding::{Finding, Severity};
use crate::manifest::Manifest;

/// Fields of a published version that cannot be changed any more.
const SETTLED: [&str; 7] = [
    "version",
    "run_id",
    "artifact_path",
    "created_at",
    "training_start",
    "training_end",
    "artifact_digest",
];

/// Lowers problems with names and values that are published already to warnings: a pull request
/// must not change them.
pub fn lower_published(mut findings: Vec<Finding>, published: &Manifest) -> Vec<Finding> {
    let is_settled = |finding: &Finding| {
        finding.field.as_deref().is_none_or(|field| SETTLED.contains(&field))
            && finding.model.is_some()
    };
    let is_candidate =
        |finding: &Finding| finding.severity == Severity::Problem && is_settled(finding);
    if findings.iter().any(is_candidate) {
        let published = check(published);
        let known: HashSet<&str> = published.iter().map(|known| known.message.as_str()).collect();
        for finding in findings.iter_mut().filter(|finding| is_candidate(finding)) {
            if known.contains(finding.message.as_str()) {
                finding.severity = Severity::Warning;
            }
        }
    }
    findings
}
