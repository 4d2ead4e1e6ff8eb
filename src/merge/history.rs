//! Two histories as one: ours, and what theirs added to the one that both began with.
//!
//! An event that both began with and ours does not have is not brought back: when one commit is
//! picked or rebased, "both began with" means the commit before it, and what happened there did
//! not happen here. That no event of a published history goes lost is for `check` to see.

use super::Merger;
use crate::diff::unmatched;
use crate::manifest::{Text, Timestamp, Value, elements, restyle, write_array};

/// Depth of a history in the document; its events stand one deeper.
const DEPTH: usize = 3;

impl Merger<'_> {
    /// The events of both sides, sorted by their times; ours as it stands if it has them all.
    pub(super) fn history(
        &self,
        base: Option<&Text>,
        ours: Option<&Text>,
        theirs: Option<&Text>,
    ) -> Option<Text> {
        let began: Vec<&str> = base.map_or_else(Vec::new, |base| elements(base).collect());
        let here: Vec<&str> = ours.map_or_else(Vec::new, |ours| elements(ours).collect());
        let there: Vec<&str> = theirs.map_or_else(Vec::new, |theirs| elements(theirs).collect());
        let added = unmatched(&there, &began);
        let mut new = unmatched(&added, &here).into_iter().peekable();
        if new.peek().is_none() {
            return ours.cloned();
        }
        if here.is_empty() && added.len() == there.len() {
            return theirs.map(|theirs| self.adopt(theirs, DEPTH));
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
