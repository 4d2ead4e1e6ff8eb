//! Two histories as one. A history is only added to, so an event of either side stays.

use super::Merger;
use crate::diff::unmatched;
use crate::manifest::{Text, Timestamp, Value, elements, restyle, write_array};

/// Depth of a history in the document; its events stand one deeper.
const DEPTH: usize = 3;

impl Merger<'_> {
    /// The events of both sides, sorted by their times; ours as it stands if it has them all.
    pub(super) fn history(&self, ours: Option<&Text>, theirs: Option<&Text>) -> Option<Text> {
        let (ours, theirs) = match (ours, theirs) {
            (None, None) => return None,
            (Some(ours), None) => return Some(ours.clone()),
            (None, Some(theirs)) => return Some(self.adopt(theirs, DEPTH)),
            (Some(ours), Some(theirs)) => (ours, theirs),
        };
        let here: Vec<&str> = elements(ours).collect();
        let there: Vec<&str> = elements(theirs).collect();
        let mut new = unmatched(&there, &here).into_iter().peekable();
        if new.peek().is_none() {
            return Some(ours.clone());
        }
        let mut last = None;
        let mut dated: Vec<_> = here.iter().map(|text| (time(text, &mut last), *text)).collect();
        let mut last = None;
        // Walk all of theirs, so that an event without a time stays behind the one in front of it.
        for text in there {
            let at = time(text, &mut last);
            if new.next_if(|next| std::ptr::eq(*next, text)).is_some() {
                dated.push((at, text));
            }
        }
        dated.sort_by_key(|(at, _)| *at);
        let events: Vec<String> =
            dated.into_iter().map(|(_, text)| restyle(text, self.style, DEPTH + 1)).collect();
        Some(write_array(&events, self.style, DEPTH).into())
    }
}

/// When an event was; one that does not say was when the one in front of it was.
fn time(event: &str, last: &mut Option<Timestamp>) -> Option<Timestamp> {
    let value = Value::of(event);
    let at = value.get("at").and_then(Value::as_str).and_then(Timestamp::parse);
    *last = at.or(*last);
    *last
}
