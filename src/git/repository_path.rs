//! Finds the repository that a manifest belongs to, and the manifest's path in it.
//!
//! A work tree is untrusted input: a pull request may contain a file, a link or a whole bare
//! repository at any path. So git is never asked to discover a repository from the manifest's
//! folder. The repository is the nearest folder with a `.git` entry, which no commit can contain,
//! and the path inside it is used as written, without following links on disk.

use std::path::{Path, PathBuf};

use super::run::{Git, text};
use crate::error::{Error, FileKind, Result};
use crate::manifest::files;

/// The location of a file in a repository.
pub(super) struct RepositoryPath {
    pub(super) git: Git,
    /// Root of the work tree, or the folder of a bare repository.
    pub(super) root: PathBuf,
    /// Path that the caller passed.
    pub(super) given: PathBuf,
    /// Path from the root of the repository, with `/`.
    pub(super) path: String,
}

impl RepositoryPath {
    /// Finds the repository of a file, which need not exist.
    ///
    /// A file below the working directory's repository always belongs to that repository.
    /// Any other file belongs to the repository that its own folder is in.
    pub(super) fn find(given: &Path) -> Result<Self> {
        let absolute_path = absolute(given)?;
        let here = absolute(Path::new("."))?;
        let missing = || Error::NotARepository { path: given.to_owned() };
        let folder = absolute_path.parent().ok_or_else(|| Error::NotAFile {
            path: given.to_owned(),
            found: FileKind::Directory,
        })?;
        let (root, bare) = match work_tree(&here).filter(|root| absolute_path.starts_with(root)) {
            Some(root) => (root, false),
            None if is_bare(&here)
                && absolute_path.starts_with(&here)
                && work_tree(&here).is_none() =>
            {
                (here.as_path(), true)
            }
            None => (work_tree(folder).ok_or_else(missing)?, false),
        };
        if let Some(inner) = work_tree(folder).filter(|inner| *inner != root && !bare) {
            return Err(Error::ForeignRepository {
                path: given.to_owned(),
                repository: inner.to_owned(),
            });
        }
        let relative = absolute_path.strip_prefix(root).map_err(|_| missing())?;
        let names: Result<Vec<_>> =
            relative.iter().map(|name| text(name.as_encoded_bytes())).collect();
        let git = if bare { Git::bare(root) } else { Git::new(root) };
        // Git refuses a folder that it does not trust, for example because of its owner.
        let prefix = git.line(&["rev-parse", "--show-prefix"]).map_err(|error| match error {
            Error::Git { problem } if problem.starts_with("not a git repository") => missing(),
            error => error,
        })?;
        if !prefix.is_empty() {
            // `.git` is not a repository, and git found another one further up.
            return Err(missing());
        }
        Ok(Self { git, root: root.to_owned(), given: given.to_owned(), path: names?.join("/") })
    }
}

/// Returns the nearest folder, from this one upwards, that is the root of a work tree.
fn work_tree(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// Returns whether git recognises a folder as a bare repository.
fn is_bare(folder: &Path) -> bool {
    let contains = |name: &str| folder.join(name).exists();
    contains("HEAD") && contains("objects") && contains("refs")
}

/// Returns the absolute path without `.` and `..`. Links are not followed, so that a link on disk
/// cannot make git read another path than the committed one.
fn absolute(path: &Path) -> Result<PathBuf> {
    let absolute_path = std::path::absolute(path).map_err(|source| Error::Io {
        action: "find",
        path: path.to_owned(),
        source,
    })?;
    Ok(files::without_dots(&absolute_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_without_looking_at_the_disk() {
        for (path, plain) in [("/a/./b", "/a/b"), ("/a/../b/c/..", "/b"), ("/../..", "/")] {
            assert_eq!(absolute(Path::new(path)).expect("a path"), Path::new(plain), "{path}");
        }
    }
}
