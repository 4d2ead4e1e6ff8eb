//! Reads the manifest as of a git revision, and sets up merging in a clone.
//!
//! In the library, only this module runs a program, and the program is `git`. `GIT_DIR` is not
//! passed on, because in hooks and merge drivers it may name another repository.

mod links;
mod repository_path;
mod revision;
mod run;
mod setup;
mod stages;

pub use links::NewLink;
pub use setup::{Readiness, Setup, SetupItem};
pub use stages::unmerged;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::gate::Policy;
use crate::manifest::{Manifest, files};
use repository_path::RepositoryPath;

/// Reads the manifest as of a revision: anything that `git rev-parse` accepts.
///
/// The file need not exist on disk. Links in the revision are followed within the revision. If the
/// revision has nothing at the path, links on disk are followed, and their target is read from the
/// revision.
///
/// # Errors
///
/// Those of [`baseline_at`].
///
/// ```no_run
/// let manifest = model_registry::git::manifest_at("manifest.json".as_ref(), "v1.2")?;
/// println!("{}", manifest.production("minutes_v1_lgbm")?.artifact_path());
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn manifest_at(path: &Path, revision: &str) -> Result<Manifest> {
    let found = baseline_at(path, revision);
    if let Err(Error::NotARepository { .. } | Error::NotInRevision { .. }) = found {
        return match files::target(path) {
            Ok(target) => RepositoryPath::find(&target)
                .and_then(|location| location.manifest_at(revision))
                .or(found),
            Err(error @ Error::NotAFile { .. }) => Err(error),
            Err(_) => found,
        };
    }
    found
}

/// Reads the manifest as of a revision to check other manifests against.
///
/// Unlike [`manifest_at`], it never follows a link on disk, so that the work tree of a pull request
/// cannot choose the baseline.
///
/// # Errors
///
/// [`Error::Invalid`] for a text that cannot be a revision, [`Error::RevisionNotFound`],
/// [`Error::NotInRevision`], [`Error::NotARepository`], [`Error::ForeignRepository`],
/// [`Error::NotAFile`], [`Error::Io`], [`Error::NoGit`], [`Error::Git`], or [`Error::BadDocument`]
/// if the file was not a manifest in that revision.
pub fn baseline_at(path: &Path, revision: &str) -> Result<Manifest> {
    require_revision(revision)?;
    RepositoryPath::find(path)?.manifest_at(revision)
}

/// Reads a policy as of a revision. Like [`baseline_at`] it never follows a link on disk.
///
/// # Errors
/// Those of [`baseline_at`].
pub fn policy_at(path: &Path, revision: &str) -> Result<Policy> {
    require_revision(revision)?;
    let location = RepositoryPath::find(path)?;
    let name = format!("{revision}:{}", location.path);
    let content = location.small_bytes_at(revision, Path::new(&name))?;
    Policy::parse_bytes(content, Path::new(&name))
}

/// Returns the path of the file that a link leads to in a revision; `None` if the revision has no link at
/// this path, or one that leads to no file.
///
/// # Errors
/// Those of [`baseline_at`].
pub fn target_at(path: &Path, revision: &str) -> Result<Option<PathBuf>> {
    require_revision(revision)?;
    RepositoryPath::find(path)?.target_at(revision)
}

/// Returns the attributes that make git store a file with other content than the work tree has,
/// such as `filter=lfs` or `working-tree-encoding=UTF-16`. With them, a check of the work tree does
/// not see what is committed.
///
/// # Errors
/// Those of [`baseline_at`].
pub fn conversions(path: &Path) -> Result<Vec<String>> {
    RepositoryPath::find(path)?.conversions()
}

/// Returns the first link in the path of a file that a revision does not contain, or contains with
/// another target. A check of the content behind the link does not see what is committed.
///
/// # Errors
/// Those of [`baseline_at`].
pub fn new_link(path: &Path, revision: &str) -> Result<Option<NewLink>> {
    require_revision(revision)?;
    RepositoryPath::find(path)?.new_link(revision)
}

/// Returns the branches and tags of the repository that a file belongs to.
///
/// # Errors
/// [`Error::NotARepository`], [`Error::ForeignRepository`], [`Error::NotAFile`], [`Error::Io`],
/// [`Error::NoGit`] or [`Error::Git`].
pub fn revisions(path: &Path) -> Result<Vec<String>> {
    RepositoryPath::find(path)?.revisions()
}

/// Makes sure that git cannot mistake the revision for an option.
fn require_revision(revision: &str) -> Result<()> {
    let problem = if revision.trim().is_empty() {
        "is empty"
    } else if revision.starts_with('-') {
        "begins with `-`, which is not allowed in a revision"
    } else if revision.chars().any(char::is_control) {
        "contains control characters, which are not allowed in a revision"
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field: "revision", value: revision.to_owned(), problem })
}
