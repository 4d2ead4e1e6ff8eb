//! `Provenance`: who makes a change, when and why.

use crate::manifest::timestamp::Timestamp;

/// The author, the time and the reason of a change.
#[derive(Debug, Clone)]
pub struct Provenance<'r> {
    /// Time of the change.
    pub at: Timestamp,
    /// Author of the change.
    pub by: Option<&'r str>,
    /// Reason for the change.
    pub reason: Option<&'r str>,
    /// Failed rules that were overridden.
    pub unmet: &'r [String],
}

impl Provenance<'_> {
    /// Creates the provenance of a change at this time, without an author or a reason.
    pub const fn at(at: Timestamp) -> Self {
        Self { at, by: None, reason: None, unmet: &[] }
    }
}
