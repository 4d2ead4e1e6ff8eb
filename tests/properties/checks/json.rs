//! A second opinion on JSON: the grammar as serde_json knows it, and the layouts that Python
//! writes, both made without any code of the library.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The pieces of a text: a string with its quotes, a run of blanks, a bracket, a comma, a colon,
/// or a run of anything else. Together they are the text.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    const BLANKS: [char; 4] = [' ', '\n', '\r', '\t'];
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = match first {
            '"' => string(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ if BLANKS.contains(&first) => rest.len() - rest.trim_start_matches(BLANKS).len(),
            _ => rest.find(|c| "\"{}[],:".contains(c) || BLANKS.contains(&c)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// The length of the string that a text begins with, or of the text if it is not closed.
fn string(text: &str) -> usize {
    let mut escaped = true; // The quote that opens the string does not close it.
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 1)
}

/// The text with `null` in the place of `NaN`, `Infinity` and `-Infinity`.
pub(super) fn strict(text: &str) -> String {
    let strict = |token| match token {
        "NaN" | "Infinity" | "-Infinity" => "null",
        other => other,
    };
    tokens(text).map(strict).collect()
}

/// Returns whether a strict text follows the grammar of JSON, at any depth.
pub(super) fn is_grammatical(strict: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(strict).is_ok()
}

/// How many brackets are open at once.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for token in tokens(text) {
        match token {
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A text that is JSON as Python lays it out with this indent, or on one line.
pub(super) fn laid_out(text: &str, indent: Option<&str>) -> String {
    let mut result = String::with_capacity(2 * text.len());
    let mut depth = 0;
    let mut before = "";
    let line = |result: &mut String, depth: usize| {
        if let Some(indent) = indent {
            result.push('\n');
            result.push_str(&indent.repeat(depth));
        }
    };
    for token in tokens(text).filter(|token| !token.trim_ascii().is_empty()) {
        let closes = matches!(token, "}" | "]");
        if closes {
            depth -= 1;
        }
        let opened = matches!(before, "{" | "[");
        match before {
            "{" | "[" if !closes => line(&mut result, depth),
            "," if indent.is_none() => result.push(' '),
            "," => line(&mut result, depth),
            ":" => result.push(' '),
            _ if closes && !opened => line(&mut result, depth),
            _ => {}
        }
        result.push_str(token);
        if matches!(token, "{" | "[") {
            depth += 1;
        }
        before = token;
    }
    result
}

/// Returns whether an object has a duplicate key; `None` if serde_json cannot read the text, as it
/// is nested too deep or has a number or a string that serde_json does not hold.
pub(super) fn has_duplicate_keys(strict: &str) -> Option<bool> {
    match serde_json::from_str::<Distinct>(strict) {
        Ok(Distinct) => Some(false),
        Err(error) if error.to_string().starts_with(TWICE) => Some(true),
        Err(_) => None,
    }
}

const TWICE: &str = "duplicate key";

/// JSON without duplicate keys.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut seen = HashSet::new();
        while let Some((key, _)) = members.next_entry::<String, Self>()? {
            if !seen.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(self)
    }
}
