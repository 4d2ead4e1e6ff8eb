//! Strings: decoding and encoding escapes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Decodes a string in quotes.
///
/// A lone surrogate stays in the result as its escape (`\udce9`). Python writes one for a file
/// name that is not text; a `str` cannot contain it, and a replacement character would hide it.
///
/// ```
/// use json_document::decode;
///
/// assert_eq!(decode(r#""caf\u00e9""#), "café");
/// assert_eq!(decode(r#""caf\udce9""#), "caf\\udce9");
/// ```
pub fn decode(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let Some(first) = inner.find('\\') else { return Cow::Borrowed(inner) };
    let mut decoded = String::with_capacity(inner.len());
    decoded.push_str(&inner[..first]);
    let mut rest = &inner[first..];
    while let Some(position) = rest.find('\\') {
        decoded.push_str(&rest[..position]);
        rest = unescape(&rest[position..], &mut decoded);
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Returns the offset of the first lone surrogate in a string in quotes.
///
/// ```
/// use json_document::lone_surrogate;
///
/// assert_eq!(lone_surrogate(r#""caf\udce9""#), Some(4));
/// assert_eq!(lone_surrogate(r#""\ud83d\ude00""#), None);
/// ```
pub fn lone_surrogate(quoted: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = quoted.get(at..)?.find('\\') {
        at += found;
        let rest = &quoted[at..];
        at += match code_unit(rest) {
            None => 2,
            Some(0xd800..=0xdbff) if is_low(code_unit(&rest[6..])) => 12,
            Some(0xd800..=0xdfff) => return Some(at),
            Some(_) => 6,
        };
    }
    None
}

fn unescape<'t>(text: &'t str, decoded: &mut String) -> &'t str {
    if let Some(unit) = code_unit(text) {
        let low = code_unit(&text[6..]);
        if (0xd800..=0xdbff).contains(&unit)
            && let Some(low) = low.filter(|_| is_low(low))
        {
            let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            decoded.extend(char::from_u32(code));
            return &text[12..];
        }
        match char::from_u32(unit) {
            Some(character) => decoded.push(character),
            None => decoded.push_str(&text[..6]),
        }
        return &text[6..];
    }
    decoded.push(match text.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(&other) => char::from(other),
        None => '\\',
    });
    text.get(2..).unwrap_or_default()
}

/// Returns the code unit of a `\uXXXX` at the start of a text.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn is_low(unit: Option<u32>) -> bool {
    unit.is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit))
}

/// Encodes a string in quotes as Python does: with `ascii`, everything outside printable ASCII is
/// escaped; without it, only what JSON requires.
///
/// ```
/// use json_document::encode;
///
/// assert_eq!(encode("café\n", true), r#""caf\u00e9\n""#);
/// assert_eq!(encode("café\n", false), r#""café\n""#);
/// ```
pub fn encode(text: &str, ascii: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ' '..='~' => quoted.push(character),
            '\u{7f}'.. if !ascii => quoted.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_python_does() {
        let text = "a\"\\\n\t\u{8}\u{c}\r\u{1}\u{7f}é😀/";
        assert_eq!(encode(text, true), r#""a\"\\\n\t\b\f\r\u0001\u007f\u00e9\ud83d\ude00/""#);
        assert_eq!(encode(text, false), "\"a\\\"\\\\\\n\\t\\b\\f\\r\\u0001\u{7f}é😀/\"");
    }

    #[test]
    fn decoding_undoes_encoding() {
        for text in ["", "plain", "\\", "a\"b\\c\u{0}\u{7f}\u{ffff}😀é\\u0041"] {
            assert_eq!(decode(&encode(text, true)), text);
            assert_eq!(decode(&encode(text, false)), text);
        }
    }

    #[test]
    fn a_lone_surrogate_stays_an_escape() {
        assert_eq!(decode(r#""caf\udce9.bin""#), "caf\\udce9.bin");
        assert_eq!(lone_surrogate(r#""caf\udce9.bin""#), Some(4));
        assert_eq!(lone_surrogate(r#""\ud83d\ude00 \\ud800 \n""#), None);
        assert_eq!(lone_surrogate(r#""\ud83d""#), Some(1));
        assert_eq!(lone_surrogate(r#""\ud83d\u0041""#), Some(1));
    }
}
