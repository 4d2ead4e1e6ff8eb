//! Why a document, a rollback or a path was refused, as values to match on.

use std::fmt;

use serde::Serialize;

/// Why a document cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DocumentErrorKind {
    /// The file has no content.
    Empty,
    /// The text ends too early, as it does while another program writes it.
    Truncated,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text is not JSON, or in a policy not TOML.
    Syntax,
    /// An object contains a key twice.
    DuplicateKey,
    /// A model contains a version twice.
    DuplicateVersion,
    /// The file contains conflict markers of git.
    MergeConflict,
    /// The file was written for a newer version of this library.
    NewerSchema,
    /// A field is missing, unknown, or has a value that it cannot have.
    InvalidField,
}

impl DocumentErrorKind {
    /// Whether the rest of the text may only not have been written yet.
    pub(crate) const fn is_incomplete(self) -> bool {
        matches!(self, Self::Empty | Self::Truncated)
    }
}

/// Why production cannot go back to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RollbackRefusal {
    /// The version is in production now.
    AlreadyCurrent,
    /// The version was taken out of production by a rollback.
    RolledBack,
    /// The version was not in production before.
    NeverInProduction,
}

impl fmt::Display for RollbackRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AlreadyCurrent => "is in production now",
            Self::RolledBack => "was rolled back",
            Self::NeverInProduction => "was not in production before",
        })
    }
}

/// What is at a path instead of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A symbolic link where none may be.
    Link,
    /// A device, a pipe or a socket.
    Special,
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Directory => "a directory",
            Self::Link => "a link",
            Self::Special => "a device or a pipe",
        })
    }
}
