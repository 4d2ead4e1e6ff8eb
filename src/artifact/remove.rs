//! Deletes artifacts of versions that were removed from the manifest.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::root::{ProjectRoot, canonical};
use super::{is_url, tree};
use crate::error::{Error, Result};
use crate::manifest::{Manifest, files};

/// The result of deleting an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Removal {
    /// The artifact was deleted, or can be deleted if [`Remover::check`] returns this.
    Deleted,
    /// Nothing is at the path.
    Missing,
    /// The artifact was left alone.
    Kept {
        /// Why it was left alone.
        reason: String,
    },
    /// The artifact could not be deleted.
    Failed {
        /// Why not.
        problem: String,
    },
}

impl Removal {
    fn kept(reason: impl Into<String>) -> Self {
        Self::Kept { reason: reason.into() }
    }

    fn failed(error: &io::Error) -> Self {
        Self::Failed { problem: error.to_string() }
    }
}

/// Deletes artifacts inside a project, except for those that are still needed.
#[derive(Debug)]
pub struct Remover {
    /// The project root without links.
    root: PathBuf,
    /// Paths that must stay, each with who needs it.
    needed: Vec<(PathBuf, String)>,
}

impl Remover {
    /// Finds out what must stay: the artifacts of all versions in the manifest as it is now, and
    /// the manifest with the files beside it.
    ///
    /// # Errors
    /// [`Error::Io`] if the project root cannot be found.
    pub fn new(root: &ProjectRoot, manifest: &Manifest, path: &Path) -> Result<Self> {
        let folder = root.folder();
        let found = canonical(folder).ok_or_else(|| Error::Io {
            action: "find",
            path: folder.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })?;
        let mut remover = Self { root: found, needed: Vec::new() };
        let manifest_path = canonical(path).unwrap_or_else(|| path.to_owned());
        let beside = manifest_path.parent().filter(|folder| *folder != remover.root);
        let kept = beside.map_or_else(|| manifest_path.clone(), Path::to_owned);
        remover.needed.push((kept, "it contains the manifest".to_owned()));
        if beside.is_none() {
            let policy = manifest_path.with_file_name("policy.toml");
            remover.needed.push((policy, "it is the policy".to_owned()));
        }
        for model in manifest.models() {
            for version in model.versions() {
                let path = version.artifact_path();
                if is_url(&path) {
                    continue;
                }
                let who = || {
                    let (version, model) = (version.version(), model.name());
                    format!("version `{version}` of model `{model}` needs it")
                };
                let path = remover.root.join(&*path);
                // Also what the path leads to through links.
                remover.needed.extend(canonical(&path).map(|path| (path, who())));
                remover.needed.push((files::without_dots(&path), who()));
            }
        }
        Ok(remover)
    }

    /// Deletes an artifact. Links are not followed: neither one on the way to it nor one inside it.
    pub fn remove(&self, artifact_path: &str) -> Removal {
        let path = match self.find(artifact_path) {
            Ok(path) => path,
            Err(removal) => return removal,
        };
        match delete(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Removal::Missing,
            Err(error) => Removal::failed(&error),
            Ok(()) => Removal::Deleted,
        }
    }

    /// Finds out what [`Remover::remove`] would do.
    pub fn check(&self, artifact_path: &str) -> Removal {
        self.find(artifact_path).map_or_else(|removal| removal, |_| Removal::Deleted)
    }

    /// Returns the path to delete, or why it is not deleted.
    #[expect(clippy::disallowed_methods, reason = "this module deletes artifacts")]
    fn find(&self, artifact_path: &str) -> Result<PathBuf, Removal> {
        if is_url(artifact_path) {
            return Err(Removal::kept("it is a URL, and only local artifacts are deleted"));
        }
        let path = files::without_dots(&self.root.join(artifact_path));
        if !path.starts_with(&self.root) || path == self.root {
            return Err(Removal::kept("it is not inside the project root"));
        }
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if tree::is_missing(&error) => return Err(Removal::Missing),
            result => result.map_err(|error| Removal::failed(&error))?,
        };
        // A link itself is another path than what it leads to.
        if canonical(&path).as_ref() != Some(&path) {
            return Err(Removal::kept("the path leads through a link"));
        }
        if path.components().any(|part| part.as_os_str() == ".git") || holds_repository(&path) {
            return Err(Removal::kept("it belongs to a git repository"));
        }
        if !metadata.is_file() && !metadata.is_dir() {
            return Err(Removal::kept("it is a device or a pipe"));
        }
        let overlaps = |needed: &Path| needed.starts_with(&path) || path.starts_with(needed);
        match self.needed.iter().find(|(needed, _)| overlaps(needed)) {
            Some((_, reason)) => Err(Removal::kept(reason)),
            None => Ok(path),
        }
    }
}

/// Returns whether a folder is the root of a repository.
#[expect(clippy::disallowed_methods, reason = "this module looks at artifacts")]
fn holds_repository(path: &Path) -> bool {
    fs::symlink_metadata(path.join(".git")).is_ok()
}

#[expect(clippy::disallowed_methods, reason = "this module deletes artifacts")]
fn delete(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        // Does not follow links, not even when one is put in the place of a folder meanwhile.
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
