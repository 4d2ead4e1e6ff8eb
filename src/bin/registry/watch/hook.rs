//! Runs the command of `--exec`, one process at a time.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::process::{self, Process};
use super::{Current, Event};

/// How long a command may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Number of SIGTERM. It is used because background jobs of a shell ignore SIGINT.
const TERM: i32 = 15;

/// Number of SIGKILL, which no process can ignore.
const KILL: i32 = 9;

/// A command to run for each version, and its running process.
pub(crate) struct Hook {
    pub(crate) command: OsString,
    pub(crate) model: String,
    pub(crate) stage: &'static str,
    pub(crate) events: Sender<Event>,
    pub(crate) running: Option<Running>,
    /// The version to run it for next. A newer version replaces it.
    pub(crate) next: Option<Current>,
}

/// A process, and the version that it was started for.
pub(crate) struct Running {
    process: Process,
    version: String,
}

impl Hook {
    /// Runs the command for a version, at once or when the running process has ended. Returns a
    /// message if it cannot be started.
    pub(crate) fn run_for(&mut self, current: Current) -> Option<String> {
        self.next = Some(current);
        self.start_next()
    }

    /// Drops the version that is waiting, because none is current any more.
    pub(crate) fn forget(&mut self) {
        self.next = None;
    }

    /// Collects the status of the process, which has ended, and starts the next one. Returns a
    /// message for each failure.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let failed = self.running.take().and_then(Running::reap);
        failed.into_iter().chain(self.start_next()).collect()
    }

    fn start_next(&mut self) -> Option<String> {
        if self.running.is_some() {
            return None;
        }
        let current = self.next.take()?;
        let mut command = process::shell(&self.command);
        command
            .env("REGISTRY_MODEL", &self.model)
            .env("REGISTRY_STAGE", self.stage)
            .env("REGISTRY_VERSION", &current.version)
            .env("REGISTRY_ARTIFACT_PATH", &current.path)
            .stdin(Stdio::null())
            // Standard output is only for what this program prints.
            .stdout(std::io::stderr());
        match command.spawn() {
            Ok(child) => {
                let process = Process::new(child, self.events.clone());
                self.running = Some(Running { process, version: current.version });
                None
            }
            Err(error) => {
                let version = current.version;
                Some(format!("cannot run the command for version `{version}`: {error}"))
            }
        }
    }

    /// Asks the process and everything that it started to end, and waits for that. After [`GRACE`],
    /// or at another signal, they are killed.
    pub(crate) fn stop(&mut self, events: &Receiver<Event>) {
        self.next = None;
        let Some(running) = &self.running else { return };
        running.process.signal(TERM);
        let end = Instant::now() + GRACE;
        loop {
            match events.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Event::Exited) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Event::Signal(_)) | Err(RecvTimeoutError::Timeout) => {
                    running.process.signal(KILL);
                }
                Ok(_) => {}
            }
        }
        // A shell that has just forked can lose a signal for the process that it starts. No other
        // process group can have its number yet, since the status of its leader is not collected.
        running.process.signal(TERM);
        self.running = None;
    }
}

impl Running {
    /// Collects the exit status of a process that has ended. Returns a message if it failed.
    fn reap(self) -> Option<String> {
        let problem = match self.process.status() {
            Ok(status) if status.success() => return None,
            Ok(status) => process::failure(status),
            Err(error) => error.to_string(),
        };
        Some(format!("the command failed for version `{}`: {problem}", self.version))
    }
}
