//! Changing one piece of a text and leaving the rest as it stands.

use super::cursor::{Cursor, places};
use super::write::Style;
use super::{decode, encode};

/// An object's text with one member's value replaced, or with the member added at the end.
///
/// A new member copies the blanks in front of the last one, so it looks like its neighbours.
pub(crate) fn set_member(
    object: &str,
    key: &str,
    value: &str,
    style: &Style,
    depth: usize,
) -> String {
    let mut last = None;
    for (name, place) in places(object) {
        if decode(&object[name.clone()]) == key {
            return [&object[..place.start], value, &object[place.end..]].concat();
        }
        last = Some((name, place));
    }
    let member = encode(key, style.ascii) + style.colon + value;
    match last {
        Some((name, place)) => {
            let gap = blanks_before(object, name.start);
            [&object[..place.end], ",", gap, &member, &object[place.end..]].concat()
        }
        None => ["{", &style.line(depth + 1), &member, &style.line(depth), "}"].concat(),
    }
}

/// An array's text with one more element at its end.
pub(crate) fn append_element(array: &str, element: &str, style: &Style, depth: usize) -> String {
    let mut cursor = Cursor::new(array);
    let mut last = None;
    let _ = cursor.array(|cursor| {
        last = Some(cursor.skip()?);
        Ok(())
    });
    match last {
        Some(place) => {
            let gap = blanks_before(array, place.start);
            [&array[..place.end], ",", gap, element, &array[place.end..]].concat()
        }
        None => ["[", &style.line(depth + 1), element, &style.line(depth), "]"].concat(),
    }
}

/// An object's text without one of its members, if it has it.
pub(crate) fn remove_member(object: &str, key: &str) -> String {
    let all: Vec<_> = places(object).collect();
    let Some(at) = all.iter().position(|(name, _)| decode(&object[name.clone()]) == key) else {
        return object.to_owned();
    };
    // The comma that goes with it stands before the member, or behind it if it is the first.
    let (start, end) = match (at, all.get(at + 1)) {
        (0, None) => return "{}".to_owned(),
        (0, Some((next, _))) => (all[0].0.start, next.start),
        _ => (all[at - 1].1.end, all[at].1.end),
    };
    [&object[..start], &object[end..]].concat()
}

fn blanks_before(text: &str, at: usize) -> &str {
    let before = &text[..at];
    &before[before.trim_end_matches([' ', '\n', '\r', '\t']).len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_touches_only_its_value() {
        let style = Style::default();
        let object = "{\r\n\t\"a\" :1e-07,\r\n\t\"b\": {\"a\": 0}\r\n}";
        assert_eq!(
            set_member(object, "a", "null", &style, 0),
            "{\r\n\t\"a\" :null,\r\n\t\"b\": {\"a\": 0}\r\n}"
        );
        assert_eq!(
            set_member(object, "c", "true", &style, 0),
            "{\r\n\t\"a\" :1e-07,\r\n\t\"b\": {\"a\": 0},\r\n\t\"c\": true\r\n}"
        );
        assert_eq!(set_member("{}", "é", "1", &style, 1), "{\n    \"\\u00e9\": 1\n  }");
    }

    #[test]
    fn an_element_is_added_as_its_neighbours_stand() {
        let style = Style::default();
        assert_eq!(append_element("[]", "1", &style, 0), "[\n  1\n]");
        assert_eq!(append_element("[\n  1\n]", "2", &style, 0), "[\n  1,\n  2\n]");
        assert_eq!(append_element("[1]", "2", &style, 0), "[1,2]");
    }

    #[test]
    fn a_removed_member_takes_its_comma_along() {
        let object = "{\n  \"a\": 1,\n  \"\\u0062\": [2, 3],\n  \"c\": 4\n}";
        assert_eq!(remove_member(object, "a"), "{\n  \"\\u0062\": [2, 3],\n  \"c\": 4\n}");
        assert_eq!(remove_member(object, "b"), "{\n  \"a\": 1,\n  \"c\": 4\n}");
        assert_eq!(remove_member(object, "c"), "{\n  \"a\": 1,\n  \"\\u0062\": [2, 3]\n}");
        assert_eq!(remove_member(object, "d"), object);
        assert_eq!(remove_member("{ \"a\": 1 }", "a"), "{}");
    }
}
