//! Files that are not the manifest: what is there, where links lead, lines to add.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Store, file};
use crate::error::{Error, Result};

impl Store<'_> {
    /// Adds lines to a text file that is not the manifest, such as git's `.gitattributes`. What is
    /// there stays byte for byte.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
    pub(crate) fn append_lines(path: &Path, lines: &[String]) -> Result<()> {
        let target = file::target(path)?;
        let old = match fs::read(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            result => result.map_err(|source| Error::Io {
                action: "read",
                path: target.clone(),
                source,
            })?,
        };
        file::overwrite(&target, &|put| put(&file::with_lines(&old, lines)))
    }

    /// Whether there is a file or a folder at the end of a path.
    #[expect(clippy::disallowed_methods, reason = "this is the place that looks at files")]
    pub fn is_there(path: &Path) -> bool {
        fs::metadata(path).is_ok()
    }

    /// The file that a write replaces: where the path leads through links.
    pub(crate) fn target(path: &Path) -> Result<PathBuf> {
        file::target(path)
    }

    /// The names of the files beside the manifest that are not to be committed: the lock, and a
    /// pattern for what a killed process leaves.
    pub(crate) fn names_beside(target: &Path) -> [String; 2] {
        [".lock", ".tmp.*"].map(|ending| {
            let path = file::sibling(target, ending);
            path.file_name().unwrap_or_default().to_string_lossy().into_owned()
        })
    }
}
