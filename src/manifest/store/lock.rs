//! The lock: `flock` on a file beside the manifest.
//!
//! The file never moves and is never deleted. A lock on the manifest itself would be a lock on a
//! file that the next save replaces, and a lock file that is deleted lets two holders in. The
//! kernel releases the lock when a process ends, however it ends.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::save::{look_like, require_file, same_file};
use crate::error::{Error, Result};

/// After this time whoever waits is told for whom.
const NOTICE: Duration = Duration::from_millis(500);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The right to change a manifest, until it is dropped.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Waits for the lock of a manifest.
    pub(super) fn acquire(
        manifest: &Path,
        timeout: Duration,
        holder: &str,
        on_wait: &super::WaitNotice<'_>,
    ) -> Result<Self> {
        let path = sibling(manifest, ".lock");
        let failed = |source| Error::Io { action: "lock", path: path.clone(), source };
        create_folder(manifest)?;
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut noticed = false;
        loop {
            let mut file = open(&path, manifest)?;
            if try_lock(&file).map_err(failed)? {
                // Somebody may have deleted the file between our opening and locking it; a lock
                // on a file without a name excludes nobody.
                if is_at(&file, &path) {
                    // Without the right to write it, the lock is as good, and only nameless.
                    let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
                    return Ok(Self { file });
                }
                continue;
            }
            let waited = started.elapsed();
            let left = timeout.saturating_sub(waited);
            if left.is_zero() {
                let holder = read_holder(&mut file);
                return Err(Error::LockTimeout { path, holder, waited });
            }
            if waited >= NOTICE && !noticed {
                noticed = true;
                on_wait(&path, read_holder(&mut file).as_deref());
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // For those who wait: nobody in particular holds it now. Closing the file unlocks it.
        let _ = self.file.set_len(0);
    }
}

/// Tries to lock; `false` if another process has the lock.
///
/// The call names its trait in full: `std::fs::File` has methods of the same names by now, which
/// would win. `fs2` makes the same system call; to do without it is a change to this function.
fn try_lock(file: &File) -> io::Result<bool> {
    loop {
        match fs2::FileExt::try_lock_exclusive(file) {
            Ok(()) => return Ok(true),
            Err(error) if error.raw_os_error() == fs2::lock_contended_error().raw_os_error() => {
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens the lock file, which is made if it is not there. What is there must be a plain file: a
/// link that somebody laid would have us empty another file.
#[expect(clippy::disallowed_methods, reason = "the lock is a file")]
fn open(path: &Path, manifest: &Path) -> Result<File> {
    let failed = |source| Error::Io { action: "lock", path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            return Err(Error::NotAFile { path: path.to_owned(), kind: "a link" });
        }
        Ok(found) => require_file(path, &found)?,
        Err(_) => match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
            Ok(file) => {
                // Whoever may write the manifest may lock it.
                if let Ok(manifest) = fs::metadata(manifest) {
                    let _ = look_like(&file, &manifest);
                }
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        },
    }
    // Read and write: on a network file system an exclusive lock needs the right to write.
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            File::open(path).map_err(failed)
        }
        result => result.map_err(failed),
    }
}

#[expect(clippy::disallowed_methods, reason = "writing makes the folder it writes to")]
fn create_folder(manifest: &Path) -> Result<()> {
    let folder = super::save::folder(manifest);
    fs::create_dir_all(folder).map_err(|source| Error::Io {
        action: "create",
        path: folder.to_owned(),
        source,
    })
}

#[expect(clippy::disallowed_methods, reason = "the lock is a file")]
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(named)) => same_file(&held, &named),
        _ => false,
    }
}

/// What the holder says of itself, unless the process that says so has ended: one that was killed
/// leaves its words behind.
fn read_holder(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(200).read_to_string(&mut text).ok()?;
    let id = text.strip_prefix("process ")?.split(' ').next()?;
    let ended = Path::new("/proc/self").exists() && !Path::new("/proc").join(id).exists();
    Some(text).filter(|_| !ended)
}

/// A file beside the manifest: `.manifest.json` and an ending.
pub(super) fn sibling(manifest: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(manifest.file_name().unwrap_or_default());
    name.push(ending);
    manifest.with_file_name(name)
}
