//! The values that new content may have. `register` refuses others, and a check reports those that
//! another tool wrote.

use super::timestamp::Timestamp;
use crate::error::{Error, Result};

/// Names with a meaning of their own after `@`.
pub(crate) const RESERVED_ALIASES: [&str; 4] = ["dev", "staging", "prod", "latest"];

/// Makes sure that a name can be used: of a model, a version, a run, a tag or an alias.
pub(super) fn name(field: &'static str, text: &str) -> Result<()> {
    require(field, text, problem_of_name(field, text))
}

/// Makes sure that an alias can be used.
pub(super) fn alias(text: &str) -> Result<()> {
    require("alias", text, problem_of_alias(text))
}

/// Makes sure that a training date can be compared with others.
pub(super) fn date(field: &'static str, text: Option<&str>) -> Result<()> {
    text.map_or(Ok(()), |text| require(field, text, problem_of_date(text)))
}

/// Makes sure that an artifact path is one.
pub(super) fn artifact_path(text: &str) -> Result<()> {
    require("artifact path", text, problem_of_path(text))
}

fn require(field: &'static str, text: &str, problem: Option<&'static str>) -> Result<()> {
    problem.map_or(Ok(()), |problem| Err(Error::Invalid { field, value: text.to_owned(), problem }))
}

/// Returns why a text cannot be a name. `field` is what it names, such as `version`.
pub(crate) fn problem_of_name(field: &str, text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("is empty")
    } else if text.trim() != text {
        Some("starts or ends with whitespace")
    } else if text.contains(char::is_control) {
        Some("contains a control character")
    } else if text.starts_with('@') {
        Some("starts with `@`, which is reserved for @prod, @staging and @latest")
    } else if field == "version" && text == "none" {
        Some("is reserved for \"no version\"")
    } else {
        None
    }
}

/// Returns why a text cannot be an alias.
pub(crate) fn problem_of_alias(text: &str) -> Option<&'static str> {
    problem_of_name("alias", text).or_else(|| {
        if RESERVED_ALIASES.contains(&text) {
            Some("is reserved for a stage or for the newest version")
        } else if text.contains(char::is_whitespace) {
            Some("contains a space")
        } else {
            None
        }
    })
}

/// Returns why a text cannot be an artifact path.
pub(crate) fn problem_of_path(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is empty")
    } else if text.contains(char::is_control) {
        Some("contains a control character")
    } else {
        None
    }
}

/// Returns why a text cannot be a training date. Free text could not be compared with a date.
pub(crate) fn problem_of_date(text: &str) -> Option<&'static str> {
    let problem = "is not a date such as 2025-12-01, or a timestamp";
    Timestamp::parse_date(text).is_none().then_some(problem)
}
