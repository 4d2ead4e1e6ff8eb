//! A process that runs a shell command. Apart from git and `open.rs`, this is the only place that
//! starts a program.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::Sender;

use super::Event;

/// Returns a command that runs in a shell. On Unix it leads a process group, so that a signal also
/// reaches what it started.
#[expect(clippy::disallowed_methods, reason = "--exec runs a command")]
pub(super) fn shell(text: &OsStr) -> Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new("sh");
        command.arg("-c").arg(text).process_group(0);
        command
    }
    #[cfg(not(unix))]
    {
        let mut command = Command::new("cmd");
        command.arg("/C").arg(text);
        command
    }
}

/// Describes how a process failed.
pub(super) fn failure(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("ended by signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

/// A running process.
#[cfg(unix)]
pub(super) struct Process(Child);

#[cfg(unix)]
impl Process {
    /// Sends an event when the process ends.
    ///
    /// The status is not collected at that point, so no other process can get its number before
    /// [`Process::signal`] is called.
    pub(super) fn new(child: Child, events: Sender<Event>) -> Self {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let process = Pid::from_child(&child);
        std::thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(process), options));
            let _ = events.send(Event::Exited);
        });
        Self(child)
    }

    pub(super) fn status(mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }

    /// Sends a signal to the process and what it started.
    pub(super) fn signal(&self, signal: i32) {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(signal) = Signal::from_named_raw(signal) {
            // It may have ended just now.
            let _ = kill_process_group(Pid::from_child(&self.0), signal);
        }
    }
}

/// A running process.
#[cfg(not(unix))]
pub(super) struct Process(std::thread::JoinHandle<io::Result<ExitStatus>>);

#[cfg(not(unix))]
impl Process {
    /// Sends an event when the process ends.
    pub(super) fn new(mut child: Child, events: Sender<Event>) -> Self {
        Self(std::thread::spawn(move || {
            let status = child.wait();
            let _ = events.send(Event::Exited);
            status
        }))
    }

    pub(super) fn status(self) -> io::Result<ExitStatus> {
        self.0.join().unwrap_or_else(|_| Err(io::Error::other("the thread that waits panicked")))
    }

    /// Does nothing: Ctrl-C reaches the process by itself.
    pub(super) fn signal(&self, _: i32) {}
}
