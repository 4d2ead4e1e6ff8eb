//! What can go wrong. A message names what failed, which thing and why; advice is the caller's.

mod kinds;
mod remote;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::stage::Stage;

pub use kinds::{DocumentErrorKind, FileKind, RollbackRefusal};
pub use remote::{Login, RemoteReason};

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in four groups: not found, refused, bad document, storage.
///
/// [`Error::kind`] is a stable name for programs. As [`Serialize`] an error is an object of its
/// fields, without kind and message.
///
/// ```
/// use model_registry::{Error, Manifest};
///
/// let error = Manifest::default().production("minutes").expect_err("there are no models");
/// assert!(matches!(&error, Error::ModelNotFound { model, .. } if model == "minutes"));
/// assert_eq!(error.kind(), "model_not_found");
/// assert_eq!(serde_json::to_string(&error)?, r#"{"model":"minutes","present":[]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, thiserror::Error, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Error {
    // Not found
    /// No model of this name.
    #[error("model `{model}` is not in the manifest")]
    ModelNotFound {
        /// The name that was asked for.
        model: String,
        /// The models that are there, in the file's order.
        present: Vec<String>,
    },
    /// No version with this name or run id.
    #[error("model `{model}` has no version `{version}`")]
    VersionNotFound {
        /// The model that was searched.
        model: String,
        /// The version or run id that was asked for.
        version: String,
        /// The versions that are there, in the file's order.
        present: Vec<String>,
    },
    /// The model has no current version in this stage.
    #[error("model `{model}` has no version in {stage}")]
    NothingInStage {
        /// The model.
        model: String,
        /// The stage that holds none of its versions.
        stage: Stage,
        /// The version registered last.
        newest: Option<String>,
    },
    /// The model has no versions at all.
    #[error("model `{model}` has no versions")]
    NoVersions {
        /// The model.
        model: String,
    },
    /// No other version was in production before.
    #[error("model `{model}` has no other version that was in production before")]
    NothingToRollBackTo {
        /// The model.
        model: String,
        /// The version that serves, if one does.
        current: Option<String>,
    },
    /// No such revision in the repository, or none that is certain.
    #[error("revision `{revision}` {problem}")]
    RevisionNotFound {
        /// The revision that was asked for.
        revision: String,
        /// The file that was to be read.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// What is the matter with the revision.
        problem: String,
        /// Whether it may be missing only because the clone is shallow.
        shallow: bool,
    },
    /// The revision does not have the file.
    #[error(
        "`{}` {} revision `{revision}`",
        path.display(), if *is_link { "is a link that leads to no file in" } else { "is not in" }
    )]
    NotInRevision {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The revision.
        revision: String,
        /// Whether there is a link of that name that leads nowhere.
        is_link: bool,
    },

    // Refused
    /// A text that may not stand in this place.
    #[error("{field} `{value}` {problem}")]
    Invalid {
        /// What it was to be, such as `version`.
        field: &'static str,
        /// The text.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A rule that does not parse.
    #[error("rule `{rule}`, column {column}: {problem}")]
    BadRule {
        /// The rule as it was given.
        rule: String,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The version is there already, with other content.
    #[error(
        "version `{version}` of model `{model}` is registered already with different {}",
        listed(fields)
    )]
    AlreadyRegistered {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The fields that differ.
        fields: Vec<String>,
    },
    /// Several versions have this run id.
    #[error(
        "run id `{run_id}` of model `{model}` belongs to several versions: {}",
        listed(versions)
    )]
    AmbiguousRunId {
        /// The model.
        model: String,
        /// The run id.
        run_id: String,
        /// The versions that share it.
        versions: Vec<String>,
    },
    /// A gate keeps the version out of a stage.
    #[error(
        "version `{version}` of model `{model}` may not enter {stage}: not met: {}",
        listed(unmet)
    )]
    GateNotMet {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The stage.
        stage: Stage,
        /// The rules that it does not meet.
        unmet: Vec<String>,
    },
    /// The version is not one that production can go back to.
    #[error("version `{version}` of model `{model}` {reason}")]
    RollbackRefused {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// Why not.
        reason: RollbackRefusal,
    },
    /// Another version is current than was expected.
    #[error(
        "expected {} as the current {stage} version of model `{model}`, found {}",
        named(expected.as_deref()), named(found.as_deref())
    )]
    CurrentMismatch {
        /// The model.
        model: String,
        /// The stage.
        stage: Stage,
        /// The version that was to be current; `None` for none.
        expected: Option<String>,
        /// The version that is.
        found: Option<String>,
    },

    /// The model has changed since a move was planned.
    #[error("model `{model}` has changed since the move of version `{version}` was planned")]
    StalePlan {
        /// The model.
        model: String,
        /// The version that was to move.
        version: String,
    },

    // Bad document
    /// The manifest, or a file that goes with it, is not what it must be.
    #[error("`{}`, line {line}, column {column}: {problem}", path.display())]
    BadDocument {
        /// The file, or what stands for it.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
        /// The kind of problem.
        reason: DocumentErrorKind,
    },
    /// A stage's pointer names a version that is not there.
    #[error(
        "the current {stage} version of model `{model}` is given as `{version}`, which is not among its versions"
    )]
    DanglingPointer {
        /// The model.
        model: String,
        /// The stage whose pointer it is.
        stage: Stage,
        /// The version it names.
        version: String,
    },

    // Storage
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// The file or folder.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The system's answer.
        #[serde(skip)]
        source: io::Error,
    },
    /// The path leads to something other than a file.
    #[error("`{}` is {found}, not a file", path.display())]
    NotAFile {
        /// The path.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// What is there.
        found: FileKind,
    },
    /// Another process held the lock for too long.
    #[error(
        "`{}` is locked by {}; gave up after {:.1} s",
        path.display(), holder.as_deref().unwrap_or("another process"), waited.as_secs_f64()
    )]
    LockTimeout {
        /// The lock file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// What the holder says of itself, if it does.
        holder: Option<String>,
        /// How long this process waited.
        #[serde(rename = "waited_seconds", serialize_with = "seconds")]
        waited: Duration,
    },
    /// Another program, which takes no lock, changed the manifest again and again.
    #[error("`{}` was changed by another program during each of {attempts} attempts", path.display())]
    Contended {
        /// The manifest.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// How often the change was tried.
        attempts: u32,
    },
    /// The new manifest is in place, but the system could not confirm that it would outlive a
    /// power failure.
    #[error("`{}` is saved, but its durability is not confirmed: {source}", path.display())]
    Unconfirmed {
        /// The manifest.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The system's answer.
        #[serde(skip)]
        source: io::Error,
    },
    /// An object store refused, or could not be reached.
    #[error("cannot {action} `{url}`: {problem}")]
    Remote {
        /// What was tried: `open`, `read` or `write`.
        action: &'static str,
        /// The object.
        url: String,
        /// Why.
        #[serde(skip)]
        reason: RemoteReason,
        /// Why, in words.
        problem: String,
    },
    /// The file is in no git repository.
    #[error("`{}` is not in a git repository", path.display())]
    NotARepository {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
    },
    /// The file is in another repository than the working directory, such as in a submodule.
    #[error(
        "`{}` is in another git repository than the working directory: `{}`",
        path.display(), repository.display()
    )]
    ForeignRepository {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Root of the repository that the file is in.
        #[serde(serialize_with = "lossy")]
        repository: PathBuf,
    },
    /// The `git` program could not be run.
    #[error("cannot run `git`: {source}")]
    NoGit {
        /// The system's answer.
        #[serde(skip)]
        source: io::Error,
    },
    /// The `git` program failed.
    #[error("git failed: {problem}")]
    Git {
        /// What it said.
        problem: String,
    },
}

impl Error {
    /// A stable name for this kind of error, for programs: `model_not_found`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ModelNotFound { .. } => "model_not_found",
            Self::VersionNotFound { .. } => "version_not_found",
            Self::NothingInStage { .. } => "nothing_in_stage",
            Self::NoVersions { .. } => "no_versions",
            Self::NothingToRollBackTo { .. } => "nothing_to_roll_back_to",
            Self::RevisionNotFound { .. } => "revision_not_found",
            Self::NotInRevision { .. } => "not_in_revision",
            Self::Invalid { .. } => "invalid",
            Self::BadRule { .. } => "bad_rule",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::AmbiguousRunId { .. } => "ambiguous_run_id",
            Self::GateNotMet { .. } => "gate_not_met",
            Self::RollbackRefused { .. } => "rollback_refused",
            Self::CurrentMismatch { .. } => "current_mismatch",
            Self::StalePlan { .. } => "stale_plan",
            Self::BadDocument { .. } => "bad_document",
            Self::DanglingPointer { .. } => "dangling_pointer",
            Self::Io { .. } => "io",
            Self::NotAFile { .. } => "not_a_file",
            Self::LockTimeout { .. } => "lock_timeout",
            Self::Contended { .. } => "contended",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Remote { reason, .. } => reason.kind(),
            Self::NotARepository { .. } => "not_a_repository",
            Self::ForeignRepository { .. } => "foreign_repository",
            Self::NoGit { .. } => "no_git",
            Self::Git { .. } => "git",
        }
    }
}

/// JSON has no text for the bytes of a path that are not UTF-8.
fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn named(version: Option<&str>) -> String {
    version.map_or("none".to_owned(), |version| format!("`{version}`"))
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_errors_that_no_command_line_provokes() {
        let source = || io::Error::other("the disk is gone");
        let contended = Error::Contended { path: "m.json".into(), attempts: 5 };
        let unconfirmed = Error::Unconfirmed { path: "m.json".into(), source: source() };
        for (error, kind, fields) in [
            (contended, "contended", r#"{"path":"m.json","attempts":5}"#),
            (unconfirmed, "unconfirmed", r#"{"path":"m.json"}"#),
        ] {
            assert_eq!(error.kind(), kind);
            assert_eq!(serde_json::to_string(&error).expect("JSON"), fields);
        }
    }
}
