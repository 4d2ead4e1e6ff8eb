//! Running the `registry` command, and programs that find it, in an environment of their own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// Variables whose names begin like this change what a command prints, so no command inherits them.
const VARIABLES: [&str; 6] = ["REGISTRY_", "GIT_", "GITHUB_", "GITLAB_", "CLICOLOR", "NO_COLOR"];

/// A program that finds `registry` on its path, in an environment that does not depend on who runs
/// the tests.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if VARIABLES.iter().any(|begin| name.starts_with(begin)) {
            command.env_remove(&variable);
        }
    }
    let binaries = Path::new(env!("CARGO_BIN_EXE_registry")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(binaries.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(paths).expect("a path"));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada");
        command.env(format!("GIT_{who}_EMAIL"), "ada@example.com");
    }
    command.env("GIT_EDITOR", "true").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Variables of commands, each with its value.
type Variables = Vec<(String, String)>;

/// Variables by the manifest that they belong to.
static SETTINGS: Mutex<Vec<(PathBuf, Variables)>> = Mutex::new(Vec::new());

/// Sets the variables of every command on a manifest.
pub(crate) fn settings(manifest: &Path, variables: &[(String, String)]) {
    let mut settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    settings.push((manifest.to_owned(), variables.to_owned()));
}

/// The `registry` command on a manifest.
pub(crate) fn registry(manifest: &Path) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_registry"));
    let settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let own = settings.iter().filter(|(path, _)| path == manifest);
    command.envs(own.flat_map(|(_, variables)| variables.iter().cloned()));
    command.arg("-m").arg(manifest);
    command
}

/// A program that runs in the background and is killed when it is dropped, also by a failing test.
///
/// Its standard input is a pipe from this process and its output never that of the tests. So one
/// that reads its input to the end, such as `cat`, ends with this process however that ends, and
/// keeps nobody waiting for the output of the tests.
pub(crate) struct Background(Child);

impl Background {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Waits for the first line that it prints.
    pub(crate) fn first_line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.0.stdout.as_mut().expect("its output");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)
            .expect("a line");
        line
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("its state").is_none()
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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

/// The signal that ended a process.
fn signal(status: std::process::ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    {
        let _ = status;
        None
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: signal(output.status),
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
