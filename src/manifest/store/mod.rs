//! Every byte on disk. It knows how to lock, load and save, and not what a change means.
//!
//! Limits: an exclusive lock keeps users of this library from each other. A program that writes
//! the manifest without the lock is noticed up to the moment of the rename and not after, and
//! what it read before our write and writes after it is lost. On a network file system the lock
//! is as good as that system's `flock`.

mod file;
pub mod files;
mod location;
#[cfg_attr(not(feature = "remote"), path = "no_object_store.rs")]
mod object_store;
mod remote;
mod revision;

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

/// Another program may be writing the manifest in place: how long a cut text may stay cut.
const TORN_READ: Duration = Duration::from_secs(1);

/// How often a change is applied anew because another program was faster.
const ATTEMPTS: u32 = 5;

/// Past this size a file is no manifest, and reading it could take all memory.
const MAX_SIZE: u64 = 4 << 30;

/// What an update would do.
#[derive(Debug)]
pub struct Preview<T> {
    /// What the change answered.
    pub answer: T,
    /// The manifest as it is.
    pub before: Manifest,
    /// The manifest as it would be.
    pub after: Manifest,
}

/// A manifest file: read without a lock, changed under one.
///
/// With the feature `remote` the path can be the URL of an object in an object store, such as
/// `s3://bucket/registry/manifest.json`. It is read with one request, and changed with a write that
/// is conditional on the version that was read.
#[derive(Clone)]
pub struct Store {
    path: PathBuf,
    lock_timeout: Duration,
    holder: String,
    on_wait: Arc<WaitNotice>,
    remote: Remote,
    /// The object that the path names, once that is known.
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
    /// The store in this file. Nothing is read yet, and the file need not be there.
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

    /// Sets what access to an object store needs. A file needs nothing.
    #[must_use]
    pub fn remote(mut self, remote: Remote) -> Self {
        self.remote = remote;
        self
    }

    /// How long a change waits for the lock; 30 s unless this says otherwise.
    #[must_use]
    pub const fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// What others are told who wait for this process; a line of text.
    #[must_use]
    pub fn holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// Called once, with the lock file and what its holder says of itself, when a change has
    /// waited for half a second.
    #[must_use]
    pub fn on_wait(mut self, notice: impl Fn(&Path, Option<&str>) + Send + Sync + 'static) -> Self {
        self.on_wait = Arc::new(notice);
        self
    }

    /// The file, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The object that the path names; `None` if it names a file.
    fn object(&self) -> Result<Option<&Object>> {
        if self.object.get().is_none() {
            let object = Object::find(&self.path, &self.remote, self.lock_timeout)?;
            return Ok(self.object.get_or_init(|| object).as_ref());
        }
        Ok(self.object.get().and_then(Option::as_ref))
    }

    /// Whether the manifest exists.
    ///
    /// # Errors
    /// [`Error::Remote`].
    pub fn exists(&self) -> Result<bool> {
        match self.object()? {
            Some(object) => Ok(object.read(|_| Ok(()))?.is_some()),
            None => Ok(files::exists(&self.path)),
        }
    }

    /// Reads the manifest. A file that is not there is a manifest without models.
    ///
    /// Needs no lock and no right to write: every write replaces the file as a whole. When the
    /// text is cut short, another program may be writing it in place, so it is read again for up
    /// to a second.
    ///
    /// # Errors
    /// [`Error::BadDocument`], [`Error::NotAFile`] or [`Error::Io`].
    pub fn load(&self) -> Result<Manifest> {
        Ok(self.load_snapshot()?.0.unwrap_or_default())
    }

    /// Reads one model and passes over the others unbuilt: in a manifest of 100,000 versions
    /// this is many times faster than [`Store::load`] and needs little memory.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`], or those of [`Store::load`].
    pub fn load_model(&self, name: &str) -> Result<Model> {
        match self.find_model(name, |_| true)? {
            Some(model) => Ok(model),
            // Whatever is the matter, reading the whole file says what and where.
            None => self.load()?.into_model(name),
        }
    }

    /// The version of a model that serves. The fastest question: no other version is built.
    ///
    /// # Errors
    /// Those of [`Store::load_model`] and of [`Model::production`].
    ///
    /// ```no_run
    /// # use model_registry::Store;
    /// let store = Store::new("artifacts/registry/manifest.json");
    /// println!("{}", store.production("minutes_v1_lgbm")?.artifact_path());
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn production(&self, model: &str) -> Result<ModelVersion> {
        // The version that the pointer names bears the label, unless somebody edited the file. What
        // has no heading that can be read is kept, so that it is found to be wrong.
        // Of names only hashes are kept; should two be equal by chance, the file is read whole.
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
            // A connection that breaks is an error of reading, after which it is read again.
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

    /// Reads a manifest from a stream, such as standard input; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::BadDocument`] or [`Error::Io`].
    pub fn read_from(input: impl Read, name: &Path) -> Result<Manifest> {
        Manifest::parse(read_all(input, name)?, name)
    }

    /// Reads a text that is named by a path or a URL, such as a policy.
    ///
    /// # Errors
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

    /// Reads a text file beside the manifest, such as its policy; `None` only if nothing of this
    /// name is there. Where the manifest is a link, beside means where the link is, or else where
    /// it leads.
    ///
    /// # Errors
    /// Those of [`read_text`](crate::files::read_text); a link that leads nowhere is an error.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
    pub fn read_beside(&self, name: &str) -> Result<Option<(PathBuf, String)>> {
        if let Some(object) = self.object()? {
            let found = object.read_beside(name, |body| read_all(body, Path::new(name)))?;
            return Ok(found.map(|(url, text)| (PathBuf::from(url), text)));
        }
        for manifest in [self.path.clone(), file::target(&self.path)?] {
            let path = manifest.with_file_name(name);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::Io { action: "read", path, source }),
                Ok(_) => {
                    let text = files::read_text(&path)?;
                    return Ok(Some((path, text)));
                }
            }
        }
        Ok(None)
    }

    /// Changes the manifest: lock, load, change, save. When `change` fails or changes nothing,
    /// the file stays as it is.
    ///
    /// `change` may run more than once, each time on a manifest just read.
    ///
    /// # Errors
    /// Those of `change`, those of [`Store::load`], [`Error::LockTimeout`],
    /// [`Error::Contended`], and [`Error::Unconfirmed`] when the new manifest is in place but may
    /// not outlive a power failure.
    pub fn update<T>(&self, mut change: impl FnMut(&mut Manifest) -> Result<T>) -> Result<T> {
        if let Some(object) = self.object()? {
            return object.update(change);
        }
        let target = file::target(&self.path)?;
        if !file::sibling(&target, ".lock").exists() {
            // The first change beside this manifest. If it is refused, it leaves no folder and no
            // lock file behind.
            let before = self.load()?;
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
                // Released first: if it is valid after all, this process would wait for itself.
                drop(lock);
                lock = acquire()?;
            }
            let (found, snapshot) = self.load_snapshot()?;
            let before = found.unwrap_or_default();
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

    /// Writes a manifest over whatever is there, without a lock. This is for a file that nobody
    /// else writes, such as the one that git hands to a merge driver; the registry itself is
    /// changed by [`Store::update`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for a manifest that could not be read again, [`Error::Io`],
    /// [`Error::NotAFile`] or [`Error::Unconfirmed`].
    pub fn overwrite(&self, manifest: &Manifest) -> Result<()> {
        manifest.validate()?;
        let target = file::target(&self.path)?;
        file::overwrite(&target, &content(manifest))
    }

    /// Does everything that [`Store::update`] does up to the writing: the answer of `change`, and
    /// the manifest before and after. Not even a lock file is made.
    ///
    /// # Errors
    /// Those of `change` and of [`Store::load`]; [`Error::Io`] if the file may not be written.
    pub fn preview<T>(
        &self,
        change: impl FnOnce(&mut Manifest) -> Result<T>,
    ) -> Result<Preview<T>> {
        let before = self.load()?;
        let mut after = before.clone();
        let answer = change(&mut after)?;
        after.validate()?;
        if after != before && self.object()?.is_none() {
            file::require_writable(&file::target(&self.path)?)?;
        }
        Ok(Preview { answer, before, after })
    }

    /// The manifest, if there is one, and how its file looked when it was read.
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
        // One byte more than there is, so that the end is seen without growing.
        let mut bytes = Vec::with_capacity(size + 1);
        file.read_to_end(&mut bytes).map_err(failed)?;
        let written_meanwhile = !snapshot.still_holds(&file);
        let parsed = files::decode(bytes, &self.path)
            .and_then(|text| Manifest::parse(text, &self.path))
            .map(|manifest| (Some(manifest), snapshot));
        Ok(ReadFile { parsed, written_meanwhile })
    }
}

/// Reads a text to its end; `name` is what errors call it.
fn read_all(input: impl Read, name: &Path) -> Result<String> {
    let failed = |source| Error::Io { action: "read", path: name.to_owned(), source };
    let mut bytes = Vec::new();
    input.take(MAX_SIZE).read_to_end(&mut bytes).map_err(failed)?;
    files::decode(bytes, name)
}

/// What came of reading the manifest once.
struct ReadFile {
    parsed: Result<(Option<Manifest>, Snapshot)>,
    /// Whether another program wrote the file in place during the reading. The text may then be a
    /// mixture of two versions, even if it can be parsed.
    written_meanwhile: bool,
}

/// Passes on the text of a manifest, piece by piece.
fn content(manifest: &Manifest) -> impl Fn(&mut file::Put<'_>) {
    |put| manifest.write(&mut |piece| put(piece.as_bytes()))
}

/// Opens a file for reading; `None` if there is none.
///
/// Looks before it opens, since opening a pipe that nobody writes to would wait for ever.
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
