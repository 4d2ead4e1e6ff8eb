//! What a verb needs to know of the world: which manifest, what time it is, where to print.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use model_registry::git::{baseline_at, manifest_at};
use model_registry::{
    Error, Manifest, Model, ModelVersion, Policy, Remote, Stage, Store, Timestamp, Verdict, files,
};

use crate::discovery::{self, DEFAULT_MANIFEST};
use crate::output::{Printer, shell_word};

/// What a verb needs to know of the world.
pub(crate) struct Context {
    pub(crate) printer: Printer,
    pub(crate) location: Location,
    /// The git revision to read it from.
    pub(crate) at: Option<String>,
    /// The policy, if the environment names one.
    pub(crate) policy: Option<PathBuf>,
    pub(crate) lock_timeout: Duration,
    /// The command that was given.
    pub(crate) verb: String,
    pub(crate) holder: String,
    /// Reads the clock.
    pub(crate) clock: fn() -> Timestamp,
    /// Who runs this program.
    pub(crate) user: fn() -> String,
    /// Whether other programs find this one by its name.
    pub(crate) on_path: fn() -> bool,
    /// What access to object stores needs.
    pub(crate) remote: fn() -> Remote,
    /// The command line as a whole, to be described.
    pub(crate) command_line: fn() -> clap::Command,
}

/// Where the manifest is. It is looked for in the folders above only when it must be.
pub(crate) struct Location {
    named: Option<PathBuf>,
    found: OnceCell<PathBuf>,
    working_directory: fn() -> PathBuf,
}

impl Location {
    /// The location that an option or a variable names, or one to be found.
    pub(crate) fn new(named: Option<PathBuf>, working_directory: fn() -> PathBuf) -> Self {
        Self { named, found: OnceCell::new(), working_directory }
    }

    fn found(&self) -> &Path {
        self.found.get_or_init(|| discovery::find(&(self.working_directory)(), files::exists))
    }
}

/// The command line asks for something that cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// A gate keeps a version out of a stage: the error, and every rule with what came of it.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Refused {
    pub(crate) error: Error,
    pub(crate) verdicts: Vec<Verdict>,
}

/// A version has no value in a field that a script asks for.
#[derive(Debug, serde::Serialize, thiserror::Error)]
#[error("field `{field}` of version `{version}` of model `{model}` is not set")]
pub(crate) struct FieldNotSet {
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) field: String,
}

/// The answer is printed, and this exit code is a part of it.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct Answered(pub(crate) u8);

/// A merge driver that did nothing. Git takes exit codes up to 128 for a merge with conflicts.
#[derive(Debug, thiserror::Error)]
#[error("cannot merge")]
pub(crate) struct NotMerged;

/// A comparison whose exit code 1 means a difference.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare")]
pub(crate) struct NotCompared;

impl Context {
    /// The path or URL of the manifest.
    pub(crate) fn manifest(&self) -> &Path {
        self.location.named.as_deref().unwrap_or_else(|| self.location.found())
    }

    /// Whether an option or a variable names the manifest.
    pub(crate) fn is_named(&self) -> bool {
        self.location.named.is_some()
    }

    /// Reads the manifest. Most commands run where it is, so that place is read before folders
    /// above are looked at; `is_absent` reports whether nothing was found there.
    fn read<T>(
        &self,
        read: impl Fn(&Store) -> model_registry::Result<T>,
        is_absent: impl Fn(&model_registry::Result<T>) -> bool,
    ) -> Result<T> {
        let usual = Path::new(DEFAULT_MANIFEST);
        if !self.is_named() {
            let answer = read(&self.open(usual));
            if !is_absent(&answer) || self.manifest() == usual {
                return Ok(answer?);
            }
        }
        Ok(read(&self.open(self.manifest()))?)
    }

    /// The store to change.
    pub(crate) fn store(&self) -> Result<Store> {
        if self.at.is_some() {
            let problem = "a manifest as of a revision (--at) can be read, not changed";
            return Err(Usage(problem.to_owned()).into());
        }
        if self.is_stdin() {
            let problem = "a manifest on standard input can be read, not changed";
            return Err(Usage(problem.to_owned()).into());
        }
        let printer = self.printer.clone();
        Ok(self.open(self.manifest()).holder(&self.holder).on_wait(move |lock, holder| {
            let holder = holder.unwrap_or("another process");
            printer.note(&format!("waiting for `{}`, locked by {holder}", lock.display()));
        }))
    }

    /// The store at a path or a URL.
    pub(crate) fn open(&self, path: &Path) -> Store {
        let store = Store::new(path).lock_timeout(self.lock_timeout);
        if files::is_url(path) { store.remote((self.remote)()) } else { store }
    }

    /// The manifest to read.
    pub(crate) fn load(&self) -> Result<Manifest> {
        match &self.at {
            Some(revision) => self.load_at(revision),
            None if self.is_stdin() => Self::load_stdin(),
            None => self.read(Store::load, |read| {
                read.as_ref().is_ok_and(|manifest| manifest.models().is_empty())
            }),
        }
    }

    /// Reads another manifest: `-` is standard input, a name that begins with `./`, `../` or `/` a
    /// file, one with `://` an object in a store, and anything else a revision. A file is never
    /// looked for under a name that a revision can have: whoever adds files to the repository could
    /// choose what is read.
    pub(crate) fn load_named(&self, name: &str) -> Result<Manifest> {
        if name == "-" {
            return Self::load_stdin();
        }
        if is_file_name(name) {
            return self.load_file(Path::new(name));
        }
        match self.load_at(name) {
            // A manifest that is not committed yet is one without models, as on disk.
            Err(error) if is_missing(&error) => {
                self.printer.note(&format!("{error}: taken as a manifest without models"));
                Ok(Manifest::default())
            }
            result => result,
        }
    }

    /// Reads the manifest as of the revision that it is checked against.
    pub(crate) fn load_baseline(&self, revision: &str) -> Result<Manifest> {
        if self.is_stdin() {
            let problem = "a manifest on standard input has no revisions";
            return Err(Usage(problem.to_owned()).into());
        }
        self.require_file()?;
        Ok(baseline_at(self.manifest(), revision)?)
    }

    /// Reads a manifest from a file that must exist.
    pub(crate) fn load_file(&self, path: &Path) -> Result<Manifest> {
        Ok(Manifest::parse(self.open(path).read_named(path)?, path)?)
    }

    fn load_at(&self, revision: &str) -> Result<Manifest> {
        if self.is_stdin() {
            let problem = "a manifest on standard input has no revisions";
            return Err(Usage(problem.to_owned()).into());
        }
        self.require_file()?;
        Ok(manifest_at(self.manifest(), revision)?)
    }

    /// Makes sure that the manifest is a file, which can be in a git repository.
    pub(crate) fn require_file(&self) -> Result<()> {
        if !files::is_url(self.manifest()) {
            return Ok(());
        }
        let url = self.manifest().display();
        Err(Usage(format!("revisions belong to git, and `{url}` is not a file")).into())
    }

    pub(crate) fn load_stdin() -> Result<Manifest> {
        Ok(Store::read_from(std::io::stdin(), Path::new("standard input"))?)
    }

    /// Whether there is something to read, or that is still to be found out.
    pub(crate) fn exists(&self) -> bool {
        // A store that does not answer is an error where the manifest is read.
        self.at.is_some() || self.is_stdin() || self.open(self.manifest()).exists().unwrap_or(true)
    }

    /// One model to read.
    pub(crate) fn load_model(&self, name: &str) -> Result<Model> {
        if self.at.is_some() || self.is_stdin() {
            return Ok(self.load()?.into_model(name)?);
        }
        self.read(|store| store.load_model(name), is_without_models)
    }

    /// The version of a model that serves.
    pub(crate) fn production(&self, model: &str) -> Result<ModelVersion> {
        if self.at.is_some() || self.is_stdin() {
            return Ok(self.load()?.production(model)?.clone());
        }
        self.read(|store| store.production(model), is_without_models)
    }

    /// The policy that is named, else the one beside the manifest. One that is there and cannot
    /// be read is an error, and so is one that is named and not there.
    pub(crate) fn policy(&self, named: Option<&Path>) -> Result<Policy> {
        if let Some(path) = named.or(self.policy.as_deref()) {
            return Ok(Policy::parse(&self.open(path).read_named(path)?, path)?);
        }
        if self.is_stdin() {
            return Ok(Policy::default());
        }
        match self.open(self.manifest()).read_beside("policy.toml")? {
            Some((path, text)) => Ok(Policy::parse(&text, &path)?),
            None => Ok(Policy::default()),
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A command on this manifest, to be pasted into a shell.
    pub(crate) fn command(&self, verb: &str, options: &[&str], names: &[&str]) -> String {
        let mut words = vec!["registry".to_owned(), verb.to_owned()];
        if self.is_named() && self.manifest() != self.location.found() {
            words.extend(["-m".to_owned(), shell_word(&self.manifest().to_string_lossy())]);
        }
        if let Some(revision) = &self.at {
            words.extend(["--at".to_owned(), shell_word(revision)]);
        }
        let options = options.iter().map(|word| shell_word(word));
        let names_as_words = names.iter().map(|word| shell_word(word));
        if names.iter().any(|name| name.starts_with('-')) {
            words.extend(options.chain(["--".to_owned()]).chain(names_as_words));
        } else {
            words.extend(names_as_words.chain(options));
        }
        words.join(" ")
    }

    /// The command that promotes a version, to be pasted into a shell.
    pub(crate) fn promote_command(&self, model: &str, version: &str, stage: Stage) -> String {
        self.command("promote", &["--stage", stage.as_str()], &[model, version])
    }

    /// Whether the manifest is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.location.named.as_deref() == Some(Path::new("-"))
    }
}

/// Whether a manifest has no models, as one that does not exist.
fn is_without_models<T>(read: &model_registry::Result<T>) -> bool {
    matches!(read, Err(Error::ModelNotFound { present, .. }) if present.is_empty())
}

/// Whether a name is a file's and cannot be a revision.
fn is_file_name(name: &str) -> bool {
    let path = Path::new(name);
    let starts = ["./", "../", "/"].iter().any(|start| name.starts_with(start));
    starts || path.is_absolute() || files::is_url(path)
}

/// Whether a manifest is not in a revision that is there itself.
pub(crate) fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::NotInRevision { is_link: false, .. }))
}
