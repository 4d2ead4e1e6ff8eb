//! Finds a project's manifest from any folder of the project.

use std::path::{Component, Path, PathBuf};

/// Path of the manifest in a project.
pub(crate) const DEFAULT_MANIFEST: &str = "artifacts/registry/manifest.json";

/// Returns the path of the manifest, relative to the folder `start`.
///
/// It is the nearest one in `start` or a folder above. The search ends at the root of the git
/// repository, or of the file system. If there is none, a new one belongs in the root of the
/// repository, or outside of a repository in `start`.
pub(crate) fn find(start: &Path, exists: impl Fn(&Path) -> bool) -> PathBuf {
    let mut way_up = PathBuf::new();
    for folder in start.ancestors() {
        if exists(&folder.join(DEFAULT_MANIFEST)) || exists(&folder.join(".git")) {
            return way_up.join(DEFAULT_MANIFEST);
        }
        way_up.push("..");
    }
    DEFAULT_MANIFEST.into()
}

/// Returns the paths at which [`find`] looked before it found this one, the nearest first.
pub(crate) fn nearer(found: &Path) -> impl Iterator<Item = PathBuf> {
    let depth = found.components().take_while(|part| *part == Component::ParentDir).count();
    (0..depth).map(|up| PathBuf::from("../".repeat(up)).join(DEFAULT_MANIFEST))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Returns the manifest found from `/a/b/c` if these paths exist, and the number of lookups.
    fn found(present: &[&str]) -> (String, usize) {
        let looked_at = RefCell::new(0);
        let path = find(Path::new("/a/b/c"), |path| {
            *looked_at.borrow_mut() += 1;
            present.iter().any(|present| path == Path::new(present))
        });
        (path.to_string_lossy().replace('\\', "/"), looked_at.into_inner())
    }

    #[test]
    fn the_nearest_manifest_up_to_the_root_of_the_repository_is_found() {
        let cases: [(&[&str], &str, usize); 7] = [
            (&["/a/b/c/artifacts/registry/manifest.json"], "", 1),
            (&["/a/b/artifacts/registry/manifest.json"], "../", 3),
            (&["/a/b/.git", "/a/b/artifacts/registry/manifest.json"], "../", 3),
            // Folders above the root of the repository belong to another project.
            (&["/a/b/.git", "/a/artifacts/registry/manifest.json"], "../", 4),
            (&["/a/b/c/.git", "/a/artifacts/registry/manifest.json"], "", 2),
            (&["/artifacts/registry/manifest.json"], "../../../", 7),
            (&[], "", 8),
        ];
        for (present, way_up, looked_at) in cases {
            let path = format!("{way_up}{DEFAULT_MANIFEST}");
            assert_eq!(found(present), (path, looked_at), "{present:?}");
        }
    }
}
