//! How severe findings about moves are.

use super::super::finding::Severity;

/// How severe findings about moves are. By default a move that no event explains is a problem, and
/// one that overrode failed rules is a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Strictness {
    pub(super) unrecorded: Severity,
    pub(super) forced: Severity,
}

impl Default for Strictness {
    fn default() -> Self {
        Self::new()
    }
}

impl Strictness {
    /// Creates the default: moves without an event are problems, overridden rules are warnings.
    pub const fn new() -> Self {
        Self { unrecorded: Severity::Problem, forced: Severity::Warning }
    }

    /// Sets whether moves that no event explains are only warnings.
    #[must_use]
    pub const fn allow_unrecorded(mut self, allow: bool) -> Self {
        self.unrecorded = if allow { Severity::Warning } else { Severity::Problem };
        self
    }

    /// Sets whether moves that overrode failed rules are problems.
    #[must_use]
    pub const fn refuse_forced(mut self, refuse: bool) -> Self {
        self.forced = if refuse { Severity::Problem } else { Severity::Warning };
        self
    }

    /// Returns the severity of a move that no event explains.
    pub const fn unrecorded(self) -> Severity {
        self.unrecorded
    }
}
