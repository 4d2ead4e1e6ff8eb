//! Two histories as one: ours, and what theirs added to the one that both began with.
//!
//! An event that both began with and ours does not have is not brought back: when one commit is
//! picked or rebased, "both began with" means the commit before it, and what happened there did
//! not happen here. `check` reports events that are lost from a published history.

use json_document::{Array, Raw, Text, Value};

use super::Merger;
use super::fields::Sides;
use crate::diff::unmatched;
use crate::manifest::{Timestamp, depth};

impl Merger<'_> {
    /// Merges the events of both sides by time. Ours is kept unchanged if it has all of them.
    pub(super) fn history(&self, sides: &Sides<'_>) -> Option<Text> {
        let (ours, theirs) = (sides.ours, sides.theirs);
        let [began, here, there] = sides.raw().map(|history| -> Vec<Raw<'_>> {
            history.into_iter().flat_map(Raw::elements).collect()
        });
        let added = unmatched(&there, &began);
        let mut new = unmatched(&added, &here).into_iter().peekable();
        if new.peek().is_none() {
            return ours.cloned();
        }
        if here.is_empty() && added.len() == there.len() {
            return theirs.map(|theirs| self.adopt(theirs, depth::MODEL_FIELD));
        }
        let mut last = None;
        let mut dated: Vec<_> =
            here.iter().map(|event| (time(*event, &mut last), *event)).collect();
        let mut last = None;
        // Walk all of theirs, so that an event without a time stays behind the one in front of it.
        for event in there {
            let at = time(event, &mut last);
            if new.next_if(|next| std::ptr::eq(next.text(), event.text())).is_some() {
                dated.push((at, event));
            }
        }
        dated.sort_by_key(|(at, _)| *at);
        let events = dated.into_iter().map(|(_, event)| event.restyle(self.style, depth::VERSION));
        let history = Array::laid_out(events.map(Text::from), self.style, depth::MODEL_FIELD);
        Some(history.to_text().into())
    }
}

/// Returns the time of an event, or that of the event before it if it has none.
fn time(event: Raw<'_>, last: &mut Option<Timestamp>) -> Option<Timestamp> {
    let value = event.value();
    let at = value.get("at").and_then(Value::as_str).and_then(Timestamp::parse);
    *last = at.or(*last);
    *last
}
