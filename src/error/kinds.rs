//! Reasons why a document, a rollback or a path is refused, for callers to match on.

use std::fmt;

use serde::Serialize;

/// Why a document cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DocumentErrorKind {
    /// The text is empty or contains only whitespace.
    Empty,
    /// The text ends too early, for example because another program is still writing it.
    Truncated,
    /// The text is not UTF-8.
    NotUtf8,
    /// The text is not JSON, or in a policy not TOML.
    Syntax,
    /// An object contains the same key twice.
    DuplicateKey,
    /// A model contains two versions with the same name.
    DuplicateVersion,
    /// The file contains git's conflict markers.
    MergeConflict,
    /// The file was written for a newer version of this library.
    NewerSchema,
    /// The document is an object without models, such as a `package.json`.
    NotAManifest,
    /// A field is missing, unknown, or has an invalid value.
    InvalidField,
}

impl DocumentErrorKind {
    /// Returns whether the text may be the beginning of a valid document.
    pub(crate) const fn is_incomplete(self) -> bool {
        matches!(self, Self::Empty | Self::Truncated)
    }
}

/// Why production cannot be rolled back to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RollbackRefusal {
    /// The version is in production now.
    AlreadyCurrent,
    /// The version was taken out of production by a rollback.
    RolledBack,
    /// The version was never in production.
    NeverInProduction,
    /// The version is retired.
    Retired,
}

impl fmt::Display for RollbackRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AlreadyCurrent => "is in production now",
            Self::RolledBack => "was rolled back",
            Self::NeverInProduction => "was not in production before",
            Self::Retired => "is retired",
        })
    }
}

/// The kind of a path that is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A symbolic link where none is allowed.
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
