//! The files of an artifact, with what shows that one of them has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, FileKind, Result};

/// Links can make a small folder look endless.
const MAX_FILES: usize = 1_000_000;

/// A file to be read.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// Path to open.
    pub(super) path: PathBuf,
    /// Path within the folder: `./weights/0.bin`. Empty for an artifact that is one file.
    pub(super) name: Vec<u8>,
    pub(super) state: FileState,
}

/// The file, or the files of the folder, at an artifact path.
#[derive(Debug, PartialEq)]
pub(super) enum Tree {
    File(Entry),
    /// All files below a folder, in the order of the bytes of their names.
    Folder(Vec<Entry>),
}

/// The state of a file; another state means that it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FileState {
    identity: (u64, u64),
    pub(super) size: u64,
    modified: Option<SystemTime>,
}

impl FileState {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            identity: identity(metadata),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl Tree {
    pub(super) fn entries(&self) -> &[Entry] {
        match self {
            Self::File(entry) => std::slice::from_ref(entry),
            Self::Folder(entries) => entries,
        }
    }
}

/// Lists the files of an artifact; `None` if the path does not exist.
///
/// Links are followed, as programs that load the artifact follow them.
pub(super) fn list(path: &Path) -> Result<Option<Tree>> {
    let metadata = match look(path) {
        Err(error) if is_missing(&error) => return Ok(None),
        result => result.map_err(|source| cannot_read(path, source))?,
    };
    if metadata.is_dir() {
        let mut entries = Vec::new();
        walk(path, b".", &mut vec![identity(&metadata)], &mut entries)?;
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        return Ok(Some(Tree::Folder(entries)));
    }
    let entry = Entry { path: path.to_owned(), name: Vec::new(), state: FileState::of(&metadata) };
    require_file(path, &metadata)?;
    Ok(Some(Tree::File(entry)))
}

/// Returns whether an error means that a path does not exist. That includes a path below a file, and
/// a name that no file can have.
pub(super) fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

pub(super) fn cannot_read(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "read", path: path.to_owned(), source }
}

/// Returns the metadata of what a path leads to.
#[expect(clippy::disallowed_methods, reason = "this module looks at artifacts")]
pub(super) fn look(path: &Path) -> io::Result<fs::Metadata> {
    fs::metadata(path)
}

fn require_file(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(Error::NotAFile { path: path.to_owned(), found: FileKind::Special })
}

/// Adds the files below a folder. `above` are the folders on the way to it.
#[expect(clippy::disallowed_methods, reason = "this module reads artifacts")]
fn walk(
    folder: &Path,
    name: &[u8],
    above: &mut Vec<(u64, u64)>,
    entries: &mut Vec<Entry>,
) -> Result<()> {
    for found in fs::read_dir(folder).map_err(|source| cannot_read(folder, source))? {
        let path = found.map_err(|source| cannot_read(folder, source))?.path();
        let base = path.file_name().unwrap_or_default().as_encoded_bytes();
        let name = [name, b"/", base].concat();
        let metadata = look(&path).map_err(|source| cannot_read(&path, source))?;
        if metadata.is_dir() {
            let identity = identity(&metadata);
            if above.contains(&identity) && identity != (0, 0) {
                let source = io::Error::other("the link leads to a folder above it");
                return Err(cannot_read(&path, source));
            }
            above.push(identity);
            walk(&path, &name, above, entries)?;
            above.pop();
            continue;
        }
        require_file(&path, &metadata)?;
        if entries.len() == MAX_FILES {
            let source = io::Error::other(format!("it contains more than {MAX_FILES} files"));
            return Err(cannot_read(folder, source));
        }
        entries.push(Entry { path, name, state: FileState::of(&metadata) });
    }
    Ok(())
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_file_can_have_is_missing() {
        assert!(list(Path::new("Cargo.toml")).expect("readable").is_some());
        for path in ["nothing", "Cargo.toml/model.txt", "a\0b", &"x".repeat(300)] {
            assert_eq!(list(Path::new(path)).expect("missing"), None, "{path:?}");
        }
    }

    #[test]
    fn a_folder_with_too_many_files_is_an_error() {
        let metadata = look(Path::new("Cargo.toml")).expect("the file");
        let entry =
            || Entry { path: PathBuf::new(), name: Vec::new(), state: FileState::of(&metadata) };
        let mut entries: Vec<_> = std::iter::repeat_with(entry).take(MAX_FILES).collect();
        let error = walk(Path::new("schemas"), b".", &mut Vec::new(), &mut entries);
        let error = error.expect_err("a file too many").to_string();
        assert_eq!(error, "cannot read `schemas`: it contains more than 1000000 files");
    }
}
