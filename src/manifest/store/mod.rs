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
mod remote;
mod revision;
mod watch;

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::stream::{Found, find_model};
use super::version::heading;
use super::{Manifest, Model, ModelVersion, Stage};
use crate::error::{Error, Result};
use file::{Lock, Snapshot, WaitNotice, require_file};
use object_store::Object;
pub use remote::Remote;
pub use revision::Revision;
pub use watch::WatchedFolder;

/// How long to wait for another program that writes the manifest in place.
const TORN_READ: Duration = Duration::from_secs(1);

/// How often a change is tried again because another program was faster.
const ATTEMPTS: u32 = 5;

/// Largest accepted file, so that reading never takes all memory.
const MAX_SIZE: u64 = 4 << 30;

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
    /// [`Error::Remote`].
    pub fn exists(&self) -> Result<bool> {
        match self.object()? {
            Some(object) => Ok(object.read(|_| Ok(()))?.is_some()),
            None => Ok(files::exists(&self.path)),
        }
    }

    /// Reads the manifest. A missing file counts as a manifest without models.
    ///
    /// Reading needs neither a lock nor write access, since every write replaces the whole file. A
    /// truncated file is read again for up to a second, because another program may be writing it
    /// in place.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`], [`Error::NotAFile`] or [`Error::Io`].
    pub fn load(&self) -> Result<Manifest> {
        Ok(self.load_snapshot()?.0.unwrap_or_default())
    }

    /// Reads one model and skips the others.
    ///
    /// In a manifest of 100,000 versions, this is many times faster than [`Store::load`] and needs
    /// little memory.
    ///
    /// # Errors
    ///
    /// [`Error::ModelNotFound`], or those of [`Store::load`].
    pub fn load_model(&self, name: &str) -> Result<Model> {
        match self.find_model(name, |_| true)? {
            Some(model) => Ok(model),
            // Loading the whole file reports what is wrong and where.
            None => self.load()?.into_model(name),
        }
    }

    /// Returns the version of a model that is current in prod.
    ///
    /// This is the fastest lookup, because no other version is built.
    ///
    /// # Errors
    ///
    /// Those of [`Store::load_model`] and of [`Model::production`].
    ///
    /// ```no_run
    /// # use model_registry::Store;
    /// let store = Store::new("artifacts/registry/manifest.json");
    /// println!("{}", store.production("minutes_v1_lgbm")?.artifact_path());
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn production(&self, model: &str) -> Result<ModelVersion> {
        // The current version is labelled `prod`, unless somebody edited the file. Versions whose
        // heading cannot be read are kept, so that they are reported as invalid. Only hashes of
        // names are kept; if two of them collide, the whole file is loaded.
        let (hasher, mut names, mut twice) = (RandomState::new(), HashSet::new(), false);
        let wanted = |text: &str| match heading(text) {
            Some((version, stage)) => {
                twice |= !names.insert(hasher.hash_one(&*version));
                stage == Stage::Prod
            }
            None => true,
        };
        if let Some(model) = self.find_model(model, wanted)?
            && !twice
            && let Ok(version) = model.production()
        {
            return Ok(version.clone());
        }
        self.load_model(model)?.production().cloned()
    }

    fn find_model(
        &self,
        name: &str,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<Option<Model>> {
        if let Some(object) = self.object()? {
            // A broken connection is a read error, after which the object is read again.
            let found = object.read(|body| Ok(find_model(body, name, &mut wanted)))?;
            return Ok(match found {
                Some(Ok(Found::Model(model))) => Some(*model),
                _ => None,
            });
        }
        let Some((file, metadata)) = open(&self.path)? else { return Ok(None) };
        let found = find_model(&file, name, wanted);
        if !Snapshot::of(&metadata).still_holds(&file) {
            return Ok(None);
        }
        match found {
            Ok(Found::Model(model)) => Ok(Some(*model)),
            Ok(Found::Absent(present)) => {
                Err(Error::ModelNotFound { model: name.to_owned(), present })
            }
            _ => Ok(None),
        }
    }

    /// Reads a manifest from a stream, such as standard input; errors name it `name`.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`] or [`Error::Io`].
    pub fn read_from(input: impl Read, name: &Path) -> Result<Manifest> {
        Manifest::parse(read_all(input, name)?, name)
    }

    /// Reads a text from a path or a URL, such as a policy.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`](crate::files::read_text), and [`Error::Remote`].
    pub fn read_named(&self, path: &Path) -> Result<String> {
        let Some(object) = Object::find(path, &self.remote, self.lock_timeout)? else {
            return files::read_text(path);
        };
        let text = object.read(|body| read_all(body, path))?;
        text.ok_or_else(|| Error::Io {
            action: "read",
            path: path.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    /// Reads a text of at most a megabyte from a path or a URL, such as a policy.
    ///
    /// # Errors
    ///
    /// Those of [`Store::read_named`], and [`Error::BadDocument`] for a larger one, of which no more
    /// is read.
    pub fn read_small(&self, path: &Path) -> Result<String> {
        let Some(object) = Object::find(path, &self.remote, self.lock_timeout)? else {
            return files::read_small_text(path);
        };
        let text = object.read(|body| files::read_small(body, path))?;
        text.ok_or_else(|| Error::Io {
            action: "read",
            path: path.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    /// Reads a text file of at most a megabyte beside the manifest, such as its policy.
    ///
    /// Returns `None` only if nothing has this name. If the manifest is a link, the file is looked
    /// for beside the link first, then beside its target.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`](crate::files::read_text); a dangling link is an error.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
    pub fn read_beside(&self, name: &str) -> Result<Option<(PathBuf, String)>> {
        if let Some(object) = self.object()? {
            let found =
                object.read_beside(name, |body| files::read_small(body, Path::new(name)))?;
            return Ok(found.map(|(url, text)| (PathBuf::from(url), text)));
        }
        for manifest in [self.path.clone(), file::target(&self.path)?] {
            let path = manifest.with_file_name(name);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::Io { action: "read", path, source }),
                Ok(_) => {
                    let text = files::read_small_text(&path)?;
                    return Ok(Some((path, text)));
                }
            }
        }
        Ok(None)
    }

    /// Changes the manifest: locks, loads, changes and saves it.
    ///
    /// If `change` fails or changes nothing, the file is not written. `change` may run more than
    /// once, each time on a manifest that was just read.
    ///
    /// # Errors
    ///
    /// Those of `change`, those of [`Store::load`], [`Error::LockTimeout`],
    /// [`Error::Contended`], and [`Error::Unconfirmed`] if the new manifest is in place but may
    /// not survive a power failure.
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
            before.require_manifest(&self.path)?;
            let mut after = before.clone();
            let answer = change(&mut after)?;
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
                // If the lock is valid after all, this process would wait for itself.
                drop(lock);
                lock = acquire()?;
            }
            let (found, snapshot) = self.load_snapshot()?;
            let before = found.unwrap_or_default();
            before.require_manifest(&self.path)?;
            let mut after = before.clone();
            let answer = change(&mut after)?;
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
    /// Those of `change` and of [`Store::load`]; [`Error::Io`] if the file may not be written.
    pub fn preview<T>(
        &self,
        change: impl FnOnce(&mut Manifest) -> Result<T>,
    ) -> Result<Preview<T>> {
        let before = self.load()?;
        before.require_manifest(&self.path)?;
        let mut after = before.clone();
        let answer = change(&mut after)?;
        after.validate()?;
        if after != before && self.object()?.is_none() {
            file::require_writable(&file::target(&self.path)?)?;
        }
        Ok(Preview { answer, before, after })
    }

    /// Reads the manifest, if it exists, and the state of its file.
    fn load_snapshot(&self) -> Result<(Option<Manifest>, Snapshot)> {
        if let Some(object) = self.object()? {
            let manifest = object.read(|body| Self::read_from(body, &self.path))?;
            return Ok((manifest, Snapshot::absent()));
        }
        let started = Instant::now();
        let mut pause = Duration::from_millis(5);
        loop {
            let (result, written_meanwhile) = match self.read_once() {
                Err(error) => (Err(error), false),
                Ok(read) => (read.parsed, read.written_meanwhile),
            };
            let incomplete = matches!(
                &result,
                Err(Error::BadDocument { reason, .. }) if reason.is_incomplete()
            );
            if !(incomplete || written_meanwhile) || started.elapsed() >= TORN_READ {
                return result;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    fn read_once(&self) -> Result<ReadFile> {
        let Some((mut file, metadata)) = open(&self.path)? else {
            let parsed = Ok((None, Snapshot::absent()));
            return Ok(ReadFile { parsed, written_meanwhile: false });
        };
        let failed = |source| Error::Io { action: "read", path: self.path.clone(), source };
        let snapshot = Snapshot::of(&metadata);
        let size = usize::try_from(metadata.len()).unwrap_or(0);
        // One byte more than the file has, so that reading its end needs no larger buffer.
        let mut bytes = Vec::with_capacity(size + 1);
        file.read_to_end(&mut bytes).map_err(failed)?;
        let written_meanwhile = !snapshot.still_holds(&file);
        let parsed = files::decode(bytes, &self.path)
            .and_then(|text| Manifest::parse(text, &self.path))
            .map(|manifest| (Some(manifest), snapshot));
        Ok(ReadFile { parsed, written_meanwhile })
    }
}

/// Reads a text to its end; errors name it `name`.
fn read_all(input: impl Read, name: &Path) -> Result<String> {
    let failed = |source| Error::Io { action: "read", path: name.to_owned(), source };
    let mut bytes = Vec::new();
    input.take(MAX_SIZE).read_to_end(&mut bytes).map_err(failed)?;
    files::decode(bytes, name)
}

/// The result of reading the file once.
struct ReadFile {
    parsed: Result<(Option<Manifest>, Snapshot)>,
    /// Whether another program wrote the file in place in the meantime. The text may then mix two
    /// versions, even if it can be parsed.
    written_meanwhile: bool,
}

/// Returns a function that writes the text of a manifest in pieces.
fn content(manifest: &Manifest) -> impl Fn(&mut file::Put<'_>) {
    |put| manifest.write(&mut |piece| put(piece.as_bytes()))
}

/// Opens a file for reading, or returns `None` if it does not exist.
///
/// It checks the kind of the file first, since opening a pipe without a writer would block.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
fn open(path: &Path) -> Result<Option<(File, fs::Metadata)>> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(failed)?,
    };
    require_file(path, &metadata)?;
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(failed)?,
    };
    let metadata = file.metadata().map_err(failed)?;
    require_file(path, &metadata)?;
    if metadata.len() > MAX_SIZE {
        let source = io::Error::other("the file is larger than 4 GiB");
        return Err(failed(source));
    }
    Ok(Some((file, metadata)))
}
