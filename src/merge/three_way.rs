//! Decides which side's value a three-way merge takes.

use json_document::{Raw, Value, decode};

use crate::manifest::Timestamp;

/// The side whose value a merge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Taken {
    Ours,
    Theirs,
    /// Ours, since both sides changed it differently.
    Disputed,
}

/// Returns the side whose value to take. A missing field equals its default.
pub(super) fn three_way(
    [base, ours, theirs]: [Option<Raw<'_>>; 3],
    default: Option<&Value<'_>>,
) -> Taken {
    let same = |one: Option<Raw<'_>>, two: Option<Raw<'_>>| match (one, two) {
        (Some(one), Some(two)) => one.same_meaning(two),
        (None, None) => true,
        (Some(there), None) | (None, Some(there)) => {
            default.is_some_and(|default| *default == there.value())
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

/// Returns the side whose `at` is earlier, of two records that both sides made.
pub(super) fn first(ours: Raw<'_>, theirs: Raw<'_>) -> Taken {
    let rank = |raw: Raw<'_>| {
        let at = raw.get("at").and_then(|at| Timestamp::parse(&decode(at.text())));
        (at.is_none(), at, raw.value().to_string())
    };
    if rank(theirs) < rank(ours) { Taken::Theirs } else { Taken::Ours }
}

/// Returns the side with the later timestamp. An invalid timestamp is earlier than any valid one.
pub(super) fn later(ours: Option<Raw<'_>>, theirs: Option<Raw<'_>>) -> Taken {
    let rank = |raw: Option<Raw<'_>>| {
        let text = raw.map(|raw| decode(raw.text()).into_owned());
        (text.as_deref().and_then(Timestamp::parse), text)
    };
    if rank(ours) < rank(theirs) { Taken::Theirs } else { Taken::Ours }
}
