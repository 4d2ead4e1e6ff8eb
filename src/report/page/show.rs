//! Small pieces of a page: text, numbers, times, stages and links from a manifest.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::manifest::{Number, Timestamp, Value};
use crate::report::text::{escaped, rounded};

/// The longest text on the page. The data block has all of it.
const LONGEST: usize = 4_000;

/// Text from a manifest. Characters that cannot be seen are escaped here; maud escapes the markup. A
/// text that nobody would read to the end is cut.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return escaped(text);
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{}… ({} characters)", escaped(&start), text.chars().count()).into()
}

/// The name of a model or a version, which may be empty in the manifest.
pub(super) fn name(text: &str) -> Cow<'_, str> {
    if text.trim().is_empty() { "(no name)".into() } else { shown(text) }
}

/// A text for an attribute that nobody sees, if all of it can be seen.
pub(super) fn plain(text: &str) -> Option<&str> {
    (shown(text) == text).then_some(text)
}

/// A number, rounded.
pub(super) fn number(number: &Number<'_>) -> String {
    rounded(number)
}

/// A time to the minute, in UTC; text that is not a time stays as it is.
pub(super) fn moment(text: &str) -> String {
    match Timestamp::parse(text) {
        Some(time) => minute(time),
        None => shown(text).into_owned(),
    }
}

/// A time to the minute, in UTC.
pub(super) fn minute(time: Timestamp) -> String {
    let mut text = time.readable();
    text.truncate("2025-12-06 06:00".len());
    text
}

/// A time as an element that programs can read.
pub(super) fn time(text: &str) -> Markup {
    html! {
        @if let Some(time) = Timestamp::parse(text) {
            time datetime=(time.readable().replace(' ', "T") + "Z") { (minute(time)) }
        } @else {
            (shown(text))
        }
    }
}

/// The length of a time in its two largest units.
pub(super) fn duration(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.seconds_since(from).max(0) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, hours) if days < 10 => format!("{days} d {hours} h"),
        (days, _) => format!("{days} d"),
    }
}

/// A path, as a link if it is an HTTP address. No other address is a link: it could run a script.
pub(super) fn location(path: &str) -> Markup {
    let lower = path.to_ascii_lowercase();
    let address = lower.starts_with("https://") || lower.starts_with("http://");
    if address && plain(path).is_some() && !path.contains(char::is_whitespace) {
        html! { a href=(path) rel="noreferrer" { (shown(path)) } }
    } else {
        html! { (shown(path)) }
    }
}

/// A value of any kind; a string without quotes.
pub(super) fn value(value: &Value<'_>) -> Markup {
    match value {
        Value::Null => html! {},
        Value::String(text) => html! { (shown(text)) },
        Value::Number(value) => html! { (number(value)) },
        other => html! { code { (shown(&other.to_string())) } },
    }
}

/// A count with its noun.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
