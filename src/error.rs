//! What can go wrong. A message says what failed and which thing; advice is the caller's.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::stage::Stage;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in four groups: not found, refused, bad document, storage.
#[derive(Debug, thiserror::Error)]
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
    VersionDiffers {
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
    #[error("version `{version}` of model `{model}` {problem}")]
    NoWayBack {
        /// The model.
        model: String,
        /// The version.
        version: String,
        /// Why not.
        problem: &'static str,
    },
    /// Another version is current than was expected.
    #[error(
        "expected {} as the current {stage} version of model `{model}`, found {}",
        named(expected.as_deref()), named(found.as_deref())
    )]
    NotCurrent {
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
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
        /// Whether the text merely ends too early, as while another program writes it.
        torn: bool,
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
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The path leads to something that is no file.
    #[error("`{}` is {kind}, not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is, such as `a directory`.
        kind: &'static str,
    },
    /// Another process held the lock for too long.
    #[error(
        "`{}` is locked by {}; gave up after {:.1} s",
        path.display(), holder.as_deref().unwrap_or("another process"), waited.as_secs_f64()
    )]
    LockTimeout {
        /// The lock file.
        path: PathBuf,
        /// What the holder says of itself, if it does.
        holder: Option<String>,
        /// How long this process waited.
        waited: Duration,
    },
    /// Another program, which takes no lock, changed the manifest again and again.
    #[error("`{}` was changed by another program during each of {attempts} attempts", path.display())]
    Contended {
        /// The manifest.
        path: PathBuf,
        /// How often the change was tried.
        attempts: u32,
    },
    /// The new manifest is in place, but the system could not confirm that it would outlive a
    /// power failure.
    #[error("`{}` is saved, but its durability is not confirmed: {source}", path.display())]
    Unconfirmed {
        /// The manifest.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is in no git repository.
    #[error("`{}` is not in a git repository", path.display())]
    NotARepository {
        /// The file.
        path: PathBuf,
    },
    /// The file is in another repository than the working directory, such as in a submodule.
    #[error(
        "`{}` is in another git repository than the working directory: `{}`",
        path.display(), repository.display()
    )]
    ForeignRepository {
        /// The file.
        path: PathBuf,
        /// Root of the repository that the file is in.
        repository: PathBuf,
    },
    /// The `git` program could not be run.
    #[error("cannot run `git`: {source}")]
    NoGit {
        /// The system's answer.
        source: io::Error,
    },
    /// The `git` program failed.
    #[error("git failed: {problem}")]
    Git {
        /// What it said.
        problem: String,
    },
}

fn named(version: Option<&str>) -> String {
    version.map_or("none".to_owned(), |version| format!("`{version}`"))
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
