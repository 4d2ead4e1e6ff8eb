//! Finds a link that replaced a committed file.
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

    /// Returns the target of a link in a revision, given as its object.
    fn link_at(&self, object: &str, path: &Path) -> Result<Option<Vec<u8>>> {
        let path = path.to_string_lossy();
        let entry = self.git.output(&["ls-tree", "-z", object, "--", &path])?;
        let entry = String::from_utf8_lossy(&entry).into_owned();
        let Some(entry) = entry.strip_prefix("120000 blob ") else { return Ok(None) };
        let blob = entry.split('\t').next().unwrap_or_default();
        self.git.output(&["cat-file", "blob", blob]).map(Some)
    }
}
