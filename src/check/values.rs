//! Reads times, and reports values that `register` would refuse.

use std::borrow::Cow;

use super::finding::{Finding, Severity, Subject};
use crate::manifest::{Flaw, Timestamp, Value, valid};

pub(super) fn time(value: &Value<'_>) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// Reports the flaws of the names of tags.
pub(super) fn check_tags<'t>(
    subject: Subject<'_>,
    names: impl Iterator<Item = Cow<'t, str>>,
    findings: &mut Vec<Finding>,
) {
    for name in names {
        let (field, what) = (format!("tags.{name}"), format!("tag `{name}` of {subject}"));
        findings.extend(flawed(subject, Some(&field), &what, valid::flaw_of_name("tag", &name)));
    }
}

/// Reports a flaw of a value, if it has one. `what` is the start of the message.
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
