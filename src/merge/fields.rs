//! The three-way decision, and the fields it is made about.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::manifest::{Text, Timestamp, Value, decode, same_tokens};

/// Whose value a merge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Taken {
    Ours,
    Theirs,
    /// Ours, since both sides changed it differently.
    Disputed,
}

/// Whose value to take, by meaning; a field that is left out says the same as its default.
pub(super) fn three_way(
    base: Option<&str>,
    ours: Option<&str>,
    theirs: Option<&str>,
    default: Option<&Value<'_>>,
) -> Taken {
    let same = |one: Option<&str>, two: Option<&str>| match (one, two) {
        (Some(one), Some(two)) => same_tokens(one, two) || Value::of(one) == Value::of(two),
        (None, None) => true,
        (Some(there), None) | (None, Some(there)) => {
            default.is_some_and(|default| *default == Value::of(there))
        }
    };
    if same(ours, theirs) || same(base, theirs) {
        Taken::Ours
    } else if same(base, ours) {
        Taken::Theirs
    } else {
        Taken::Disputed
    }
}

/// Whose time is the later one; what is no time is earlier than any that is.
pub(super) fn later(ours: Option<&str>, theirs: Option<&str>) -> Taken {
    let rank = |text: Option<&str>| {
        let text = text.map(|text| decode(text).into_owned());
        (text.as_deref().and_then(Timestamp::parse), text)
    };
    if rank(ours) < rank(theirs) { Taken::Theirs } else { Taken::Ours }
}

/// The fields of a document or a model, by name.
pub(super) struct Fields<'m> {
    names: Vec<Cow<'m, str>>,
    parts: HashMap<Cow<'m, str>, (&'m Text, Option<&'m Text>)>,
}

impl<'m> Fields<'m> {
    pub(super) fn new(parts: impl Iterator<Item = (&'m Text, Option<&'m Text>)>) -> Self {
        let mut fields = Self { names: Vec::new(), parts: HashMap::new() };
        for (key, value) in parts {
            let name = decode(key);
            fields.names.push(name.clone());
            fields.parts.insert(name, (key, value));
        }
        fields
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.names.iter().map(|name| &**name).collect()
    }

    pub(super) fn key(&self, name: &str) -> Option<&'m Text> {
        self.parts.get(name).map(|(key, _)| *key)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'m Text> {
        self.parts.get(name).and_then(|(_, value)| *value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'m str> {
        self.get(name).map(|text| &**text)
    }
}
