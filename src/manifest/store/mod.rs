//! Reads and writes manifests: locking, loading and saving.
//!
//! Limits: an exclusive lock serialises the users of this library. A program that writes the
//! manifest without the lock is noticed only until our rename; if it read the manifest before that
//! and writes afterwards, our change is lost. On a network file system, the lock depends on that
//! system's `flock`.

mod file;
pub mod files;
mod location;
#[cfg_attr(not(feature = "remote"), path = "no_object_store.rs")]
mod object_store;
pub(crate) mod objects;
mod read;
mod remote;
mod revision;
mod texts;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Manifest;
use crate::error::{Error, Result};
use file::{Lock, WaitNotice};
use object_store::Object;
pub use remote::Remote;
pub use revision::Revision;
pub use watch::WatchedFolder;

/// Number of attempts at a change while another program keeps changing the file.
const ATTEMPTS: u32 = 5;

/// The result of an update that was not written.
#[derive(Debug)]
pub struct Preview<T> {
    /// Return value of the change.
    pub answer: T,
    /// The manifest before the change.
    pub before: Manifest,
    /// The manifest after the change.
    pub after: Manifest,
}

/// A manifest file, read without a lock and changed under one.
///
/// With the feature `remote`, the path can be the URL of an object in an object store, such as
/// `s3://bucket/registry/manifest.json`. It is read with one request, and changed with a write that
/// is conditional on the version that was read.
#[derive(Clone)]
pub struct Store {
    path: PathBuf,
    lock_timeout: Duration,
    holder: String,
    on_wait: Arc<WaitNotice>,
    remote: Remote,
    /// The object that the path names, once it has been looked up.
    object: Arc<OnceLock<Option<Object>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, lock_timeout, .. } = self;
        formatter
            .debug_struct("Store")
            .field("path", path)
            .field("lock_timeout", lock_timeout)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Creates a store for a path. Nothing is read yet, and the file need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            lock_timeout: Duration::from_secs(30),
            holder: format!("process {}", std::process::id()),
            on_wait: Arc::new(|_, _| {}),
            remote: Remote::default(),
            object: Arc::default(),
        }
    }

    /// Sets the access to object stores. Files do not need it.
    #[must_use]
    pub fn remote(mut self, remote: Remote) -> Self {
        self.remote = remote;
        self
    }

    /// Sets how long a change waits for the lock. The default is 30 s.
    #[must_use]
    pub const fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Sets the description of this process that others see while they wait for it, in one line.
    #[must_use]
    pub fn holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// Sets a function to call when a change has waited for the lock for half a second.
    ///
    /// It gets the lock file and the description of its holder, and is called once.
    #[must_use]
    pub fn on_wait(mut self, notice: impl Fn(&Path, Option<&str>) + Send + Sync + 'static) -> Self {
        self.on_wait = Arc::new(notice);
        self
    }

    /// Returns the path that was passed to [`Store::new`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the object that the path names, or `None` if it names a file.
    fn object(&self) -> Result<Option<&Object>> {
        if self.object.get().is_none() {
            let object = Object::find(&self.path, &self.remote, self.lock_timeout)?;
            return Ok(self.object.get_or_init(|| object).as_ref());
        }
        Ok(self.object.get().and_then(Option::as_ref))
    }

    /// Returns whether the manifest exists.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a URL that does not name an object, or [`Error::Remote`]. For a file,
    /// there are none.
    pub fn exists(&self) -> Result<bool> {
        match self.object()? {
            Some(object) => Ok(object.read(|_| Ok(()))?.is_some()),
            None => Ok(files::exists(&self.path)),
        }
    }

    /// Changes the manifest: locks, loads, changes and saves it.
    ///
    /// If `change` fails or changes nothing, the file is not written. `change` may run more than
    /// once, each time on a manifest that was just read.
    ///
    /// # Errors
    ///
    /// Those of `change` and of [`Store::load`]; [`Error::LockTimeout`], [`Error::Contended`],
    /// [`Error::Invalid`] for a manifest that could not be parsed again, and [`Error::Unconfirmed`]
    /// if the new manifest is in place but may not survive a power failure.
    pub fn update<T>(&self, mut change: impl FnMut(&mut Manifest) -> Result<T>) -> Result<T> {
        if let Some(object) = self.object()? {
            return object.update(|manifest| {
                manifest.require_manifest(&self.path)?;
                change(manifest)
            });
        }
        let target = file::target(&self.path)?;
        if !file::sibling(&target, ".lock").exists() {
            // Tries the first change without a lock: if it is refused, it leaves no folder and no
            // lock file behind.
            let before = self.load()?;
            let (answer, after) = self.changed(&before, &mut change)?;
            if after == before {
                return Ok(answer);
            }
            file::require_writable(&target)?;
        }
        let acquire = || Lock::acquire(&target, self.lock_timeout, &self.holder, &*self.on_wait);
        let mut lock = acquire()?;
        file::remove_leftovers(&target);
        for _ in 0..ATTEMPTS {
            if !lock.is_valid() {
                // The old lock is released first: if it is valid after all, this process would wait
                // for itself.
                drop(lock);
                lock = acquire()?;
            }
            let (found, snapshot) = self.load_snapshot()?;
            let before = found.unwrap_or_default();
            let (answer, after) = self.changed(&before, &mut change)?;
            if after == before {
                return Ok(answer);
            }
            after.validate()?;
            if file::replace(&target, &content(&after), &snapshot, &lock)? {
                return Ok(answer);
            }
        }
        Err(Error::Contended { path: self.path.clone(), attempts: ATTEMPTS })
    }

    /// Replaces the file without a lock and without comparing its content.
    ///
    /// This is for a file that nobody else writes, such as the one that git passes to a merge
    /// driver. To change a registry, use [`Store::update`].
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a manifest that could not be parsed again, [`Error::Io`],
    /// [`Error::NotAFile`] or [`Error::Unconfirmed`].
    pub fn overwrite(&self, manifest: &Manifest) -> Result<()> {
        manifest.require_manifest(&self.path)?;
        manifest.validate()?;
        let target = file::target(&self.path)?;
        file::overwrite(&target, &content(manifest))
    }

    /// Runs an update without writing, and returns the manifest before and after it.
    ///
    /// It does not create a lock file either.
    ///
    /// # Errors
    ///
    /// Those of `change` and of [`Store::load`]; [`Error::Invalid`] for a manifest that could not
    /// be parsed again; [`Error::Io`] if the file may not be written.
    pub fn preview<T>(
        &self,
        change: impl FnOnce(&mut Manifest) -> Result<T>,
    ) -> Result<Preview<T>> {
        let before = self.load()?;
        let (answer, after) = self.changed(&before, change)?;
        after.validate()?;
        if after != before && self.object()?.is_none() {
            file::require_writable(&file::target(&self.path)?)?;
        }
        Ok(Preview { answer, before, after })
    }

    /// Applies a change to a copy of a manifest. Returns what the change returns, and the copy.
    fn changed<T>(
        &self,
        before: &Manifest,
        change: impl FnOnce(&mut Manifest) -> Result<T>,
    ) -> Result<(T, Manifest)> {
        before.require_manifest(&self.path)?;
        let mut after = before.clone();
        let answer = change(&mut after)?;
        Ok((answer, after))
    }
}

/// Returns a function that writes the text of a manifest in pieces.
fn content(manifest: &Manifest) -> impl Fn(&mut file::Put<'_>) {
    |put| manifest.write(&mut |piece| put(piece.as_bytes()))
}
