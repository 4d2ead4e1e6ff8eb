//! State that all commands share: the manifest, the clock and the printer.

use std::cell::OnceCell;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use model_registry::artifact::{self, Measured, ProjectRoot, State, Work};
use model_registry::git::{baseline_at, manifest_at, policy_at};
use model_registry::{
    Error, Manifest, Model, ModelVersion, Policy, Remote, Stage, Store, Timestamp, files,
};

use crate::discovery::{self, DEFAULT_MANIFEST};
use crate::output::{Bar, Printer, shell_word};

/// State that all commands share.
pub(crate) struct Context {
    pub(crate) printer: Printer,
    pub(crate) location: Location,
    /// Git revision to read the manifest from.
    pub(crate) at: Option<String>,
    /// Policy file, if the environment names one.
    pub(crate) policy: Option<PathBuf>,
    pub(crate) lock_timeout: Duration,
    /// Name of the command that runs.
    pub(crate) verb: String,
    pub(crate) holder: String,
    /// Reads the clock.
    pub(crate) clock: fn() -> Timestamp,
    /// Returns the name of the user.
    pub(crate) user: fn() -> String,
    /// Returns whether `registry` is on the PATH.
    pub(crate) on_path: fn() -> bool,
    /// Returns the settings for access to object stores.
    pub(crate) remote: fn() -> Remote,
    /// Returns the full command line, for completions.
    pub(crate) command_line: fn() -> clap::Command,
}

/// Location of the manifest. Parent folders are searched only if that is needed.
pub(crate) struct Location {
    named: Option<PathBuf>,
    found: OnceCell<PathBuf>,
    working_directory: fn() -> PathBuf,
}

impl Location {
    /// Creates a location that an option or a variable names, or one to search for.
    pub(crate) fn new(named: Option<PathBuf>, working_directory: fn() -> PathBuf) -> Self {
        Self { named, found: OnceCell::new(), working_directory }
    }

    fn found(&self) -> &Path {
        self.found.get_or_init(|| discovery::find(&(self.working_directory)(), files::exists))
    }
}

/// A command line that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    pub(crate) fn only_read() -> Self {
        Self("--at reads an old revision, which cannot be changed".to_owned())
    }
}

/// A version has no value in a field that a script asks for.
#[derive(Debug, serde::Serialize, thiserror::Error)]
#[error("field `{field}` of version `{version}` of model `{model}` is not set")]
pub(crate) struct FieldNotSet {
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) field: String,
}

/// An exit code for a result that is already printed.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct Answered(pub(crate) u8);

/// A clock that shows a time before 1970, which would be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the clock of this machine shows a time before 1970")]
pub(crate) struct ClockNotSet;

/// A merge that failed. Git takes exit codes up to 128 for a merge with conflicts.
#[derive(Debug, thiserror::Error)]
#[error("cannot merge")]
pub(crate) struct NotMerged;

/// A failed comparison, for which exit code 1 would mean a difference.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare")]
pub(crate) struct NotCompared;

impl Context {
    /// Returns the path or URL of the manifest.
    pub(crate) fn manifest(&self) -> &Path {
        self.location.named.as_deref().unwrap_or_else(|| self.location.found())
    }

    /// Returns whether an option or a variable names the manifest.
    pub(crate) fn is_named(&self) -> bool {
        self.location.named.is_some()
    }

    /// Reads the manifest; `is_absent` reports whether the default path has none.
    ///
    /// Most commands run in the project root, so the default path is tried before parent folders.
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

    /// Returns the store to change.
    pub(crate) fn store(&self) -> Result<Store> {
        if self.at.is_some() {
            return Err(Usage::only_read().into());
        }
        if self.is_stdin() {
            let problem = "a manifest on standard input cannot be changed";
            return Err(Usage(problem.to_owned()).into());
        }
        let printer = self.printer.clone();
        Ok(self.open(self.manifest()).holder(&self.holder).on_wait(move |lock, holder| {
            let holder = holder.unwrap_or("another process");
            printer.note(&format!("waiting for `{}`, locked by {holder}", lock.display()));
        }))
    }

    /// Returns the store at a path or a URL.
    pub(crate) fn open(&self, path: &Path) -> Store {
        let store = Store::new(path).lock_timeout(self.lock_timeout);
        if files::is_url(path) { store.remote((self.remote)()) } else { store }
    }

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

    /// Reads a manifest from a file that must exist.
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
        Ok(Store::read_from(std::io::stdin(), Path::new("standard input"))?)
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
    /// A named policy must exist, and an existing one must be readable.
    pub(crate) fn policy(&self, named: Option<&Path>) -> Result<Policy> {
        if let Some(path) = named.or(self.policy.as_deref()) {
            return Ok(Policy::parse(&self.open(path).read_small(path)?, path)?);
        }
        if self.is_stdin() {
            return Ok(Policy::default());
        }
        match self.open(self.manifest()).read_beside("policy.toml")? {
            Some((path, text)) => Ok(Policy::parse(&text, &path)?),
            None => Ok(Policy::default()),
        }
    }

    /// The policy as of a revision: the one that is named, which must be there, else the one beside
    /// the manifest.
    pub(crate) fn policy_at(&self, named: Option<&Path>, revision: &str) -> Result<Policy> {
        if let Some(path) = named.or(self.policy.as_deref()) {
            return Ok(policy_at(path, revision)?);
        }
        match policy_at(&self.manifest().with_file_name("policy.toml"), revision) {
            Err(Error::NotInRevision { is_link: false, .. }) => Ok(Policy::default()),
            policy => Ok(policy?),
        }
    }

    /// The policy that belongs to a named manifest, if that is one of a revision.
    pub(crate) fn policy_of(&self, name: &str) -> Result<Option<Policy>> {
        if name == "-" || is_file_name(name) || self.is_stdin() {
            return Ok(None);
        }
        self.policy_at(None, name).map(Some)
    }

    /// Returns the folder that artifact paths are relative to.
    pub(crate) fn root(&self) -> ProjectRoot {
        ProjectRoot::of(self.manifest())
    }

    /// Compares the artifacts of versions with what was registered, on as many threads as there
    /// are processors if no number is given.
    pub(crate) fn verify(
        &self,
        versions: &[&ModelVersion],
        threads: Option<NonZero<usize>>,
    ) -> Vec<State> {
        let bar = Bar::new();
        let remote = self.remote_for(versions);
        self.root().verify(versions, &work(threads).progress(&bar).remote(&remote))
    }

    /// Returns whether the artifact of a version exists, wherever it is.
    pub(crate) fn presence(&self, version: &ModelVersion) -> State {
        let remote = self.remote_for(&[version]);
        self.root().presence_anywhere(version, &work(None).remote(&remote))
    }

    /// Returns the settings for artifacts in object stores. The environment is read only if there
    /// are any.
    fn remote_for(&self, versions: &[&ModelVersion]) -> Remote {
        let any = versions.iter().any(|version| artifact::is_url(&version.artifact_path()));
        if any { (self.remote)().beside(self.manifest()) } else { Remote::default() }
    }

    /// Makes sure that the artifact of a version is what was registered.
    pub(crate) fn require_verified(
        &self,
        model: &str,
        version: &ModelVersion,
    ) -> model_registry::Result<()> {
        self.verify(&[version], None).iter().try_for_each(|state| state.require_ok(model, version))
    }

    /// Computes the digest of a path; `None` if it does not exist.
    pub(crate) fn measure(path: PathBuf) -> model_registry::Result<Option<Measured>> {
        let bar = Bar::new();
        work(None).progress(&bar).digests(&[path]).pop().unwrap_or(Ok(None))
    }

    /// Computes the digest of the object at a URL; `None` if it does not exist.
    pub(crate) fn measure_object(&self, url: &str) -> model_registry::Result<Option<Measured>> {
        let bar = Bar::new();
        work(None).progress(&bar).remote(&(self.remote)()).object_digest(url)
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns a command for this manifest that can be pasted into a shell.
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

    /// Returns a command that promotes a version, and that can be pasted into a shell.
    pub(crate) fn promote_command(&self, model: &str, version: &str, stage: Stage) -> String {
        self.command("promote", &["--stage", stage.as_str()], &[model, version])
    }

    /// Returns whether the manifest is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.location.named.as_deref() == Some(Path::new("-"))
    }
}

/// Returns whether a manifest has no models, like one that does not exist.
fn is_without_models<T>(read: &model_registry::Result<T>) -> bool {
    matches!(read, Err(Error::ModelNotFound { present, .. }) if present.is_empty())
}

fn work(threads: Option<NonZero<usize>>) -> Work<'static> {
    let processors = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    Work::default().threads(threads.unwrap_or_else(processors))
}

/// Returns whether a name can only be a file, not a revision.
fn is_file_name(name: &str) -> bool {
    let path = Path::new(name);
    let starts = ["./", "../", "/"].iter().any(|start| name.starts_with(start));
    starts || path.is_absolute() || files::is_url(path)
}

/// Returns whether the revision exists but does not contain the manifest.
pub(crate) fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::NotInRevision { is_link: false, .. }))
}
