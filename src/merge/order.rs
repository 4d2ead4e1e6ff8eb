//! Merges two orders.

use std::collections::{HashMap, HashSet};

/// Returns the names of both sides, each once, in an order that agrees with both sides.
///
/// If both allow either order, the smaller `rank` comes first, so that the result does not depend
/// on which side is ours. If the orders contradict each other, ours wins.
pub(super) fn merge_order<'n, R: Ord>(
    ours: &[&'n str],
    theirs: &[&'n str],
    rank: impl Fn(&'n str) -> R,
) -> Vec<&'n str> {
    let in_ours: HashSet<&str> = ours.iter().copied().collect();
    let in_theirs: HashSet<&str> = theirs.iter().copied().collect();
    let alone = ours.iter().filter(|name| !in_theirs.contains(*name));
    let alone = alone.chain(theirs.iter().filter(|name| !in_ours.contains(*name)));
    let ranks: HashMap<&str, R> = alone.map(|name| (*name, rank(name))).collect();

    let mut placed = HashSet::with_capacity(in_ours.len() + ranks.len());
    let mut order = Vec::with_capacity(in_ours.len() + ranks.len());
    let (mut left, mut right) = (ours, theirs);
    loop {
        let next = match (left, right) {
            ([], []) => return order,
            ([first, rest @ ..], _) if placed.contains(first) => {
                left = rest;
                continue;
            }
            (_, [first, rest @ ..]) if placed.contains(first) => {
                right = rest;
                continue;
            }
            ([first, ..], []) | ([], [first, ..]) => *first,
            ([one, ..], [two, ..]) => match (ranks.get(one), ranks.get(two)) {
                (Some(rank_one), Some(rank_two)) if rank_two < rank_one => *two,
                // A name that ours shares must wait for the names before it in theirs.
                (None, Some(_)) => *two,
                _ => *one,
            },
        };
        placed.insert(next);
        order.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(ours: &str, theirs: &str) -> String {
        let names = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        let (ours, theirs) = (ours.to_owned().leak(), theirs.to_owned().leak());
        merge_order(&names(ours), &names(theirs), |name| name).join(" ")
    }

    #[test]
    fn both_orders_are_kept() {
        for (ours, theirs, order) in [
            ("", "", ""),
            ("a b", "", "a b"),
            ("a b", "a b", "a b"),
            ("a b d", "a b c", "a b c d"),
            ("z a", "z b", "z a b"),
            ("a z", "b z", "a b z"),
            ("c a z", "b z y", "b c a z y"),
            ("a m b", "m x b", "a m x b"),
            ("new", "old new", "old new"),
        ] {
            assert_eq!(both(ours, theirs), order, "{ours} and {theirs}");
            assert_eq!(both(theirs, ours), order, "{theirs} and {ours}");
        }
    }

    #[test]
    fn ours_wins_if_the_orders_contradict_each_other() {
        assert_eq!(both("a b", "b a"), "a b");
        assert_eq!(both("b a", "a b"), "b a");
        assert_eq!(both("a b c", "x c b y a"), "x a b c y");
    }
}
