//! Running the `registry` command and looking at what came of it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The `registry` command on a manifest, in an environment that says nothing about it.
pub(crate) fn registry(manifest: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_registry"));
    command.env_remove("REGISTRY_MANIFEST").env_remove("REGISTRY_LOCK_TIMEOUT");
    command.arg("-m").arg(manifest).stdin(Stdio::null());
    command
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    output.into()
}

/// Waits for the end of a command whose output goes to pipes.
#[track_caller]
pub(crate) fn finish(child: Child) -> Ran {
    child.wait_with_output().expect("the command ends").into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Makes sure that it ended with this exit code.
    #[track_caller]
    pub(crate) fn code(&self, expected: i32) -> &Self {
        assert_eq!(self.code, Some(expected), "{self:#?}");
        self
    }

    /// Makes sure that its standard error has these words in it.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "`{words}` is not in {self:#?}");
        self
    }

    /// Makes sure that nothing was said on standard error.
    #[track_caller]
    pub(crate) fn quiet(&self) -> &Self {
        assert_eq!(self.stderr, "", "{self:#?}");
        self
    }
}
