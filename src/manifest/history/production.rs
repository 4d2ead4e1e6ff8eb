//! Derives from the recorded moves which versions were in production.

use std::collections::{HashMap, HashSet};

use super::action::Action;
use super::event::{DroppedMove, Event};

/// Returns a test for the events of a history that took effect. A move that a resolved conflict
/// dropped did not.
pub(crate) fn took_effect(history: &[Event]) -> impl Fn(&Event) -> bool {
    let dropped: HashSet<&DroppedMove> =
        history.iter().flat_map(|event| event.dropped.iter()).collect();
    move |event| dropped.is_empty() || !dropped.contains(&event.identity())
}

/// Text of the rule that a version was not rolled back, as recorded by an event that overrode it.
pub(crate) const NOT_ROLLED_BACK: &str = "not rolled back";

/// Returns the rollback that took this version out of production, unless it has returned since.
///
/// Only a promotion that overrode the rollback brings a version back. A merge can put a promotion
/// from a branch without the rollback after it, and a resolved conflict can drop the rollback;
/// neither is a decision to bring the version back.
pub(in crate::manifest) fn rolled_back<'e>(
    history: &'e [Event],
    version: &str,
) -> Option<&'e Event> {
    let brought_back = |event: &&Event| {
        event.action == Some(Action::Promote)
            && event.brings_to_prod(version)
            && event.unmet.iter().any(|rule| rule == NOT_ROLLED_BACK)
    };
    let last = history.iter().rev();
    last.take_while(|event| !brought_back(event)).find(|event| event.rolls_back(version))
}

/// Returns the versions that were in production, oldest first, without those that a rollback or a
/// demotion removed.
fn production_timeline(moves: &[Event]) -> Vec<&str> {
    // A removed version becomes `None`, so that the others keep their indexes.
    let mut timeline: Vec<Option<&str>> = Vec::new();
    let mut indexes: HashMap<&str, usize> = HashMap::new();
    for event in moves {
        let version = event.version.as_str();
        match (event.action, indexes.remove(version)) {
            // A rollback skips the versions that came after its target on purpose.
            (Some(Action::Rollback), Some(index)) => {
                for skipped in timeline.drain(index..).flatten() {
                    indexes.remove(skipped);
                }
            }
            (_, Some(index)) => timeline[index] = None,
            (_, None) => {}
        }
        if event.brings_to_prod(version) {
            indexes.insert(version, timeline.len());
            timeline.push(Some(version));
        }
    }
    timeline.into_iter().flatten().collect()
}

/// Returns the versions that production can return to from this one, the latest first.
///
/// The predecessor of a version is the one that its move replaced, because a merged history mixes
/// the moves of two sides. If the move does not record that, it is the version that was in
/// production before the move.
pub(in crate::manifest) fn rollback_candidates<'e>(
    moves: &'e [Event],
    version: &str,
) -> Vec<&'e str> {
    let mut found: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut version, mut end) = (version, moves.len());
    while let Some(index) = moves[..end].iter().rposition(|event| event.brings_to_prod(version)) {
        end = index;
        let event = &moves[index];
        // A rollback does not change the predecessor of its target, which an earlier promotion
        // records.
        if event.action == Some(Action::Rollback) {
            continue;
        }
        let Some(replaced) = event.replaced.as_deref() else { break };
        if seen.insert(replaced) {
            found.push(replaced);
        }
        version = replaced;
    }
    let earlier = production_timeline(&moves[..end]);
    found.extend(earlier.into_iter().rev().filter(|name| *name != version));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: Action, version: &str, to: &str) -> Event {
        Event {
            action: Some(action),
            version: version.to_owned(),
            to: Some(to.to_owned().into()),
            ..Event::default()
        }
    }

    #[test]
    fn the_production_timeline_follows_from_the_moves() {
        let moves = |text: &str| -> Vec<Event> {
            let words = text.split_whitespace();
            words
                .map(|word| match word.split_at(1) {
                    ("+", version) => event(Action::Promote, version, "prod"),
                    ("-", version) => event(Action::Promote, version, "dev"),
                    (_, version) => event(Action::Rollback, version, "prod"),
                })
                .collect()
        };
        for (text, expected) in [
            ("", ""),
            ("+1 +2 +3", "1 2 3"),
            ("+1 +2 +1", "2 1"),
            ("+1 +2 +3 <2", "1 2"),
            ("+1 +2 +3 <1", "1"),
            ("+1 +2 +3 <1 +4", "1 4"),
            ("+1 +2 -2", "1"),
            ("+2 <1", "2 1"),
        ] {
            assert_eq!(production_timeline(&moves(text)).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn the_predecessor_is_the_version_that_a_move_replaced() {
        let replaced = |version: &str, replaced: Option<&str>| Event {
            replaced: replaced.map(ToOwned::to_owned),
            ..event(Action::Promote, version, "prod")
        };
        let back = event(Action::Rollback, "1", "prod");
        let inferred = Event { action: None, ..event(Action::Promote, "1", "prod") };
        // Two sides promoted at the same time, and the promotion of 2 was kept.
        let merged = [inferred.clone(), replaced("3", Some("1")), replaced("2", Some("1"))];
        assert_eq!(rollback_candidates(&merged, "2"), ["1"]);
        let passed_over =
            [replaced("1", None), replaced("2", Some("1")), replaced("3", Some("2")), back];
        assert_eq!(rollback_candidates(&passed_over, "1"), [""; 0]);
        let on = [&passed_over[..], &[replaced("4", Some("1"))]].concat();
        assert_eq!(rollback_candidates(&on, "4"), ["1"]);
        let line = [inferred, replaced("2", Some("1")), replaced("3", Some("2"))];
        assert_eq!(rollback_candidates(&line, "3"), ["2", "1"]);
        assert_eq!(rollback_candidates(&line, "unknown"), ["3", "2", "1"]);
    }
}
