//! Who makes a move, when and why.

use crate::manifest::timestamp::Timestamp;

/// The author, the time and the reason of a move.
#[derive(Debug, Clone)]
pub struct Provenance<'r> {
    /// Time of the move.
    pub at: Timestamp,
    /// Author of the move.
    pub by: Option<&'r str>,
    /// Reason for the move.
    pub reason: Option<&'r str>,
    /// Failed rules that were overridden.
    pub unmet: &'r [String],
}

impl Provenance<'_> {
    /// Creates the provenance of a move at this time, without an author.
    pub const fn at(at: Timestamp) -> Self {
        Self { at, by: None, reason: None, unmet: &[] }
    }
}
