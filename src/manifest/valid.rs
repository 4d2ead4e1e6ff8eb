//! Finds values that new content must not have. Changes refuse them, and a check reports those that
//! another tool wrote.

use super::timestamp::Timestamp;
use crate::error::{Error, Result};
use crate::hidden::{is_hidden, is_odd_space};
use crate::secret;

/// Names that are reserved after `@`.
const RESERVED: [&str; 4] = ["dev", "staging", "prod", "latest"];

/// Why a value cannot be used, as the end of a sentence about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The value would break something, such as references to it.
    Unusable(&'static str),
    /// The value looks like another one.
    Deceptive(&'static str),
    /// The value contains a secret, which no message may repeat.
    Secret(&'static str),
}

impl Flaw {
    /// Returns the problem.
    pub(crate) const fn problem(self) -> &'static str {
        match self {
            Self::Unusable(problem) | Self::Deceptive(problem) | Self::Secret(problem) => problem,
        }
    }
}

/// Makes sure that a name can be used: of a model, a version, a run, a tag or an alias.
pub(super) fn name(field: &'static str, text: &str) -> Result<()> {
    require(field, text, flaw_of_name(field, text))
}

/// Makes sure that an alias can be used.
pub(super) fn alias(text: &str) -> Result<()> {
    require("alias", text, flaw_of_alias(text))
}

/// Makes sure that a training date can be compared with others.
pub(super) fn date(field: &'static str, text: Option<&str>) -> Result<()> {
    text.map_or(Ok(()), |text| require(field, text, flaw_of_date(text)))
}

/// Makes sure that a training window does not end before it starts.
pub(super) fn window(start: Option<&str>, end: Option<&str>) -> Result<()> {
    if let (Some(start), Some(end)) = (start, end)
        && Timestamp::parse_date(end) < Timestamp::parse_date(start)
    {
        let problem = "is before the training start";
        return Err(Error::Invalid { field: "training end", value: end.to_owned(), problem });
    }
    Ok(())
}

/// Makes sure that an artifact path can be used. Hidden characters are accepted, since a file can
/// have such a name. Secrets are not.
pub(super) fn artifact_path(text: &str) -> Result<()> {
    let flaw = flaw_of_path(text).filter(|flaw| !matches!(flaw, Flaw::Deceptive(_)));
    require("artifact path", text, flaw)
}

fn require(field: &'static str, text: &str, flaw: Option<Flaw>) -> Result<()> {
    let Some(flaw) = flaw else { return Ok(()) };
    let value = secret::redact(text).into_owned();
    Err(Error::Invalid { field, value, problem: flaw.problem() })
}

/// Returns why a text should not be a name. `field` is what it names, such as `version`.
pub(crate) fn flaw_of_name(field: &str, text: &str) -> Option<Flaw> {
    let unusable = if text.is_empty() {
        "is empty"
    } else if text.trim() != text {
        "starts or ends with whitespace"
    } else if text.contains(char::is_control) {
        "contains a control character"
    } else if text.starts_with('@') {
        "starts with `@`, which is reserved for @prod, @staging and @latest"
    } else if field == "version" && text == "none" {
        "is reserved for \"no version\""
    } else {
        return deceptive(text);
    };
    Some(Flaw::Unusable(unusable))
}

/// Returns why a text should not be an alias.
pub(crate) fn flaw_of_alias(text: &str) -> Option<Flaw> {
    let unusable = if RESERVED.contains(&text) {
        "is reserved"
    } else if text.contains(char::is_whitespace) {
        "contains a space"
    } else {
        return flaw_of_name("alias", text);
    };
    Some(Flaw::Unusable(unusable))
}

/// Returns why a text should not be an artifact path.
pub(crate) fn flaw_of_path(text: &str) -> Option<Flaw> {
    let unusable = if text.trim().is_empty() {
        "is empty"
    } else if text.contains(char::is_control) {
        "contains a control character"
    } else if secret::is_in(text) {
        return Some(Flaw::Secret("contains a secret that every reader of the manifest could use"));
    } else {
        return deceptive(text);
    };
    Some(Flaw::Unusable(unusable))
}

/// Returns why a text should not be the name of a metric. Registration accepts any name, so only a
/// check uses this.
pub(crate) fn flaw_of_metric(text: &str) -> Option<Flaw> {
    deceptive(text)
}

/// Returns why a text cannot be a training date. Free text could not be compared with a date.
pub(crate) fn flaw_of_date(text: &str) -> Option<Flaw> {
    let problem = "is not a date such as 2025-12-01, or a timestamp";
    Timestamp::parse_date(text).is_none().then_some(Flaw::Unusable(problem))
}

/// Returns why a text may look like another one.
fn deceptive(text: &str) -> Option<Flaw> {
    if text.contains(is_hidden) {
        Some(Flaw::Deceptive(
            "contains a character that cannot be seen or that changes the direction of text",
        ))
    } else if text.contains(is_odd_space) {
        Some(Flaw::Deceptive("contains a space that is not the usual one"))
    } else {
        None
    }
}
