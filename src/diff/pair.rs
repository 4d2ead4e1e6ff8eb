//! Finding what belongs together in two lists.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::manifest::{Text, Value, decode};

/// The values among the fields of a document or a model, by their names.
pub(super) fn values<'m>(
    parts: impl Iterator<Item = (&'m Text, Option<&'m Text>)>,
) -> Vec<(Cow<'m, str>, Value<'m>)> {
    parts.filter_map(|(key, value)| Some((decode(key), Value::of(value?)))).collect()
}

pub(super) type Named<'m, V> = Vec<(Cow<'m, str>, V)>;
pub(super) type Paired<'m, V> = Vec<(Cow<'m, str>, Option<V>, Option<V>)>;

/// What has the same name in both lists, in the order of the new one; then what is gone.
pub(super) fn paired<'m, V>(old: Named<'m, V>, new: Named<'m, V>) -> Paired<'m, V> {
    let mut rest: Vec<Option<(Cow<'m, str>, V)>> = old.into_iter().map(Some).collect();
    let mut place: HashMap<Cow<'m, str>, usize> = HashMap::with_capacity(rest.len());
    for (index, (name, _)) in rest.iter().flatten().enumerate() {
        place.insert(name.clone(), index);
    }
    let mut pairs = Vec::with_capacity(rest.len());
    for (name, value) in new {
        let before = place.get(&name).and_then(|&index| rest[index].take());
        pairs.push((name, before.map(|(_, value)| value), Some(value)));
    }
    pairs.extend(rest.into_iter().flatten().map(|(name, value)| (name, Some(value), None)));
    pairs
}

/// Returns the events that have no equal among the others; one that occurs twice needs two.
pub(crate) fn unmatched<'e>(events: &[&'e str], others: &[&str]) -> Vec<&'e str> {
    // Nearly always one history begins with the other, letter by letter.
    let same = events.iter().zip(others).take_while(|(one, two)| one == two).count();
    let hashes = RandomState::new();
    let mut partners: HashMap<u64, Vec<Value<'_>>> = HashMap::new();
    if same < events.len() {
        for other in &others[same..] {
            let value = Value::of(other);
            partners.entry(hash(&value, &hashes)).or_default().push(value);
        }
    }
    let alone = events[same..].iter().copied().filter(move |event| {
        let value = Value::of(event);
        let Some(candidates) = partners.get_mut(&hash(&value, &hashes)) else { return true };
        match candidates.iter().position(|candidate| *candidate == value) {
            Some(found) => {
                candidates.swap_remove(found);
                false
            }
            None => true,
        }
    });
    alone.collect()
}

/// Returns the same number for values that are equal, and hardly ever for others.
fn hash(value: &Value<'_>, hashes: &RandomState) -> u64 {
    match value {
        Value::Null => hashes.hash_one(0_u8),
        Value::Bool(value) => hashes.hash_one(value),
        // Equal numbers can have different digits. Adding zero turns -0.0 into 0.0.
        Value::Number(number) => hashes.hash_one((number.as_f64() + 0.0).to_bits()),
        Value::String(text) => hashes.hash_one(&**text),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|value| hash(value, hashes)).collect();
            hashes.hash_one(elements)
        }
        Value::Object(members) => {
            // The order of members has no meaning, so their hashes are added.
            let members = members.iter();
            let member = |(key, value): &(_, _)| hashes.hash_one((key, hash(value, hashes)));
            hashes.hash_one(members.map(member).fold(0, u64::wrapping_add))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_match_by_meaning() {
        let event =
            r#"{"at": "t", "version": "1", "n": [1.0, -0.0, null], "o": {"a": 1, "b": true}}"#;
        let same =
            r#"{"o": {"b": true, "a": 1e0}, "n": [1, 0, null], "version": "\u0031", "at": "t"}"#;
        let other = r#"{"o": {"b": true, "a": 2}, "n": [1, 0, null], "version": "1", "at": "t"}"#;
        assert_eq!(unmatched(&[event], &[other, same]), [""; 0]);
        assert_eq!(unmatched(&[event, event], &[other, same]), [event]);
        assert_eq!(unmatched(&[other, event], &[same]), [other]);
    }
}
