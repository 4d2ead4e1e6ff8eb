//! The folder that artifact paths are relative to.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::is_url;
use crate::manifest::files;

/// Place of a manifest in its project.
const MANIFEST: &str = "artifacts/registry/manifest.json";

/// Folder that relative artifact paths start from: the project root, which contains
/// `artifacts/registry/manifest.json`. For a manifest elsewhere it is the working directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectRoot(PathBuf);

impl ProjectRoot {
    /// Finds the project root of a manifest, which need not exist.
    ///
    /// ```
    /// use model_registry::artifact::ProjectRoot;
    ///
    /// let root = ProjectRoot::of("../minutes/artifacts/registry/manifest.json".as_ref());
    /// let path = root.resolve("runs/1/model.txt").expect("a local path");
    /// assert_eq!(path, std::path::Path::new("../minutes/runs/1/model.txt"));
    /// assert_eq!(root.resolve("s3://bucket/model.txt"), None);
    /// ```
    pub fn of(manifest: &Path) -> Self {
        if files::is_url(manifest) {
            return Self(PathBuf::new());
        }
        let above = |manifest: &Path| {
            let root = manifest.ancestors().nth(3).filter(|_| manifest.ends_with(MANIFEST));
            root.map(Path::to_owned)
        };
        let absolute = || above(&std::path::absolute(manifest).ok()?);
        let resolved = || above(&canonical(manifest)?);
        Self(above(manifest).or_else(absolute).or_else(resolved).unwrap_or_default())
    }

    /// Returns where an artifact is; `None` for a URL.
    pub fn resolve(&self, artifact_path: &str) -> Option<PathBuf> {
        (!is_url(artifact_path)).then(|| self.0.join(artifact_path))
    }

    /// Returns a path that opens from the working directory: as it is registered if that is the
    /// project root, else with the way to the root in front.
    pub fn from_here<'p>(&self, artifact_path: &'p str) -> Cow<'p, str> {
        let here = self.0.as_os_str().is_empty() || files::is_same(&self.0, Path::new("."));
        if here || is_url(artifact_path) {
            return artifact_path.into();
        }
        self.0.join(artifact_path).to_string_lossy().into_owned().into()
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        if self.0.as_os_str().is_empty() { Path::new(".") } else { &self.0 }
    }
}

#[expect(clippy::disallowed_methods, reason = "this module resolves links")]
pub(super) fn canonical(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}
