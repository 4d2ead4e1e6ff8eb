//! Finding what belongs together in two lists.

use std::borrow::Cow;
use std::collections::HashMap;

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

/// The events that have no equal among the others; one that stands twice needs two.
pub(crate) fn unmatched<'e>(events: &[&'e str], others: &[&str]) -> Vec<&'e str> {
    // Nearly always one history begins with the other, letter by letter.
    let same = events.iter().zip(others).take_while(|(one, two)| one == two).count();
    let mut partners: HashMap<[String; 3], Vec<Value<'_>>> = HashMap::new();
    if same < events.len() {
        for other in &others[same..] {
            let value = Value::of(other);
            partners.entry(occasion(&value)).or_default().push(value);
        }
    }
    let alone = events[same..].iter().copied().filter(move |event| {
        let value = Value::of(event);
        let Some(candidates) = partners.get_mut(&occasion(&value)) else { return true };
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

/// What hardly two events of a model have in common.
fn occasion(event: &Value<'_>) -> [String; 3] {
    ["at", "version", "to"]
        .map(|field| event.get(field).and_then(Value::as_str).unwrap_or_default().to_owned())
}
