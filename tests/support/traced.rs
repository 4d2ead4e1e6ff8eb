//! Runs commands under `strace`, which kills or stops them, or makes their system calls fail.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{
    Folder, REGISTER, Ran, assert_bytes, finish, manifest, program, registry, run, versions_in,
};

/// Command that starts `strace` with default signal handling, since a process inherits ignored
/// signals, for example from a shell that runs the tests in the background.
pub(crate) const STRACE: [&str; 3] = ["env", "--default-signal", "strace"];

/// Returns a command under `strace` with these options.
pub(crate) fn strace(command: &Command, options: &[&str]) -> Command {
    let mut traced = program(STRACE[0]);
    traced.args(&STRACE[1..]).args(options).arg(command.get_program()).args(command.get_args());
    traced
}

/// A manifest of three versions, and a register command under `strace`.
pub(crate) struct Traced {
    pub(crate) folder: Folder,
    pub(crate) path: PathBuf,
    pub(crate) before: String,
}

impl Traced {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let before = manifest(3);
        let path = folder.write("manifest.json", &before);
        Self { folder, path, before }
    }

    /// Returns the register command under `strace` with these options.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let mut command = strace(&registry(&self.path), options);
        command.args(REGISTER);
        command
    }

    /// Registers, and makes `strace` inject a fault into one kind of call.
    pub(crate) fn inject(&self, call: &str, what: &str) -> Ran {
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{what}"));
        run(&mut self.command(&["-f", "-o", "/dev/null", "-e", &trace, "-e", &inject]))
    }

    /// Starts to register, and stops the process after the n-th call of this kind.
    pub(crate) fn stop_after(&self, call: &str, when: u32) -> Stopped {
        let log = self.folder.write("strace.log", "");
        let (trace, inject) =
            (format!("trace={call}"), format!("inject={call}:signal=STOP:when={when}"));
        let output = log.to_str().expect("a plain path");
        let mut command = self.command(&["-f", "-o", output, "-e", &trace, "-e", &inject]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("strace runs");
        let mut stopped = Stopped { process: String::new(), child: Some(child) };
        loop {
            let text = fs::read_to_string(&log).expect("what strace saw");
            if let Some(line) = text.lines().find(|line| line.contains("stopped by SIGSTOP")) {
                let process = line.split_whitespace().next().expect("a process");
                process.clone_into(&mut stopped.process);
                return stopped;
            }
            let ended =
                stopped.child.as_mut().and_then(|child| child.try_wait().expect("its state"));
            assert!(ended.is_none(), "it ended and did not stop: {ended:?}\n{text}");
            std::thread::yield_now();
        }
    }

    /// Returns whether the new version exists, and asserts that the file is the old or the new one.
    pub(crate) fn saved(&self) -> bool {
        match &versions_in(&self.path)[3..] {
            [] => {
                assert_bytes(&self.path, self.before.as_bytes());
                false
            }
            [new] => new == "new",
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that the next command succeeds and removes temporary files.
    pub(crate) fn assert_next_works(&self, name: &str) {
        let mut next = registry(&self.path);
        next.args(["register", "m", "--artifact-path", "s3://p", "--version", "next"]);
        let ran = run(next.args(["--lock-timeout", "0"]));
        assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{name}: {ran:?}");
        assert_eq!(versions_in(&self.path).last().map(String::as_str), Some("next"), "{name}");
        assert_eq!(self.folder.leftovers(), [""; 0], "{name}");
    }
}

/// A stopped command, which is killed when it is dropped.
pub(crate) struct Stopped {
    process: String,
    child: Option<Child>,
}

impl Stopped {
    /// Sends a signal, such as `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.process);
        run(Command::new("sh").args(["-c", &script])).code(0);
    }

    /// Waits for the end of the command.
    pub(crate) fn finish(mut self) -> Ran {
        finish(self.child.take().expect("it is running"))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if !self.process.is_empty() {
            let script = format!("kill -KILL {}", self.process);
            let _ = Command::new("sh").args(["-c", &script]).output();
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}
