//! The kinds of changes that events record.

use std::fmt;

use serde::Serialize;

/// The kind of change that an event records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// A version was moved to a stage.
    Promote,
    /// Production was rolled back to an earlier version.
    Rollback,
    /// The description or the tags of a model or a version changed.
    Describe,
    /// An alias was set, moved or deleted.
    Alias,
    /// A version was retired.
    Retire,
    /// A retired version was restored.
    Unretire,
    /// Versions were removed.
    Prune,
    /// A conflict of a merge was resolved: the moves of one side do not take effect.
    Resolve,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Promote,
        Self::Rollback,
        Self::Describe,
        Self::Alias,
        Self::Retire,
        Self::Unretire,
        Self::Prune,
        Self::Resolve,
    ];

    /// Returns the name in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Describe => "describe",
            Self::Alias => "alias",
            Self::Retire => "retire",
            Self::Unretire => "unretire",
            Self::Prune => "prune",
            Self::Resolve => "resolve",
        }
    }

    /// Returns whether the event is a move of a version between stages.
    pub const fn is_move(self) -> bool {
        matches!(self, Self::Promote | Self::Rollback)
    }
}
