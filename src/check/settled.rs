//! Separates new problems with values from those that are published already.

use std::collections::HashSet;

use super::document::check;
use super::finding::{Finding, Severity};
use crate::diff::IMMUTABLE;
use crate::manifest::Manifest;

/// Lowers problems with names and values that are published already to warnings: a pull request
/// must not change them.
pub fn lower_published(mut findings: Vec<Finding>, published: &Manifest) -> Vec<Finding> {
    let is_immutable = |field: &str| field == "version" || IMMUTABLE.contains(&field);
    let is_candidate = |finding: &Finding| {
        finding.severity == Severity::Problem
            && finding.model.is_some()
            && finding.field.as_deref().is_none_or(is_immutable)
    };
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
