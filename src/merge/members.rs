//! Objects whose members are merged one by one: metrics, tags and aliases.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use json_document::{Object, Raw};

use super::three_way::{Taken, three_way};
use super::{Dispute, Merger};

/// Model and version that a dispute is about.
pub(super) type Subject<'m> = (Option<&'m str>, Option<&'m str>);

impl Merger<'_> {
    /// Merges the members of an object that both sides changed. Returns the text of our side with
    /// what only theirs changed; `None` if that is nothing.
    pub(super) fn members(
        &mut self,
        (model, version): Subject<'_>,
        field: &str,
        texts: [Option<Raw<'_>>; 3],
        depth: usize,
    ) -> Option<String> {
        let [base, ours, theirs] = texts.map(|raw| raw.unwrap_or(Raw::new("{}")));
        let before: HashMap<Cow<'_, str>, Raw<'_>> = base.members().collect();
        let here: HashMap<Cow<'_, str>, Raw<'_>> = ours.members().collect();
        let there: HashMap<Cow<'_, str>, Raw<'_>> = theirs.members().collect();
        let gone = ours.members().map(|(name, _)| name).filter(|name| !there.contains_key(name));
        let (mut set, mut removed) = (Vec::new(), HashSet::new());
        for name in theirs.members().map(|(name, _)| name).chain(gone) {
            let values = [&before, &here, &there].map(|side| side.get(&name).copied());
            match (three_way(values, None), values[2]) {
                (Taken::Ours, _) => {}
                (Taken::Theirs, Some(value)) => set.push((name, value)),
                (Taken::Theirs, None) => drop(removed.insert(name)),
                (Taken::Disputed, _) => {
                    let member = format!("{field}.{name}");
                    self.dispute(model, version, &member, values, Dispute::Field);
                }
            }
        }
        if set.is_empty() && removed.is_empty() {
            return None;
        }
        // A value that is not an object, such as `null`, is replaced by one.
        let parse = |text: &str| Object::parse(&text.into());
        let mut merged = parse(ours.text()).or_else(|_| parse("{}")).unwrap_or_default();
        for (name, value) in set {
            merged.set(&name, value.text().into(), self.style, depth);
        }
        merged.retain(|member| !removed.contains(&member.name()));
        Some(merged.to_text(self.style, depth))
    }
}
