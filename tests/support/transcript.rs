//! Compares the output on a page with the output of a command.
//!
//! `[..]` in a line matches any text, a line `...` matches any lines, and a time on 2026-01-05, in
//! any form of [`FORMS`], matches a time since the start of the test.

use std::time::SystemTime;

use model_registry::Timestamp;

const DAY: &str = "20260105";

/// Time that pages show for the current time.
const SHOWN: &str = "20260105063000000000";

/// Forms of times; `d` is a digit.
const FORMS: [&str; 4] = [
    "dddd-dd-ddTdd:dd:dd.dddddd+00:00",
    "dddd-dd-ddTdd:dd:dd",
    "dddd-dd-dd dd:dd:dd",
    "ddddddddTddddddZ",
];

/// The second in which a test started, as fourteen digits.
pub(crate) struct Since(String);

impl Since {
    pub(crate) fn now() -> Self {
        let mut digits = digits(&Timestamp::from(SystemTime::now()).to_string());
        digits.truncate(14);
        Self(digits)
    }

    /// Returns the form of the time that a text starts with, if it is since the start of the test.
    fn form(&self, text: &str) -> Option<&'static str> {
        let form = FORMS.into_iter().find(|form| has_form(text, form))?;
        let time = digits(&text[..form.len()]);
        (time.as_str() >= self.0.as_str()).then_some(form)
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn has_form(text: &str, form: &str) -> bool {
    text.len() >= form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            form => byte == form,
        })
}

/// Returns whether the lines of a page match the output.
pub(crate) fn fits(shown: &[String], found: &[&str], since: &Since) -> bool {
    match shown {
        [] => found.is_empty(),
        [first, rest @ ..] if first == "..." => {
            (0..=found.len()).any(|start| fits(rest, &found[start..], since))
        }
        [first, rest @ ..] => found.split_first().is_some_and(|(line, others)| {
            line_fits(first, line, since) && fits(rest, others, since)
        }),
    }
}

fn line_fits(shown: &str, found: &str, since: &Since) -> bool {
    if let Some(rest) = shown.strip_prefix("[..]") {
        let mut starts = found.char_indices().map(|(start, _)| start).chain([found.len()]);
        return starts.any(|start| line_fits(rest, &found[start..], since));
    }
    let form = since
        .form(found)
        .filter(|form| has_form(shown, form) && digits(&shown[..form.len()]).starts_with(DAY));
    if let Some(form) = form {
        return line_fits(&shown[form.len()..], &found[form.len()..], since);
    }
    match (shown.chars().next(), found.chars().next()) {
        (Some(one), Some(other)) if one == other => {
            line_fits(&shown[one.len_utf8()..], &found[one.len_utf8()..], since)
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Returns the lines of a page for this output. Lines that match are kept, with their `[..]`.
pub(crate) fn updated(shown: &[String], found: &[&str], since: &Since) -> Vec<String> {
    if let Some(dots) = shown.iter().position(|line| line == "...") {
        let (before, after) = (&shown[..dots], &shown[dots + 1..]);
        let head = before.len().min(found.len());
        let tail = after.len().min(found.len() - head);
        let mut lines = updated(before, &found[..head], since);
        lines.push("...".to_owned());
        lines.extend(updated(after, &found[found.len() - tail..], since));
        return lines;
    }
    let mut next = 0;
    let line = |line: &&str| {
        let kept = shown[next..].iter().position(|shown| line_fits(shown, line, since));
        match kept {
            Some(index) => {
                next += index + 1;
                shown[next - 1].clone()
            }
            None => with_shown_times(line, since),
        }
    };
    found.iter().map(line).collect()
}

fn with_shown_times(line: &str, since: &Since) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        if let Some(form) = since.form(rest) {
            let mut digits = SHOWN.chars();
            text.extend(
                form.chars().map(|c| if c == 'd' { digits.next().unwrap_or('0') } else { c }),
            );
            rest = &rest[form.len()..];
        } else {
            text.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    text
}
