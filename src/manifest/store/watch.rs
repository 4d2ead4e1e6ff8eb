//! Names the folders to watch, for programs that wait for a change of the manifest.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::file::{folder, identity};
use super::{Store, files};

/// Number of folders that are listed above the manifest, and above each link on the way to it. They
/// reach up to the project root, below which `git checkout` can replace every folder.
const LEVELS: usize = 3;

/// Largest number of links that are followed.
const LINKS: usize = 40;

/// A folder with an entry on the way to the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WatchedFolder {
    path: PathBuf,
    entry: OsString,
    /// Device and inode, which differ if another folder took this path.
    identity: (u64, u64),
}

impl WatchedFolder {
    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the name of the entry: the manifest, a link, or a folder that contains it.
    pub fn entry(&self) -> &OsStr {
        &self.entry
    }
}

impl Store {
    /// Returns the existing folders in which the manifest can be replaced: its own, those above it up
    /// to a project root, and the same for every link on the way to it.
    ///
    /// While the result stays equal, the operating system reports every replacement of the manifest
    /// as a change of one of these entries. If the result differs, a folder was replaced and must
    /// be watched again. An object has no folders.
    ///
    /// ```
    /// use model_registry::Store;
    ///
    /// let store = Store::new("artifacts/registry/manifest.json");
    /// for folder in store.watched_folders() {
    ///     println!("{} in {}", folder.entry().display(), folder.path().display());
    /// }
    /// assert!(Store::new("s3://bucket/manifest.json").watched_folders().is_empty());
    /// ```
    #[expect(clippy::disallowed_methods, reason = "the store resolves links")]
    pub fn watched_folders(&self) -> Vec<WatchedFolder> {
        let mut found = Vec::new();
        if files::is_url(&self.path) {
            return found;
        }
        let mut path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        for _ in 0..LINKS {
            push_folders(&path, &mut found);
            match fs::read_link(&path) {
                Ok(next) => path = folder(&path).join(next),
                Err(_) => break,
            }
        }
        found
    }
}

/// Adds the nearest existing folders above a path.
#[expect(clippy::disallowed_methods, reason = "this is the place that looks at files")]
fn push_folders(path: &Path, found: &mut Vec<WatchedFolder>) {
    let mut levels = 0;
    let mut entry = path;
    for folder in path.ancestors().skip(1) {
        let Some(name) = entry.file_name() else { break };
        if let Ok(metadata) = fs::metadata(folder) {
            let identity = identity(&metadata);
            let watched =
                WatchedFolder { path: folder.to_owned(), entry: name.to_owned(), identity };
            if !found.contains(&watched) {
                found.push(watched);
            }
            levels += 1;
            if levels == LEVELS {
                break;
            }
        }
        entry = folder;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(path: &Path) -> Vec<(PathBuf, OsString)> {
        let folders = Store::new(path).watched_folders().into_iter();
        folders.map(|folder| (folder.path, folder.entry)).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test sets up files")]
    fn missing_folders_and_links_are_followed() {
        let root = std::env::temp_dir().join(format!("registry-watched-{}", std::process::id()));
        fs::create_dir_all(root.join("a/b")).expect("a folder");
        let entry = |folder: &str, name: &str| (root.join(folder), OsString::from(name));
        let missing = folders(&root.join("a/new/registry/manifest.json"));
        assert_eq!(missing[..2], [entry("a", "new"), (root.clone(), OsString::from("a"))]);
        let present = folders(&root.join("a/b/manifest.json"));
        assert_eq!(present[..2], [entry("a/b", "manifest.json"), entry("a", "b")]);
        assert_eq!(present.len(), 3);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("b/real.json", root.join("a/link.json")).expect("a link");
            let linked = folders(&root.join("a/link.json"));
            assert!(linked.contains(&entry("a", "link.json")));
            assert!(linked.contains(&entry("a/b", "real.json")));
        }
        let before = Store::new(root.join("a/b/manifest.json")).watched_folders();
        fs::rename(root.join("a/b"), root.join("a/old")).expect("the folder");
        fs::create_dir(root.join("a/b")).expect("a folder");
        let after = Store::new(root.join("a/b/manifest.json")).watched_folders();
        assert_eq!(before == after, cfg!(not(unix)));
        fs::remove_dir_all(root).expect("the folder of this test");
    }
}
