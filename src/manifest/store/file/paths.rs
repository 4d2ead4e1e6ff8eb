//! Resolves the path of a manifest, names the files beside it, and compares file metadata.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

use crate::error::{Error, FileKind, Result};

/// Returns the file to replace: the target of all links, even if the last one dangles.
///
/// Replacing the target keeps the links, and all links to one manifest share one lock.
#[expect(clippy::disallowed_methods, reason = "the store resolves links")]
pub(in super::super) fn target(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(Error::NotAFile { path: path.to_owned(), found: FileKind::Directory });
    }
    let failed = |source| Error::Io { action: "find", path: path.to_owned(), source };
    let mut target = path.to_owned();
    for _ in 0..40 {
        match fs::canonicalize(&target) {
            Ok(found) => {
                let metadata = fs::metadata(&found).map_err(failed)?;
                require_file(path, &metadata)?;
                return Ok(found);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let Ok(next) = fs::read_link(&target) else {
            // The folder can be a link, too.
            let folder = fs::canonicalize(folder(&target));
            return Ok(match (folder, target.file_name()) {
                (Ok(folder), Some(name)) => folder.join(name),
                _ => target,
            });
        };
        target = folder(&target).join(next);
    }
    Err(failed(io::Error::other("too many links")))
}

/// Returns the folder that contains a file.
pub(in super::super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Returns the path of a file beside the manifest: `.manifest.json` and a suffix.
pub(in super::super) fn sibling(manifest: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(manifest.file_name().unwrap_or_default());
    name.push(suffix);
    manifest.with_file_name(name)
}

/// Refuses anything other than a regular file.
pub(in super::super) fn require_file(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = if metadata.is_dir() { FileKind::Directory } else { FileKind::Special };
    Err(Error::NotAFile { path: path.to_owned(), found })
}

/// The state of a file when it was read. If it differs later, another program has written the file.
#[derive(PartialEq)]
pub(in super::super) struct Snapshot(Option<FileState>);

#[derive(PartialEq)]
struct FileState {
    identity: (u64, u64),
    size: u64,
    modified: Option<SystemTime>,
}

impl Snapshot {
    /// Returns the state of a file that does not exist.
    pub(in super::super) const fn absent() -> Self {
        Self(None)
    }

    /// Returns the state that the metadata of a file describes.
    pub(in super::super) fn of(metadata: &fs::Metadata) -> Self {
        Self(Some(FileState {
            identity: identity(metadata),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }))
    }

    /// Returns whether the file existed.
    pub(in super::super) const fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Returns whether an open file is still in this state.
    pub(in super::super) fn still_holds(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|metadata| Self::of(&metadata) == *self)
    }
}

/// Copies mode, owner and group of another file. A failure to change the owner is ignored, since
/// only root may do that.
#[cfg(unix)]
pub(super) fn copy_ownership(file: &File, other: &fs::Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if new.gid() != other.gid() {
        let _ = std::os::unix::fs::fchown(file, None, Some(other.gid()));
    }
    if new.uid() != other.uid() {
        let _ = std::os::unix::fs::fchown(file, Some(other.uid()), None);
    }
    file.set_permissions(other.permissions())
}

#[cfg(not(unix))]
pub(super) fn copy_ownership(file: &File, other: &fs::Metadata) -> io::Result<()> {
    file.set_permissions(other.permissions())
}

/// Returns whether an open file is the one at this path.
#[expect(clippy::disallowed_methods, reason = "the lock is a file")]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => same_file(&held, &named),
        _ => false,
    }
}

/// Returns whether a file has more than one hard link.
#[cfg(unix)]
pub(super) fn has_other_names(metadata: &fs::Metadata) -> bool {
    metadata.nlink() > 1
}

#[cfg(not(unix))]
pub(super) fn has_other_names(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
pub(in super::super) fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(in super::super) fn identity(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

fn same_file(one: &fs::Metadata, two: &fs::Metadata) -> bool {
    identity(one) == identity(two)
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Each part of the state shows a write that leaves the other two as they are.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes files")]
    fn a_snapshot_notices_each_kind_of_write() {
        let folder = std::env::temp_dir().join(format!("registry-snapshot-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("manifest.json");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let write = |path: &Path, text: &str, time: SystemTime| {
            fs::write(path, text).expect("a file");
            let file = File::options().write(true).open(path).expect("the file");
            file.set_modified(time).expect("a time");
        };
        let state = || Snapshot::of(&fs::metadata(&path).expect("the file"));
        write(&path, "one", time);
        let before = state();
        assert!(before == state());
        write(&path, "three", time);
        assert!(before != state(), "the size");
        write(&path, "two", time + Duration::from_secs(1));
        assert!(before != state(), "the time");
        write(&path, "one", time);
        assert!(before == state());
        let other = folder.join("other.json");
        write(&other, "two", time);
        fs::rename(&other, &path).expect("another file at the path");
        assert!(before != state(), "the file");
        fs::remove_dir_all(folder).expect("the folder of this test");
    }
}
