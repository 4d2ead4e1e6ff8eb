//! Reads times, and reports values that `register` would refuse.

use super::finding::{Finding, Severity, Subject};
use crate::manifest::{Flaw, Timestamp, Value};

pub(super) fn time(value: &Value<'_>) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// Reports a flaw of a value. `what` is the start of the message.
pub(super) fn flawed(
    subject: Subject<'_>,
    field: Option<&str>,
    what: &str,
    flaw: Option<Flaw>,
) -> Option<Finding> {
    let flaw = flaw?;
    let severity = match flaw {
        Flaw::Unusable(_) => Severity::Problem,
        // The manifest is usable, and a published version cannot be changed.
        Flaw::Deceptive(_) | Flaw::Secret(_) => Severity::Warning,
    };
    let finding = subject.finding(field.map(Into::into), format!("{what} {}", flaw.problem()));
    Some(Finding { severity, ..finding })
}
