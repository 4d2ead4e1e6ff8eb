//! Reads the manifest: all of it, one model, or the version in production.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use super::super::stream::{Found, find_model};
use super::super::version::heading;
use super::super::{Manifest, Model, ModelVersion, Stage};
use super::file::{Snapshot, require_file};
use super::{Store, files};
use crate::error::{Error, Result};

/// How long to wait for another program that writes the manifest in place.
const TORN_READ: Duration = Duration::from_secs(1);

/// Largest accepted file, so that reading never takes all memory.
const MAX_SIZE: u64 = 4 << 30;

impl Store {
    /// Reads the manifest. A missing file counts as a manifest without models.
    ///
    /// Reading needs neither a lock nor write access, since every write replaces the whole file. A
    /// truncated file is read again for up to a second, because another program may be writing it
    /// in place.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`], [`Error::NotAFile`] or [`Error::Io`]. For a URL also
    /// [`Error::Invalid`] or [`Error::Remote`].
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
        let selects = |text: &str| match heading(text) {
            Some((version, stage)) => {
                twice |= !names.insert(hasher.hash_one(&*version));
                stage == Stage::Prod
            }
            None => true,
        };
        if let Some(model) = self.find_model(model, selects)?
            && !twice
            && let Ok(version) = model.production()
        {
            return Ok(version.clone());
        }
        self.load_model(model)?.production().cloned()
    }

    /// Reads a model with the versions that `selects` accepts; `None` if the whole file must be
    /// loaded.
    fn find_model(
        &self,
        name: &str,
        mut selects: impl FnMut(&str) -> bool,
    ) -> Result<Option<Model>> {
        if let Some(object) = self.object()? {
            // A broken connection is a read error, after which the object is read again.
            let found = object.read(|body| Ok(find_model(body, name, &mut selects)))?;
            return Ok(match found {
                Some(Ok(Found::Model(model))) => Some(*model),
                _ => None,
            });
        }
        let Some((file, metadata)) = open(&self.path)? else { return Ok(None) };
        let found = find_model(&file, name, selects);
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

    /// Reads the manifest, if it exists, and the state of its file.
    pub(super) fn load_snapshot(&self) -> Result<(Option<Manifest>, Snapshot)> {
        if let Some(object) = self.object()? {
            let manifest = object.read(|body| Manifest::from_reader(body, &self.path))?;
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

    /// Reads and parses the file once.
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

impl Manifest {
    /// Reads a manifest from a stream, such as standard input; errors name it by `path`.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`] or [`Error::Io`].
    ///
    /// ```
    /// use model_registry::Manifest;
    ///
    /// let manifest = Manifest::from_reader(&b"{\"models\": {}}"[..], "a pipe".as_ref())?;
    /// assert!(manifest.models().is_empty());
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn from_reader(reader: impl Read, path: &Path) -> Result<Self> {
        Self::parse(read_all(reader, path)?, path)
    }
}

/// Reads a text to its end; errors name it `name`.
pub(super) fn read_all(input: impl Read, name: &Path) -> Result<String> {
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

/// Opens a file for reading, or returns `None` if it does not exist.
///
/// It checks the kind of the file first, since opening a pipe without a writer would block.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
pub(super) fn open(path: &Path) -> Result<Option<(File, fs::Metadata)>> {
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
