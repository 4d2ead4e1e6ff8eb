//! Replaces a file atomically: every reader gets either the old or the new content.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;

use super::lock::{Lock, try_lock};
use super::paths::{Snapshot, copy_ownership, folder, sibling};
use crate::error::{Error, Result};

/// Makes sure that the file may be written, and returns its metadata if it exists.
///
/// A rename does not need write access to the file it replaces, so read-only files need this check.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(in super::super) fn require_writable(target: &Path) -> Result<Option<fs::Metadata>> {
    let failed = |source| Error::Io { action: "write", path: target.to_owned(), source };
    match OpenOptions::new().write(true).open(target) {
        Ok(old) => old.metadata().map(Some).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Removes the temporary files of killed processes.
///
/// A running process holds a lock on its temporary file, because it may still be writing after
/// somebody deleted the lock file of the manifest.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(in super::super) fn remove_leftovers(target: &Path) {
    let prefix = sibling(target, ".tmp.");
    let prefix = prefix.file_name().unwrap_or_default().as_encoded_bytes();
    let Ok(entries) = fs::read_dir(folder(target)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(prefix) && is_abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns whether no process is writing a temporary file. Anything but a regular file is not ours.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
    !is_file || File::open(entry.path()).and_then(|file| try_lock(&file)).unwrap_or(false)
}

/// A function that receives the new content of a file in pieces.
pub(in super::super) type Put<'p> = dyn FnMut(&[u8]) + 'p;

/// A function that produces the new content of a file.
type Content<'c> = dyn Fn(&mut Put<'_>) + 'c;

/// Replaces the file and returns `true`; returns `false` if the file has changed since the
/// snapshot, or if the lock no longer excludes others.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub(in super::super) fn replace(
    target: &Path,
    content: &Content<'_>,
    loaded: &Snapshot,
    lock: &Lock,
) -> Result<bool> {
    let unchanged = || {
        let now = match fs::metadata(target) {
            Ok(metadata) => Snapshot::of(&metadata),
            Err(_) => Snapshot::absent(),
        };
        now == *loaded && lock.is_valid()
    };
    write(target, content, unchanged)
}

/// Replaces the file without comparing it with a snapshot.
pub(in super::super) fn overwrite(target: &Path, content: &Content<'_>) -> Result<()> {
    write(target, content, || true).map(drop)
}

/// Writes the new content to disk, then replaces the file if `may_replace` returns `true`.
fn write(target: &Path, content: &Content<'_>, may_replace: impl Fn() -> bool) -> Result<bool> {
    let failed = |source| Error::Io { action: "write", path: target.to_owned(), source };
    let old = require_writable(target)?;
    let temporary = Temporary::create(target, old.as_ref()).map_err(failed)?;
    temporary.fill(content).map_err(failed)?;
    if !may_replace() {
        return Ok(false);
    }
    match temporary.rename_to(target) {
        // Somebody removed the temporary file, and perhaps the lock file with it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        renamed => renamed.map_err(failed)?,
    }
    // Every reader gets the new content from here on, so a failure must not be reported as
    // "not saved".
    sync_folder(target).map_err(|source| Error::Unconfirmed { path: target.to_owned(), source })?;
    Ok(true)
}

/// Appends lines to a text.
///
/// The old text is kept byte for byte. A missing line end is added, and new lines use the
/// line ends of the text.
pub(in super::super) fn with_lines<'t>(text: &'t [u8], lines: &[String]) -> Cow<'t, [u8]> {
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

/// A temporary file beside the target; dropping it removes the file unless it was renamed.
struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    #[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
    fn create(target: &Path, old: Option<&fs::Metadata>) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = sibling(target, &format!(".tmp.{process}.{count}"));
        let mut options = OpenOptions::new();
        // `create_new` does not follow a link that an attacker placed at this path.
        options.write(true).create_new(true);
        #[cfg(unix)]
        if old.is_some() {
            // Only the owner may read it until it gets the mode of the old file.
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        // Other processes remove temporary files that are not locked.
        let _ = try_lock(&file);
        let temporary = Self { path, file, renamed: false };
        if let Some(old) = old {
            copy_ownership(&temporary.file, old)?;
        }
        Ok(temporary)
    }

    /// Writes the content and waits until it is on disk.
    ///
    /// Without the wait, the rename could become durable first, and a power failure would leave an
    /// empty file.
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

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
fn sync_folder(target: &Path) -> io::Result<()> {
    File::open(folder(target))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
