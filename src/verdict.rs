//! `Verdict`: whether a version meets one requirement of a gate.

use json_document::Value;
use serde::Serialize;

/// The result of judging a version by one requirement.
///
/// It serializes numbers with the digits of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Verdict {
    /// Text of the rule, or `from STAGE`.
    pub rule: String,
    /// Value of the version: a number or a string, or `null` if it cannot be compared.
    pub value: Value<'static>,
    /// Value it was compared with: a number or a string, or `null` if there is none.
    pub limit: Value<'static>,
    /// Whether the requirement is met.
    pub met: bool,
    /// Explanation that the values alone do not give, such as that a metric is missing.
    pub note: Option<String>,
}

impl Verdict {
    /// Text of the requirement that a reason is given.
    pub const REASON: &'static str = "a reason is given";

    /// Returns the rules of the verdicts that are not met.
    pub fn unmet(verdicts: &[Self]) -> Vec<String> {
        verdicts.iter().filter(|verdict| !verdict.met).map(|v| v.rule.clone()).collect()
    }
}
