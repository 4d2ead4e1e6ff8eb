//! Follows links in a revision, and finds a link that replaced a committed file.
//!
//! The work tree is read through links, and git stores the link. So a check of the content behind a
//! link is not a check of what the pull request commits: that content can be outside of the repository,
//! or in a file that no rule for the manifest protects.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::repository_path::RepositoryPath;
use crate::error::Result;
use crate::manifest::files;

/// Links that are followed in one path, as on Linux.
const MAX_LINKS: usize = 40;

/// A link in the path of a file that a revision does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewLink {
    /// Path of the link from the root of the repository.
    pub path: String,
    /// Path that it leads to, as written in the link.
    pub target: String,
}

/// Where a path leads in a revision.
pub(super) enum Destination {
    /// To the file with this path and object.
    File(PathBuf, String),
    /// To a folder.
    Folder,
    /// To a folder that does not contain the file.
    Missing,
    /// Out of the repository, or to a link that leads nowhere.
    Nowhere,
}

impl RepositoryPath {
    /// Returns the first link on the way to the file which the revision does not contain, or contains
    /// with another target.
    pub(super) fn new_link(&self, revision: &str) -> Result<Option<NewLink>> {
        let object = self.resolve(revision)?;
        let mut ahead: VecDeque<String> = self.path.split('/').map(ToOwned::to_owned).collect();
        let (mut path, mut links) = (PathBuf::new(), 0);
        while let Some(name) = ahead.pop_front() {
            match &*name {
                "" | "." => continue,
                ".." if path.pop() => continue,
                // Outside of the repository, where a published link leads.
                ".." => break,
                name => path.push(name),
            }
            let Some(target) = files::link_target(&self.root.join(&path)) else { continue };
            let target = target.to_string_lossy().into_owned();
            if self.link_at(&object, &path)?.as_deref() != Some(target.as_bytes()) {
                let path = path.to_string_lossy().into_owned();
                return Ok(Some(NewLink { path, target }));
            }
            links += 1;
            if links > MAX_LINKS || Path::new(&target).has_root() {
                break;
            }
            path.pop();
            for name in target.rsplit('/') {
                ahead.push_front(name.to_owned());
            }
        }
        Ok(None)
    }

    /// Returns the path of the file that a link in a revision leads to.
    pub(super) fn target_at(&self, revision: &str) -> Result<Option<PathBuf>> {
        let object = self.resolve(revision)?;
        if self.link_at(&object, Path::new(&self.path))?.is_none() {
            return Ok(None);
        }
        Ok(match self.follow(&object)? {
            Destination::File(path, _) => Some(self.root.join(path)),
            _ => None,
        })
    }

    /// Returns where a path leads in a revision, given as its object.
    ///
    /// Git follows links as well (`cat-file --follow-symlinks`), but takes one such as `./real` for
    /// dangling, and does not tell a link that leads nowhere from a file that is missing in a linked
    /// folder.
    pub(super) fn follow(&self, object: &str) -> Result<Destination> {
        let mut ahead: VecDeque<String> = self.path.split('/').map(ToOwned::to_owned).collect();
        let (mut path, mut links, mut is_link) = (PathBuf::new(), 0, false);
        while let Some(name) = ahead.pop_front() {
            match &*name {
                "" | "." => continue,
                ".." if path.pop() => continue,
                ".." => return Ok(Destination::Nowhere),
                name => path.push(name),
            }
            let Some(target) = self.link_at(object, &path)? else { continue };
            let target = String::from_utf8_lossy(&target).into_owned();
            links += 1;
            if links > MAX_LINKS || target.starts_with('/') {
                return Ok(Destination::Nowhere);
            }
            // The last name of the path, or the last one that such a link leads to.
            is_link |= ahead.is_empty();
            path.pop();
            for name in target.rsplit('/') {
                ahead.push_front(name.to_owned());
            }
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(match self.entry(object, &path)? {
            Some((mode, blob)) if mode.starts_with("100") => Destination::File(path, blob),
            Some((mode, _)) if mode == "040000" => Destination::Folder,
            // A submodule.
            Some(_) => Destination::Missing,
            None if is_link => Destination::Nowhere,
            None if folder.as_os_str().is_empty() => Destination::Missing,
            None => match self.entry(object, folder)? {
                Some((mode, _)) if mode == "040000" => Destination::Missing,
                _ => Destination::Nowhere,
            },
        })
    }

    /// Returns the target of a link in a revision, given as its object.
    fn link_at(&self, object: &str, path: &Path) -> Result<Option<Vec<u8>>> {
        match self.entry(object, path)? {
            Some((mode, blob)) if mode == "120000" => {
                self.git.output(&["cat-file", "blob", &blob]).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the mode and the object of a path in a revision, given as its object.
    fn entry(&self, object: &str, path: &Path) -> Result<Option<(String, String)>> {
        let path = path.to_string_lossy();
        let entry = self.git.output(&["ls-tree", "-z", object, "--", &path])?;
        let entry = String::from_utf8_lossy(&entry).into_owned();
        let words = entry.split('\t').next().unwrap_or_default();
        Ok(match words.split(' ').collect::<Vec<_>>()[..] {
            [mode, _, object] => Some((mode.to_owned(), object.to_owned())),
            _ => None,
        })
    }
}
