//! Errors of the command that are not errors of the library.

/// Error for arguments that clap accepts, but that make no sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    pub(crate) fn read_only_revision() -> Self {
        Self("--at reads an old revision, which cannot be changed".to_owned())
    }
}

/// Error for a requested field in which the version has no value.
#[derive(Debug, serde::Serialize, thiserror::Error)]
#[error("field `{field}` of version `{version}` of model `{model}` is not set")]
pub(crate) struct FieldNotSet {
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) field: String,
}

/// Exit code of a command that has already printed its result.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct AlreadyReported(pub(crate) u8);

/// Error for a clock before 1970, because its time would be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the clock of this machine shows a time before 1970")]
pub(crate) struct ClockNotSet;

/// Context of a merge that failed. Git takes exit codes up to 128 for a merge with conflicts.
#[derive(Debug, thiserror::Error)]
#[error("cannot merge")]
pub(crate) struct NotMerged;

/// Context of a comparison that failed, for which exit code 1 would mean a difference.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare")]
pub(crate) struct NotCompared;
