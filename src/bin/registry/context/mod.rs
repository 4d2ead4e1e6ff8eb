//! State that all commands share: the manifest, the clock and the printer.

mod artifacts;
mod location;
mod read;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use model_registry::{Remote, Stage, Store, Timestamp, files};

use crate::errors::Usage;
use crate::output::{Printer, shell_word};
pub(crate) use location::Location;
pub(crate) use read::{is_file_name, is_missing};

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
    /// Description of this process, shown to processes that wait for its lock.
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

impl Context {
    /// Returns the path or URL of the manifest.
    pub(crate) fn manifest(&self) -> &Path {
        self.location.path()
    }

    /// Returns whether an option or a variable names the manifest.
    pub(crate) fn is_named(&self) -> bool {
        self.location.named().is_some()
    }

    /// Returns the store of the manifest, for a change.
    pub(crate) fn store(&self) -> Result<Store> {
        if self.at.is_some() {
            return Err(Usage::read_only_revision().into());
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

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns a `registry` command for this manifest that can be pasted into a shell.
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

    /// Returns a command that promotes a version and can be pasted into a shell.
    pub(crate) fn promote_command(&self, model: &str, version: &str, stage: Stage) -> String {
        self.command("promote", &["--stage", stage.as_str()], &[model, version])
    }

    /// Returns whether the manifest is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.location.named() == Some(Path::new("-"))
    }
}
