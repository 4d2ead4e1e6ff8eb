//! Errors of the library. A message contains what failed, which thing, and why; hints are left to
//! the caller.

mod kinds;
mod name;
mod remote;
mod text;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::stage::Stage;
use crate::verdict::Verdict;

pub use kinds::{DocumentErrorKind, FileKind, RollbackRefusal};
pub use remote::{Login, RemoteReason};

pub(crate) use text::{listed, named};
use text::{lossy, mismatch, seconds};

/// The result type of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this library, in four groups: not found, refused, bad document, storage.
///
/// [`Error::kind`] is a stable name for programs. An error serializes as an object of its fields,
/// without kind and message.
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
    /// The manifest does not contain the model.
    #[error("model `{model}` is not in the manifest")]
    ModelNotFound {
        /// Name of the model.
        model: String,
        /// Existing models, in the file's order.
        present: Vec<String>,
    },
    /// The model has no version with this name or run id.
    #[error("model `{model}` has no version `{version}`")]
    VersionNotFound {
        /// The model.
        model: String,
        /// Requested version or run id.
        version: String,
        /// Existing versions, in the file's order.
        present: Vec<String>,
    },
    /// The model has no current version in this stage.
    #[error("model `{model}` has no version in {stage}")]
    NothingInStage {
        /// The model.
        model: String,
        /// The stage.
        stage: Stage,
        /// Version registered last.
        newest: Option<String>,
    },
    /// The model has no versions.
    #[error("model `{model}` has no versions")]
    NoVersions {
        /// The model.
        model: String,
    },
    /// The model has no alias of this name.
    #[error("model `{model}` has no alias `@{alias}`")]
    AliasNotFound {
        /// The model.
        model: String,
        /// The alias, without `@`.
        alias: String,
        /// The aliases that exist, in the file's order.
        present: Vec<String>,
    },
    /// No version of the model has any of the requested metrics.
    #[error("no version of model `{model}` has metric `{metric}`")]
    MetricNotFound {
        /// The model.
        model: String,
        /// The metric that was requested first.
        metric: String,
        /// Existing metrics, those of the newest version first.
        present: Vec<String>,
    },
    /// No other version was in production before.
    #[error("model `{model}` has no earlier production version")]
    NothingToRollBackTo {
        /// The model.
        model: String,
        /// Version in production, if there is one.
        current: Option<String>,
    },
    /// The repository does not have the revision, or cannot resolve it reliably.
    #[error("revision `{revision}` {problem}")]
    RevisionNotFound {
        /// The revision.
        revision: String,
        /// File to read.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Problem with the revision.
        problem: String,
        /// Whether the revision may be missing only because the clone is shallow.
        shallow: bool,
    },
    /// The revision does not contain the file.
    #[error(
        "`{}` {} revision `{revision}`",
        path.display(), if *is_link { "is a dangling link in" } else { "is not in" }
    )]
    NotInRevision {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The revision.
        revision: String,
        /// Whether the revision contains a dangling link with that name.
        is_link: bool,
    },

    // Refused
    /// An invalid field value.
    #[error("{field} `{value}` {problem}")]
    Invalid {
        /// Name of the field, such as `version`.
        field: &'static str,
        /// The value.
        value: String,
        /// Problem with the value.
        problem: &'static str,
    },
    /// An invalid rule.
    #[error("rule `{rule}`, column {column}: {problem}")]
    BadRule {
        /// Text of the rule.
        rule: String,
        /// Column in characters, starting at 1.
        column: usize,
        /// Problem at that position.
        problem: String,
    },
    /// The version is already registered with different content.
    #[error(
        "version `{version}` of model `{model}` is already registered with different {}",
        listed(fields)
    )]
    AlreadyRegistered {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// Fields that differ.
        fields: Vec<String>,
    },
    /// A new version has the run id of another one as its name, which would change what a reference
    /// to that run means.
    #[error(
        "`{name}` is the run id of version `{version}` of model `{model}`, and cannot name another \
         version"
    )]
    NameIsRunId {
        /// The model.
        model: String,
        /// The name of the new version.
        name: String,
        /// The version with this run id.
        version: String,
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
        /// Versions with this run id.
        versions: Vec<String>,
    },
    /// The destination does not contain the expected manifest.
    #[error("{}", mismatch(path, expected.as_deref(), found.as_deref()))]
    ManifestMismatch {
        /// The file or the object.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Expected `updated_at` of the manifest; `None` if no manifest was expected.
        expected: Option<String>,
        /// The `updated_at` that was found; `None` if there is no manifest.
        found: Option<String>,
    },
    /// The version does not meet the gate of a stage.
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
        /// Rules that the version does not meet.
        unmet: Vec<String>,
        /// The verdict of every rule.
        verdicts: Vec<Verdict>,
        /// `true` if the policy allows overriding them.
        #[serde(skip)]
        can_force: bool,
    },
    /// Production cannot be rolled back to this version.
    #[error("version `{version}` of model `{model}` {reason}")]
    RollbackRefused {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// Reason for the refusal.
        reason: RollbackRefusal,
    },
    /// The current version of a stage is not the expected one.
    #[error(
        "expected {} as the current {stage} version of model `{model}`, found {}",
        named(expected.as_deref()), named(found.as_deref())
    )]
    CurrentMismatch {
        /// The model.
        model: String,
        /// The stage.
        stage: Stage,
        /// Expected version, or `None` if the stage was expected to be empty.
        expected: Option<String>,
        /// Version that is current, or `None` if there is none.
        found: Option<String>,
    },

    /// The alias does not point to the expected version.
    #[error(
        "expected alias `@{alias}` of model `{model}` to point to {}, found {}",
        named(expected.as_deref()), named(found.as_deref())
    )]
    AliasMismatch {
        /// The model.
        model: String,
        /// The alias, without `@`.
        alias: String,
        /// Expected version, or `None` if the alias was expected not to exist.
        expected: Option<String>,
        /// The version that it names.
        found: Option<String>,
    },

    /// The version is current in a stage and cannot be retired.
    #[error("version `{version}` of model `{model}` is current in {stage}")]
    StillCurrent {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The stage.
        stage: Stage,
    },
    /// The version is retired.
    #[error("version `{version}` of model `{model}` is retired")]
    Retired {
        /// The model.
        model: String,
        /// The version.
        version: String,
    },

    /// The artifact is not what was registered.
    #[error(
        "the artifact `{path}` of version `{version}` of model `{model}` has changed: \
         its digest is {found}, not {registered}"
    )]
    ArtifactChanged {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The artifact path.
        path: String,
        /// The registered digest.
        registered: String,
        /// The digest of the artifact at the path.
        found: String,
    },
    /// The artifact does not exist.
    #[error("the artifact `{path}` of version `{version}` of model `{model}` does not exist")]
    ArtifactMissing {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The artifact path.
        path: String,
    },
    /// The artifact cannot be compared with what was registered.
    #[error(
        "the artifact `{path}` of version `{version}` of model `{model}` cannot be verified: {problem}"
    )]
    ArtifactNotVerified {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// The artifact path.
        path: String,
        /// Why not.
        problem: String,
    },

    /// The model has changed since the move was planned.
    #[error("model `{model}` has changed since the move of version `{version}` was planned")]
    StalePlan {
        /// The model.
        model: String,
        /// Version of the planned move.
        version: String,
    },

    // Bad document
    /// The manifest, or a file that belongs to it, is not valid.
    #[error("`{}`, line {line}, column {column}: {problem}", path.display())]
    BadDocument {
        /// The file, or a name for a text that does not come from a file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Line, starting at 1.
        line: usize,
        /// Column in characters, starting at 1.
        column: usize,
        /// Problem at that position.
        problem: String,
        /// Kind of the problem.
        reason: DocumentErrorKind,
    },
    /// The pointer of a stage names a version that does not exist.
    #[error("the current {stage} version `{version}` of model `{model}` does not exist")]
    DanglingPointer {
        /// The model.
        model: String,
        /// Stage of the pointer.
        stage: Stage,
        /// Version that the pointer names.
        version: String,
    },

    /// An alias names a version that does not exist.
    #[error("alias `@{alias}` of model `{model}` points to `{version}`, which does not exist")]
    DanglingAlias {
        /// The model.
        model: String,
        /// The alias, without `@`.
        alias: String,
        /// The version that it names.
        version: String,
    },
    /// An operation of a batch failed, so none of them takes effect.
    #[error("line {line}: {source}")]
    AtLine {
        /// The line of the operation, from 1.
        line: usize,
        /// The error of the operation.
        #[serde(skip)]
        source: Box<Error>,
    },

    // Storage
    /// The operating system reported an error.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// Failed action, such as `read`.
        action: &'static str,
        /// The file or folder.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Error of the operating system.
        #[serde(skip)]
        source: io::Error,
    },
    /// The path is not a regular file.
    #[error("`{}` is {found}, not a file", path.display())]
    NotAFile {
        /// The path.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Kind of the file at the path.
        found: FileKind,
    },
    /// The digest of an artifact cannot be computed.
    #[error("cannot compute the digest of the artifact `{path}`: {source}")]
    ArtifactUnreadable {
        /// The artifact path.
        path: String,
        /// Why not.
        #[serde(skip)]
        source: Box<Error>,
    },
    /// A file or folder was written while it was read.
    #[error("`{}` changed while it was read", path.display())]
    ChangedWhileRead {
        /// The file or folder.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
    },
    /// Another process held the lock until the timeout.
    #[error(
        "`{}` is locked by {}; gave up after {:.1} s",
        path.display(), holder.as_deref().unwrap_or("another process"), waited.as_secs_f64()
    )]
    LockTimeout {
        /// The lock file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Description of the holder, if it has left one.
        holder: Option<String>,
        /// Time that this process waited.
        #[serde(rename = "waited_seconds", serialize_with = "seconds")]
        waited: Duration,
    },
    /// Another program changed the manifest without the lock during every attempt.
    #[error("`{}` was changed by another program during each of {attempts} attempts", path.display())]
    Contended {
        /// The manifest.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Number of attempts.
        attempts: u32,
    },
    /// The new manifest is in place, but the system could not confirm that it would survive a
    /// power failure.
    #[error("`{}` is saved, but its durability is not confirmed: {source}", path.display())]
    Unconfirmed {
        /// The manifest.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Error of the operating system.
        #[serde(skip)]
        source: io::Error,
    },
    /// An object store refused a request, or could not be reached.
    #[error("cannot {action} `{url}`: {problem}")]
    Remote {
        /// Failed action: `open`, `read` or `write`.
        action: &'static str,
        /// URL of the object.
        url: String,
        /// Reason, to match on.
        #[serde(skip)]
        reason: RemoteReason,
        /// Reason, as text.
        problem: String,
    },
    /// The file is not in a git repository.
    #[error("`{}` is not in a git repository", path.display())]
    NotARepository {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
    },
    /// The file has no unresolved conflict between two sides.
    #[error("`{}` has no unresolved conflict between two sides", path.display())]
    NotUnmerged {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
    },
    /// The file is not in the working directory's repository, but for example in a submodule.
    #[error(
        "`{}` is not in the git repository of the working directory, but in `{}`",
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
        /// Error of the operating system.
        #[serde(skip)]
        source: io::Error,
    },
    /// The `git` program failed.
    #[error("git failed: {problem}")]
    Git {
        /// Message of git.
        problem: String,
    },
}
