//! Runs `git`. No other file of the library runs a program.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Result};

/// Variables that make git use another repository than the one of its folder. Hooks and merge
/// drivers inherit them. The variables for object folders are kept, because a hook on a server
/// needs them to find the pushed objects.
const MISLEADING: [&str; 6] = [
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
];

/// Variables that add tracing to the output of git.
const TRACING: [&str; 15] = [
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_BARE",
    "GIT_TRACE_CURL",
    "GIT_TRACE_FSMONITOR",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PACKFILE",
    "GIT_TRACE_PACK_ACCESS",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_REFS",
    "GIT_TRACE_SETUP",
    "GIT_TRACE_SHALLOW",
    "GIT_CURL_VERBOSE",
];

/// Settings for every call. Git must not run programs that the repository configures, and must not
/// discover bare repositories, since a commit can contain one.
const SETTINGS: [&str; 6] = [
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "core.warnAmbiguousRefs=true",
];

/// The `git` program, run in a repository.
pub(super) struct Git {
    folder: PathBuf,
    /// Whether the folder is a bare repository that the caller chose.
    bare: bool,
}

impl Git {
    /// Returns a `Git` that runs in the root of a work tree.
    pub(super) fn new(root: &Path) -> Self {
        Self { folder: root.to_owned(), bare: false }
    }

    /// Returns a `Git` that runs in a bare repository.
    pub(super) fn bare(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), bare: true }
    }

    /// Runs a command and waits for it, whether it succeeds or not. It does not prompt, takes no
    /// optional locks, and prints messages in English, which this library parses.
    #[expect(clippy::disallowed_methods, reason = "this is the place that runs a program")]
    pub(super) fn run<A: AsRef<OsStr>>(&self, arguments: &[A], input: &[u8]) -> Result<Output> {
        let mut command = Command::new("git");
        command.arg("--no-pager").arg("-C").arg(&self.folder);
        if self.bare {
            command.arg("--git-dir=.");
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
        // Replacement objects could substitute one revision for another.
        command.env("GIT_NO_REPLACE_OBJECTS", "1");
        for variable in MISLEADING.iter().chain(&TRACING) {
            command.env_remove(variable);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| Error::NoGit { source })?;
        if let Some(mut stdin) = child.stdin.take() {
            // If git does not read all of it, its exit code shows that it failed.
            let _ = stdin.write_all(input);
        }
        child.wait_with_output().map_err(|source| Error::NoGit { source })
    }

    /// Runs a command that must succeed, and returns what it prints.
    pub(super) fn output<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>> {
        let output = self.run(arguments, b"")?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(&output)) }
    }

    /// Runs a command that must succeed, and returns the line that it prints.
    pub(super) fn line<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String> {
        let stdout = self.output(arguments)?;
        text(stdout.strip_suffix(b"\n").unwrap_or(&stdout))
    }
}

/// Decodes a path from git, which must be UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Error::Git {
            problem: format!("`{}` is not UTF-8", String::from_utf8_lossy(bytes)),
        }),
    }
}

/// Returns the error of a failed command, with git's message.
pub(super) fn failed(output: &Output) -> Error {
    let stderr = stderr_of(output);
    let stderr = stderr.trim().trim_start_matches("fatal: ").trim_start_matches("error: ");
    let problem = match stderr.lines().next() {
        Some(line) => line.to_owned(),
        None => output.status.to_string(),
    };
    Error::Git { problem }
}

/// Returns what git printed to standard error.
pub(super) fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
