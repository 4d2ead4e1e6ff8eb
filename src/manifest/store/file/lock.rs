//! The lock: `flock` on a file beside the manifest.
//!
//! The lock file is never moved or deleted. The manifest itself cannot carry the lock, because the
//! next save replaces it, and deleting the lock file would let two holders in. The kernel releases
//! the lock when its process ends, even if it is killed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::paths::{copy_ownership, folder, has_other_names, is_at, require_file, sibling};
use crate::error::{Error, FileKind, Result};

/// Delay before reporting who holds the lock.
const NOTICE: Duration = Duration::from_millis(500);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A function that is called while waiting, with the lock file and the description of its holder.
pub(in super::super) type WaitNotice = dyn Fn(&Path, Option<&str>) + Send + Sync;

/// The exclusive right to change a manifest; dropping it releases the lock.
pub(in super::super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits for the lock of a manifest.
    pub(in super::super) fn acquire(
        manifest: &Path,
        timeout: Duration,
        holder: &str,
        on_wait: &WaitNotice,
    ) -> Result<Self> {
        create_folder(manifest)?;
        Self::acquire_where(manifest, timeout, holder, on_wait, is_at)
    }

    /// Waits for the lock, and accepts a lock file only if `is_current` holds for it.
    fn acquire_where(
        manifest: &Path,
        timeout: Duration,
        holder: &str,
        on_wait: &WaitNotice,
        is_current: impl Fn(&File, &Path) -> bool,
    ) -> Result<Self> {
        let path = sibling(manifest, ".lock");
        let failed = |source| Error::Io { action: "lock", path: path.clone(), source };
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut noticed = false;
        loop {
            let mut file = open(&path, manifest)?;
            if try_lock(&file).map_err(failed)? {
                // If the file was deleted between opening and locking it, the next process
                // creates another one, and both would hold a lock. On a file system without stable
                // file numbers this always fails, so the time counts towards the timeout.
                if is_current(&file, &path) {
                    // If this fails, the lock is valid; only the holder's name is missing.
                    let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
                    return Ok(Self { file, path });
                }
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

    /// Returns whether the lock file is still the one at its path. If it was deleted, another
    /// process can hold a lock as well.
    pub(in super::super) fn is_valid(&self) -> bool {
        is_at(&self.file, &self.path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Clears the holder's name. Closing the file releases the lock.
        let _ = self.file.set_len(0);
    }
}

/// Tries to lock; returns `false` if another process has the lock.
///
/// The trait is named in full because `std::fs::File` has methods of the same names since Rust
/// 1.89, which would take precedence.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
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

/// Opens the lock file and creates it if needed.
///
/// It must be a plain file with one name: writing the holder's name through a planted link would
/// empty another file.
#[expect(clippy::disallowed_methods, reason = "the lock is a file")]
fn open(path: &Path, manifest: &Path) -> Result<File> {
    let failed = |source| Error::Io { action: "lock", path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            return Err(Error::NotAFile { path: path.to_owned(), found: FileKind::Link });
        }
        Ok(found) => {
            require_file(path, &found)?;
            if has_other_names(&found) {
                return Err(failed(io::Error::other("the lock file has more than one hard link")));
            }
        }
        Err(_) => match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
            Ok(file) => {
                // Every user who may write the manifest must be able to lock it.
                if let Ok(manifest) = fs::metadata(manifest) {
                    let _ = copy_ownership(&file, &manifest);
                }
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        },
    }
    // On a network file system, an exclusive lock needs a file opened for writing.
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            File::open(path).map_err(failed)
        }
        result => result.map_err(failed),
    }
}

#[expect(clippy::disallowed_methods, reason = "the store creates the manifest's folder")]
fn create_folder(manifest: &Path) -> Result<()> {
    let folder = folder(manifest);
    fs::create_dir_all(folder).map_err(|source| Error::Io {
        action: "create",
        path: folder.to_owned(),
        source,
    })
}

/// Returns the description of the holder, or `None` if that process has ended: a killed process
/// does not clear its name.
fn read_holder(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(200).read_to_string(&mut text).ok()?;
    let id = text.strip_prefix("process ")?.split(' ').next()?;
    let ended = Path::new("/proc/self").exists() && !Path::new("/proc").join(id).exists();
    Some(text).filter(|_| !ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_stable_lock_file_ends_with_the_timeout() {
        let folder = std::env::temp_dir().join(format!("registry-lock-{}", std::process::id()));
        let manifest = folder.join("manifest.json");
        create_folder(&manifest).expect("a folder");
        let asked = std::cell::Cell::new(0_u32);
        let never = |_: &File, _: &Path| {
            asked.set(asked.get() + 1);
            false
        };
        let timeout = Duration::from_millis(100);
        let result = Lock::acquire_where(&manifest, timeout, "me", &|_, _| {}, never);
        assert!(matches!(result, Err(Error::LockTimeout { .. })));
        // Without a pause between attempts, there would have been thousands.
        assert!(asked.get() < 60, "asked {} times", asked.get());
        #[expect(clippy::disallowed_methods, reason = "the test cleans up")]
        fs::remove_file(sibling(&manifest, ".lock")).expect("the lock file");
    }
}
