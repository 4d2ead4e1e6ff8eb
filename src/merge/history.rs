//! Merges two histories: ours, with the events that their side added since the base.
//!
//! An event of the base that our side does not have is not brought back. When one commit is picked or
//! rebased, the base is the commit before it, and what happened there did not happen here. `check`
//! reports events that are lost from a published history.

use json_document::{Array, Raw, Text, Value};

use super::Merger;
use super::fields::Sides;
use crate::diff::unmatched;
use crate::manifest::{Timestamp, depth};

impl Merger<'_> {
    /// Merges the events of both sides by time. Ours is kept unchanged if it has all of them.
    pub(super) fn history(&self, sides: &Sides<'_>) -> Option<Text> {
        let (ours, theirs) = (sides.ours, sides.theirs);
        let [base, here, there] = sides.raw().map(|history| -> Vec<Raw<'_>> {
            history.into_iter().flat_map(Raw::elements).collect()
        });
        let added = unmatched(&there, &base);
        let mut new = unmatched(&added, &here).into_iter().peekable();
        if new.peek().is_none() {
            return ours.cloned();
        }
        if here.is_empty() && added.len() == there.len() {
            return theirs.map(|theirs| self.adopt(theirs, depth::MODEL_FIELD));
        }
        let here = dated(&here);
        // Walk all of theirs, so that an event keeps its place behind the one in front of it.
        let mut theirs = dated(&there).into_iter().filter(|(_, event)| {
            new.next_if(|next| std::ptr::eq(next.text(), event.text())).is_some()
        });
        let mut next = theirs.next();
        let mut dated = Vec::with_capacity(here.len());
        // Each side keeps its own order, for any clock.
        for (at, event) in here {
            while let Some((_, earlier)) = next.filter(|(other, _)| *other < at) {
                dated.push(earlier);
                next = theirs.next();
            }
            dated.push(event);
        }
        dated.extend(next.into_iter().chain(theirs).map(|(_, event)| event));
        let events = dated.into_iter().map(|event| event.restyle(self.style, depth::VERSION));
        let history = Array::laid_out(events.map(Text::from), self.style, depth::MODEL_FIELD);
        Some(history.to_text().into())
    }
}

/// Returns the events, each with the latest time up to it: an event without a time, or with an
/// earlier one, was still recorded after the one in front of it.
fn dated<'e>(events: &[Raw<'e>]) -> Vec<(Option<Timestamp>, Raw<'e>)> {
    let mut last = None;
    let dated = events.iter().map(|event| {
        let value = event.value();
        let at = value.get("at").and_then(Value::as_str).and_then(Timestamp::parse);
        last = at.max(last);
        (last, *event)
    });
    dated.collect()
}
