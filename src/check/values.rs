//! Reads times and days.

use std::borrow::Cow;

use json_document::Raw;

use crate::manifest::{Timestamp, Value};

pub(super) fn time(value: &Value<'_>) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// Returns a training date that sorts like its text. Other forms are free text.
pub(super) fn day(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let is_day = |day: &str| {
        let start = || Timestamp::parse(&format!("{day}T00:00:00"));
        Timestamp::is_date(day) || (day.len() == "2025-01-31".len() && start().is_some())
    };
    raw.string().filter(|day| is_day(day))
}
