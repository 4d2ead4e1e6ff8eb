//! Replacing a file so that everyone sees the old one or the new one, whole.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use super::super::Manifest;
use super::lock::sibling;
use crate::error::{Error, Result};

/// How a file looked when it was read: enough to tell whether it was written since.
#[derive(PartialEq)]
pub(super) struct Snapshot(Option<Look>);

#[derive(PartialEq)]
struct Look {
    identity: (u64, u64),
    size: u64,
    modified: Option<SystemTime>,
}

impl Snapshot {
    pub(super) const fn absent() -> Self {
        Self(None)
    }

    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self(Some(Look {
            identity: identity(metadata),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        }))
    }
}

/// The file to replace: where the path leads through links, even if the last one dangles. So the
/// link stays, and everyone who comes by another link finds the same lock.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(super) fn target(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(Error::NotAFile { path: path.to_owned(), kind: "a directory" });
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
            // The folder may be reached by a link, too.
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

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

pub(super) fn require_file(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() { "a directory" } else { "a device or a pipe" };
    Err(Error::NotAFile { path: path.to_owned(), kind })
}

/// Makes sure that the file may be written, and tells what it looks like if it is there. A file
/// that we may not write is one that somebody froze; a rename would not ask.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(super) fn require_writable(target: &Path) -> Result<Option<fs::Metadata>> {
    let failed = |source| Error::Io { action: "write", path: target.to_owned(), source };
    match OpenOptions::new().write(true).open(target) {
        Ok(old) => old.metadata().map(Some).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Removes what a killed process left. Under the lock nobody else is writing such a file.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(super) fn remove_leftovers(target: &Path) {
    let prefix = sibling(target, ".tmp.");
    let prefix = prefix.file_name().unwrap_or_default().as_encoded_bytes();
    let Ok(entries) = fs::read_dir(folder(target)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What a file is filled with, given out piece by piece.
type Content<'c> = dyn Fn(&mut dyn FnMut(&[u8])) + 'c;

/// Replaces the file, unless it no longer looks as in the snapshot; then the answer is `false`.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(super) fn replace(target: &Path, manifest: &Manifest, loaded: &Snapshot) -> Result<bool> {
    let unchanged = || {
        let now = match fs::metadata(target) {
            Ok(metadata) => Snapshot::of(&metadata),
            Err(_) => Snapshot::absent(),
        };
        now == *loaded
    };
    write(target, &|put| manifest.write(&mut |piece| put(piece.as_bytes())), unchanged)
}

/// Replaces the file, whatever is there.
pub(super) fn overwrite(target: &Path, content: &Content<'_>) -> Result<()> {
    write(target, content, || true).map(drop)
}

/// Replaces the file, if it still may be once the new content is on the disk.
fn write(target: &Path, content: &Content<'_>, may: impl Fn() -> bool) -> Result<bool> {
    let failed = |source| Error::Io { action: "write", path: target.to_owned(), source };
    let old = require_writable(target)?;
    let temporary = Temporary::create(target, old.as_ref()).map_err(failed)?;
    temporary.fill(content).map_err(failed)?;
    if !may() {
        return Ok(false);
    }
    temporary.rename_to(target).map_err(failed)?;
    // From here on the new content is what everybody reads.
    sync_folder(target).map_err(|source| Error::Unconfirmed { path: target.to_owned(), source })?;
    Ok(true)
}

/// A text with more lines at its end. What is there stays byte for byte; the last line is ended
/// if it is not, and new lines end as the others do.
pub(super) fn with_lines<'t>(text: &'t [u8], lines: &[String]) -> Cow<'t, [u8]> {
    if lines.is_empty() {
        return Cow::Borrowed(text);
    }
    let end: &[u8] = if text.windows(2).any(|two| two == b"\r\n") { b"\r\n" } else { b"\n" };
    let mut text = text.to_vec();
    if text.last().is_some_and(|&last| last != b'\n') {
        text.extend_from_slice(end);
    }
    for line in lines {
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(end);
    }
    Cow::Owned(text)
}

/// A file beside the target that is gone when it is dropped, unless it was renamed.
struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    #[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
    fn create(target: &Path, old: Option<&fs::Metadata>) -> io::Result<Self> {
        let path = sibling(target, &format!(".tmp.{}", std::process::id()));
        let mut options = OpenOptions::new();
        // `create_new` follows no link that somebody laid there.
        options.write(true).create_new(true);
        #[cfg(unix)]
        if old.is_some() {
            // Until it has the mode of the old file, nobody else is to read it.
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        let temporary = Self { path, file, renamed: false };
        if let Some(old) = old {
            look_like(&temporary.file, old)?;
        }
        Ok(temporary)
    }

    /// Writes the text and waits until it is on the disk: a rename that is durable before its
    /// content is would leave an empty file after a power failure.
    fn fill(&self, content: &Content<'_>) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(1 << 16, &self.file);
        let mut result = Ok(());
        content(&mut |piece| {
            if result.is_ok() {
                result = writer.write_all(piece);
            }
        });
        result?;
        writer.flush()?;
        self.file.sync_all()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
    fn rename_to(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    #[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
    fn drop(&mut self) {
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes over mode and owner. Only root may give a file away, so failing that is no failure.
#[cfg(unix)]
pub(super) fn look_like(file: &File, other: &fs::Metadata) -> io::Result<()> {
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
pub(super) fn look_like(file: &File, other: &fs::Metadata) -> io::Result<()> {
    file.set_permissions(other.permissions())
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
fn sync_folder(target: &Path) -> io::Result<()> {
    File::open(folder(target))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

pub(super) fn same_file(one: &fs::Metadata, two: &fs::Metadata) -> bool {
    identity(one) == identity(two)
}
