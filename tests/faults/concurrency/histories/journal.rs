//! Journals: the actions of the processes in a history, and their outcomes.

use std::time::{SystemTime, UNIX_EPOCH};

/// One attempt to change the manifest.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The name of the version that was registered, or who made the move: nobody else uses it.
    pub(crate) tag: String,
    pub(crate) model: &'static str,
    pub(crate) kind: Kind,
    /// What was to be current, if the move asked for that: a version, or `none`.
    pub(crate) expected: Option<String>,
    pub(crate) started: u128,
    pub(crate) ended: u128,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Registered,
    Moved,
}

/// The outcome of a change as its caller knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    NotDone,
    /// The process was killed before it answered.
    Unknown,
}

/// The actions of one process or several.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) changes: Vec<Change>,
    /// Unexpected results.
    pub(crate) problems: Vec<String>,
    pub(crate) operations: u64,
    pub(crate) faults: u64,
}

impl Journal {
    pub(crate) fn add(&mut self, other: Self) {
        self.changes.extend(other.changes);
        self.problems.extend(other.problems);
        self.operations += other.operations;
        self.faults += other.faults;
    }
}

/// The time by the clock that all programs on this machine share, in nanoseconds.
pub(crate) fn clock() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos()
}
