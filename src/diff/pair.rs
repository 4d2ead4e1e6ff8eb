//! Pairs the entries of two lists.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use json_document::{Member, Object, Raw, Value};

/// Returns the fields of a document or a model with their names.
pub(super) fn values<'m>(fields: &'m Object) -> Vec<(Cow<'m, str>, Value<'m>)> {
    let value = |member: &'m Member| Some((member.name(), member.value()?.raw().value()));
    fields.members().filter_map(value).collect()
}

pub(super) type Named<'m, V> = Vec<(Cow<'m, str>, V)>;
pub(super) type Paired<'m, V> = Vec<(Cow<'m, str>, Option<V>, Option<V>)>;

/// Pairs entries by name: those of the new list in its order, then those only in the old one.
pub(super) fn paired<'m, V>(old: Named<'m, V>, new: Named<'m, V>) -> Paired<'m, V> {
    let mut rest: Vec<Option<(Cow<'m, str>, V)>> = old.into_iter().map(Some).collect();
    let mut indexes: HashMap<Cow<'m, str>, usize> = HashMap::with_capacity(rest.len());
    for (index, (name, _)) in rest.iter().flatten().enumerate() {
        indexes.insert(name.clone(), index);
    }
    let mut pairs = Vec::with_capacity(rest.len());
    for (name, value) in new {
        let before = indexes.get(&name).and_then(|&index| rest[index].take());
        pairs.push((name, before.map(|(_, value)| value), Some(value)));
    }
    pairs.extend(rest.into_iter().flatten().map(|(name, value)| (name, Some(value), None)));
    pairs
}

/// Returns the events that have no equal among `others`. An event that occurs twice needs two
/// equals.
pub(crate) fn unmatched<'e>(events: &[Raw<'e>], others: &[Raw<'_>]) -> Vec<Raw<'e>> {
    // Nearly always, one history is a prefix of the other.
    let same = events.iter().zip(others).take_while(|(one, two)| one.text() == two.text()).count();
    let hasher = RandomState::new();
    let mut partners: HashMap<u64, Vec<Value<'_>>> = HashMap::new();
    if same < events.len() {
        for other in &others[same..] {
            let value = other.value();
            partners.entry(hasher.hash_one(&value)).or_default().push(value);
        }
    }
    let alone = events[same..].iter().copied().filter(move |event| {
        let value = event.value();
        let Some(candidates) = partners.get_mut(&hasher.hash_one(&value)) else { return true };
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
        let texts = |events: &[&'static str], others: &[&'static str]| -> Vec<&str> {
            let raw =
                |texts: &[&'static str]| texts.iter().copied().map(Raw::new).collect::<Vec<_>>();
            unmatched(&raw(events), &raw(others)).into_iter().map(Raw::text).collect()
        };
        assert_eq!(texts(&[event], &[other, same]), [""; 0]);
        assert_eq!(texts(&[event, event], &[other, same]), [event]);
        assert_eq!(texts(&[other, event], &[same]), [other]);
    }
}
