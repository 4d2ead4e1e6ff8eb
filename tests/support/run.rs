//! Runs the `registry` command, and programs that find it on their path, in a clean environment.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// Prefixes of variables that change the output of commands, so that no command inherits them.
const VARIABLES: [&str; 6] = ["REGISTRY_", "GIT_", "GITHUB_", "GITLAB_", "CLICOLOR", "NO_COLOR"];

/// Returns a program that finds `registry` on its path, in an environment that does not depend on
/// the user.
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

/// Returns the `registry` command for a manifest.
pub(crate) fn registry(manifest: &Path) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_registry"));
    let settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let own = settings.iter().filter(|(path, _)| path == manifest);
    command.envs(own.flat_map(|(_, variables)| variables.iter().cloned()));
    command.arg("-m").arg(manifest);
    command
}

/// Returns the verbs that the help lists.
pub(crate) fn verbs() -> Vec<String> {
    let help = run(program("registry").arg("--help"));
    let (_, verbs) = help.code(0).stdout.split_once("Commands:\n").expect("the verbs");
    let lines = verbs.lines().take_while(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.starts_with("   ")).map(str::trim);
    let verbs = lines.filter_map(|line| line.split(' ').next()).filter(|verb| *verb != "help");
    verbs.map(ToOwned::to_owned).collect()
}

/// A program that runs in the background and is killed when it is dropped, even by a failing test.
///
/// Its standard input is a pipe from this process, so a program that reads its input to the end,
/// such as `cat`, ends with this process in any case. It does not share the output of the tests, so
/// it cannot keep a reader of that output waiting.
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

/// The exit code and the output of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code, or `None` if a signal ended the command.
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

/// Returns the signal that ended a process.
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
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            ..Self::of_status(output.status)
        }
    }
}

impl Ran {
    /// Returns the result of a program with this status, without its output.
    pub(crate) fn of_status(status: std::process::ExitStatus) -> Self {
        let (stdout, stderr) = (String::new(), String::new());
        Self { code: status.code(), signal: signal(status), stdout, stderr }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn code(&self, expected: i32) -> &Self {
        assert_eq!(self.code, Some(expected), "{self:#?}");
        self
    }

    /// Asserts that standard error contains these words.
    #[track_caller]
    pub(crate) fn reports(&self, words: &str) -> &Self {
        assert!(self.stderr.contains(words), "`{words}` is not in {self:#?}");
        self
    }

    /// Asserts that standard error is empty.
    #[track_caller]
    pub(crate) fn quiet(&self) -> &Self {
        assert_eq!(self.stderr, "", "{self:#?}");
        self
    }
}
