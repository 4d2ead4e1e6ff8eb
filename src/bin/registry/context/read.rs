//! Reads the manifest and the policy: from a file, an object store, standard input or a revision.

use std::path::{Path, PathBuf};

use anyhow::Result;
use model_registry::git::{baseline_at, manifest_at, policy_at, target_at};
use model_registry::{Error, Manifest, Model, ModelVersion, Policy, Store, files};

use super::Context;
use crate::discovery::{DEFAULT_MANIFEST, nearer};
use crate::errors::Usage;

/// File name of the policy beside a manifest.
const POLICY: &str = "policy.toml";

impl Context {
    /// Reads the manifest.
    pub(crate) fn load(&self) -> Result<Manifest> {
        match &self.at {
            Some(revision) => self.load_at(revision),
            None if self.is_stdin() => Self::load_stdin(),
            None => self.read(Store::load, |read| {
                read.as_ref().is_ok_and(|manifest| manifest.models().is_empty())
            }),
        }
    }

    /// Reads another manifest: `-` is standard input, a name that begins with `./`, `../` or `/` is
    /// a file, one with `://` is an object in a store, and any other name is a revision.
    ///
    /// A name that could be a revision is never looked up as a file, since someone who adds files
    /// to the repository could then choose what is read.
    pub(crate) fn load_named(&self, name: &str) -> Result<Manifest> {
        if name == "-" {
            return Self::load_stdin();
        }
        if is_file_name(name) {
            return self.load_file(Path::new(name));
        }
        match self.load_at(name) {
            // A manifest that is not committed yet has no models, as on disk.
            Err(error) if is_missing(&error) => {
                self.printer.note(&format!("{error}; using a manifest without models"));
                Ok(Manifest::default())
            }
            result => result,
        }
    }

    /// Reads the manifest as of the revision to check against.
    pub(crate) fn load_baseline(&self, revision: &str) -> Result<Manifest> {
        self.require_revisions()?;
        Ok(baseline_at(self.manifest(), revision)?)
    }

    /// Returns the path of a manifest that the revision has nearer to the working directory than the one
    /// that was found: a change that deletes it must not make another one be checked.
    pub(crate) fn nearer_at(&self, revision: &str) -> Result<Option<PathBuf>> {
        if self.is_named() {
            return Ok(None);
        }
        for path in nearer(self.manifest()) {
            match baseline_at(&path, revision) {
                Err(Error::NotInRevision { is_link: false, .. }) => {}
                Ok(_) | Err(Error::NotInRevision { .. } | Error::BadDocument { .. }) => {
                    return Ok(Some(path));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Reads a manifest from a file or an object that must exist.
    pub(crate) fn load_file(&self, path: &Path) -> Result<Manifest> {
        Ok(Manifest::parse(self.open(path).read_named(path)?, path)?)
    }

    fn load_at(&self, revision: &str) -> Result<Manifest> {
        self.require_revisions()?;
        Ok(manifest_at(self.manifest(), revision)?)
    }

    /// Makes sure that the manifest can have revisions.
    fn require_revisions(&self) -> Result<()> {
        if self.is_stdin() {
            let problem = "a manifest on standard input has no revisions";
            return Err(Usage(problem.to_owned()).into());
        }
        self.require_file()
    }

    /// Makes sure that the manifest is a file, and so can be in a git repository.
    pub(crate) fn require_file(&self) -> Result<()> {
        if !files::is_url(self.manifest()) {
            return Ok(());
        }
        let url = self.manifest().display();
        Err(Usage(format!("only a file can be in a git repository, not `{url}`")).into())
    }

    pub(crate) fn load_stdin() -> Result<Manifest> {
        Ok(Manifest::from_reader(std::io::stdin(), Path::new("standard input"))?)
    }

    /// Returns whether the manifest exists, or may exist.
    pub(crate) fn exists(&self) -> bool {
        // Reading the manifest reports an object store that does not respond.
        self.at.is_some() || self.is_stdin() || self.open(self.manifest()).exists().unwrap_or(true)
    }

    /// Reads one model.
    pub(crate) fn load_model(&self, name: &str) -> Result<Model> {
        if self.at.is_some() || self.is_stdin() {
            return Ok(self.load()?.into_model(name)?);
        }
        self.read(|store| store.load_model(name), is_without_models)
    }

    /// Reads the version of a model that is current in prod.
    pub(crate) fn production(&self, model: &str) -> Result<ModelVersion> {
        if self.at.is_some() || self.is_stdin() {
            return Ok(self.load()?.production(model)?.clone());
        }
        self.read(|store| store.production(model), is_without_models)
    }

    /// Reads the named policy, or the one beside the manifest.
    ///
    /// A named policy must exist, and an existing policy must be valid.
    pub(crate) fn policy(&self, named: Option<&Path>) -> Result<Policy> {
        if let Some(path) = named.or(self.policy.as_deref()) {
            return Ok(Policy::parse(&self.open(path).read_small(path)?, path)?);
        }
        if self.is_stdin() {
            return Ok(Policy::default());
        }
        match self.open(self.manifest()).read_beside(POLICY)? {
            Some((path, text)) => Ok(Policy::parse(&text, &path)?),
            None => Ok(Policy::default()),
        }
    }

    /// Reads the policy as of a revision: the named file, which must exist, or else the one beside
    /// the manifest.
    pub(crate) fn policy_at(&self, named: Option<&Path>, revision: &str) -> Result<Policy> {
        let is_named = named.or(self.policy.as_deref()).is_some();
        let is_missing = |found: &model_registry::Result<Policy>| {
            !is_named && matches!(found, Err(Error::NotInRevision { is_link: false, .. }))
        };
        let mut found = policy_at(&self.policy_path(named), revision);
        // As for a change: beside the manifest, and if that is a link, beside the file.
        if is_missing(&found)
            && let Some(target) = target_at(self.manifest(), revision)?
        {
            found = policy_at(&target.with_file_name(POLICY), revision);
        }
        if is_missing(&found) { Ok(Policy::default()) } else { Ok(found?) }
    }

    /// Returns the path of the named policy, or of the one beside the manifest.
    pub(crate) fn policy_path(&self, named: Option<&Path>) -> PathBuf {
        let named = named.or(self.policy.as_deref()).map(Path::to_owned);
        named.unwrap_or_else(|| self.manifest().with_file_name(POLICY))
    }

    /// Reads the policy beside a manifest that [`Context::load_named`] reads; `None` unless its
    /// name is a revision.
    pub(crate) fn policy_of(&self, name: &str) -> Result<Option<Policy>> {
        if name == "-" || is_file_name(name) || self.is_stdin() {
            return Ok(None);
        }
        self.policy_at(None, name).map(Some)
    }

    /// Reads the manifest with `read`. `is_absent` gets the result for the default path, and is
    /// `true` if that path has no manifest.
    ///
    /// Most commands run in the project root, so the default path is tried before parent folders.
    fn read<T>(
        &self,
        read: impl Fn(&Store) -> model_registry::Result<T>,
        is_absent: impl Fn(&model_registry::Result<T>) -> bool,
    ) -> Result<T> {
        let default = Path::new(DEFAULT_MANIFEST);
        if !self.is_named() {
            let result = read(&self.open(default));
            if !is_absent(&result) || self.manifest() == default {
                return Ok(result?);
            }
        }
        Ok(read(&self.open(self.manifest()))?)
    }
}

/// Returns whether a manifest has no models, like one that does not exist.
fn is_without_models<T>(read: &model_registry::Result<T>) -> bool {
    matches!(read, Err(Error::ModelNotFound { present, .. }) if present.is_empty())
}

/// Returns whether a name can only be a file, not a revision.
pub(crate) fn is_file_name(name: &str) -> bool {
    let path = Path::new(name);
    let starts = ["./", "../", "/"].iter().any(|start| name.starts_with(start));
    starts || path.is_absolute() || files::is_url(path)
}

/// Returns whether the revision exists but does not contain the manifest.
pub(crate) fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::NotInRevision { is_link: false, .. }))
}
