//! Merges the fields of a document or a model one by one.

use json_document::{Object, Raw, Text};

use super::order::merge_order;
use super::three_way::{Taken, three_way};
use super::{Dispute, Merger};

/// The merged value of a field.
pub(super) enum Choice {
    /// The value is merged elsewhere.
    Held,
    /// This text, or no value.
    Text(Option<Text>),
    /// Member by member where both sides changed it; a value that only one side changed is taken.
    Members,
    /// One side's value, with the kind of conflict if the sides differ.
    Side(Taken, Dispute),
}

/// The value of one field on each side.
pub(super) struct Sides<'m> {
    pub(super) base: Option<&'m Text>,
    pub(super) ours: Option<&'m Text>,
    pub(super) theirs: Option<&'m Text>,
}

impl<'m> Sides<'m> {
    /// Returns the texts of the base, ours and theirs.
    pub(super) fn raw(&self) -> [Option<Raw<'m>>; 3] {
        [self.base, self.ours, self.theirs].map(|text| text.map(Text::raw))
    }
}

impl Merger<'_> {
    /// Merges the fields of two objects, whose values have this depth. `choose` is called for every
    /// field that one of them has.
    pub(super) fn fields(
        &mut self,
        model: Option<&str>,
        depth: usize,
        [base, ours, theirs]: [&Object; 3],
        choose: impl Fn(&Self, &str, &Sides<'_>) -> Choice,
    ) -> Object {
        let names = |object: &Object| -> Vec<String> {
            object.members().map(|member| member.name().into_owned()).collect()
        };
        let (here, there) = (names(ours), names(theirs));
        let here: Vec<&str> = here.iter().map(String::as_str).collect();
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        let mut merged = Object::new();
        for name in merge_order(&here, &there, |name| name) {
            let key = match (ours.member(name), theirs.member(name)) {
                (Some(member), _) => member.key().clone(),
                (None, Some(member)) => self.adopt(member.key(), 0),
                (None, None) => continue,
            };
            let sides =
                Sides { base: base.get(name), ours: ours.get(name), theirs: theirs.get(name) };
            let text = match choose(self, name, &sides) {
                Choice::Held => {
                    merged.push(key, None);
                    continue;
                }
                Choice::Members => match three_way(sides.raw(), None) {
                    Taken::Ours => sides.ours.cloned(),
                    Taken::Theirs => sides.theirs.map(|text| self.adopt(text, depth)),
                    Taken::Disputed => self
                        .members((model, None), name, sides.raw(), depth)
                        .map(Text::from)
                        .or_else(|| sides.ours.cloned()),
                },
                Choice::Text(text) => text,
                Choice::Side(Taken::Ours, _) => sides.ours.cloned(),
                Choice::Side(Taken::Theirs, _) => sides.theirs.map(|text| self.adopt(text, depth)),
                Choice::Side(Taken::Disputed, kind) => {
                    self.dispute(model, None, name, sides.raw(), kind);
                    sides.ours.cloned()
                }
            };
            if let Some(text) = text {
                merged.push(key, Some(text));
            }
        }
        merged
    }
}
