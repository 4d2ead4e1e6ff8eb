//! Errors of the command that are not errors of the library.

/// A command line that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    pub(crate) fn only_read() -> Self {
        Self("--at reads an old revision, which cannot be changed".to_owned())
    }
}

/// A version has no value in a field that a script asks for.
#[derive(Debug, serde::Serialize, thiserror::Error)]
#[error("field `{field}` of version `{version}` of model `{model}` is not set")]
pub(crate) struct FieldNotSet {
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) field: String,
}

/// An exit code for a result that is already printed.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct Answered(pub(crate) u8);

/// A clock that shows a time before 1970, which would be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the clock of this machine shows a time before 1970")]
pub(crate) struct ClockNotSet;

/// A merge that failed. Git takes exit codes up to 128 for a merge with conflicts.
#[derive(Debug, thiserror::Error)]
#[error("cannot merge")]
pub(crate) struct NotMerged;

/// A failed comparison, for which exit code 1 would mean a difference.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare")]
pub(crate) struct NotCompared;
