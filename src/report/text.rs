//! Text and numbers from a manifest as people see them, on a terminal and on a page.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::hidden;
use crate::manifest::Number;

/// Returns text in which every character can be seen: control characters, invisible ones, and those
/// that change the direction of writing, are replaced by escapes.
///
/// Joiners and variation selectors stay in emoji and in scripts that need them. Text that a CI system takes
/// for a command in a log is escaped, too.
///
/// ```
/// use model_registry::report::text::escaped;
///
/// assert_eq!(escaped("plain é"), "plain é");
/// assert_eq!(escaped("a\u{1b}[31m\n\u{202e}"), "a\\u{1b}[31m\\n\\u{202e}");
/// assert_eq!(escaped("prod\u{200b}"), "prod\\u{200b}");
/// assert_eq!(escaped("a ##[error]b"), "a \\u{23}#[error]b");
/// ```
pub fn escaped(text: &str) -> Cow<'_, str> {
    let command = text.trim_start();
    // The start of a line, as GitHub reads it.
    let command = command.starts_with("::").then(|| text.len() - command.len());
    if !text.contains(is_hidden) && !text.contains("##") && command.is_none() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut before = ' ';
    for (index, character) in text.char_indices() {
        if is_hidden(character) && !joins(before, character) {
            shown.extend(character.escape_default());
        } else if command == Some(index) || is_command(&text[index..]) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
        before = character;
    }
    Cow::Owned(shown)
}

/// Returns whether a text starts with a command to a CI system, which can be anywhere in a line: `##[error]`
/// on GitHub, `##vso[task.setvariable]` on Azure.
fn is_command(text: &str) -> bool {
    let name = text.strip_prefix("##").unwrap_or_default();
    name.trim_start_matches(|character: char| character.is_ascii_alphabetic()).starts_with('[')
}

/// Returns JSON with the same text escaped, which means the same afterwards. Line breaks stay: a string
/// contains none, they are layout.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    let harmful = |character| is_hidden(character) && character != '\n';
    if !json.contains(harmful) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for (index, character) in json.char_indices() {
        if !harmful(character) && !is_command(&json[index..]) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    Cow::Owned(shown)
}

/// Returns whether a character cannot be seen, or changes the direction of writing: control
/// characters, Unicode's format characters, tags and variation selectors.
pub fn is_hidden(character: char) -> bool {
    hidden::is_hidden(character)
}

/// Returns whether a character joins what is before it, or keeps it apart, so that it shows: the
/// joiners in emoji and in the scripts from Arabic to Sinhala, and the selector of emoji.
fn joins(before: char, character: char) -> bool {
    let after_emoji =
        matches!(before, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}');
    match character {
        '\u{200c}' => matches!(before, '\u{600}'..='\u{dff}'),
        '\u{200d}' => after_emoji || matches!(before, '\u{600}'..='\u{dff}'),
        '\u{fe0f}' => after_emoji && before != '\u{fe0f}',
        _ => false,
    }
}

/// Returns a number for people: an integer with all its digits, any other number with four
/// decimals, or with as many as a small number needs to show four digits.
pub fn rounded(number: &Number<'_>) -> String {
    let value = number.as_f64();
    let size = value.abs();
    if number.is_integer() || !value.is_finite() || size >= 1e15 || (size > 0.0 && size < 1e-12) {
        return number.text().to_owned();
    }
    if size == 0.0 || size >= 0.001 {
        return format!("{value:.4}");
    }
    let mut decimals = 4;
    while size * 10_f64.powi(decimals) < 1000.0 {
        decimals += 1;
    }
    let digits = format!("{value:.*}", usize::try_from(decimals).unwrap_or(4));
    digits.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_small_ones_keep_their_digits() {
        for (digits, shown) in [
            ("6079", "6079"),
            ("18446744073709551616", "18446744073709551616"),
            ("0.05705236893297605", "0.0571"),
            ("-3.54321", "-3.5432"),
            ("1.0", "1.0000"),
            ("0.0", "0.0000"),
            ("0.00012345678", "0.0001235"),
            ("0.0005", "0.0005"),
            ("1e-07", "0.0000001"),
            ("5e-324", "5e-324"),
            ("1e+16", "1e+16"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(rounded(&Number::parse(digits).expect("a number")), shown);
        }
    }

    #[test]
    fn invisible_characters_are_shown_and_joiners_stay_where_they_join() {
        assert_eq!(
            escaped("v1\u{200b}\u{ad}\u{feff}\u{e0041}"),
            r"v1\u{200b}\u{ad}\u{feff}\u{e0041}"
        );
        assert_eq!(escaped("v\u{200d}1 \u{200c}"), r"v\u{200d}1 \u{200c}");
        assert_eq!(escaped("é\u{200d}模\u{fe0f}"), r"é\u{200d}模\u{fe0f}");
        for text in ["👩\u{200d}🔬", "❤\u{fe0f}\u{200d}🔥", "می\u{200c}خواهم"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn commands_to_a_ci_system_are_escaped() {
        for (text, shown) in [
            ("a ##[error]b", r"a \u{23}#[error]b"),
            ("###[group]", r"#\u{23}#[group]"),
            ("##vso[task.complete]", r"\u{23}#vso[task.complete]"),
            ("::error::a", r"\u{3a}:error::a"),
            (" \t::error::a", r" \t\u{3a}:error::a"),
            ("a::b", "a::b"),
            ("## a [b]", "## a [b]"),
            ("#[a]", "#[a]"),
        ] {
            assert_eq!(escaped(text), shown, "{text}");
        }
        let json = r###"{"a": "##[error]", "b": "##"}"###;
        assert_eq!(json_escaped(json), r###"{"a": "\u0023#[error]", "b": "##"}"###);
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{1b}\n\u{7f}\u{85}\u{202e}\u{ad}\u{e0041}\"é";
        let json = serde_json::to_string_pretty(&[text]).expect("JSON");
        let escaped = json_escaped(&json);
        assert_eq!(
            escaped,
            "[\n  \"a\\u001b\\n\\u007f\\u0085\\u202e\\u00ad\\udb40\\udc41\\\"é\"\n]"
        );
        assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).expect("JSON"), [text]);
    }
}
