//! Runs `registry watch` and reads the lines that it prints.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{Ran, program, run};

/// How long a line may take before the test fails. No test waits this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running watch, which is killed when it is dropped.
pub(crate) struct Watching {
    child: Child,
    lines: Receiver<String>,
    messages: Receiver<String>,
}

impl Watching {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the watch starts");
        let lines = lines_of(child.stdout.take().expect("its output"));
        let messages = lines_of(child.stderr.take().expect("its messages"));
        Self { child, lines, messages }
    }

    /// Starts a watch like [`Watching::start`], but returns its output instead of reading it.
    #[track_caller]
    pub(crate) fn unread(command: &mut Command) -> (Self, std::process::ChildStdout) {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the watch starts");
        let output = child.stdout.take().expect("its output");
        let messages = lines_of(child.stderr.take().expect("its messages"));
        (Self { child, lines: channel().1, messages }, output)
    }

    /// Waits for the next line of output.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line of output")
    }

    /// Waits for the next message.
    #[track_caller]
    pub(crate) fn message(&self) -> String {
        self.messages.recv_timeout(PATIENCE).expect("a message")
    }

    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        run(program("kill").args(["-s", name, &process])).code(0);
    }

    /// Waits for the end of the watch and of everything that has its output open.
    pub(crate) fn finish(mut self) -> Ran {
        let status = self.child.wait().expect("the watch ends");
        let rest = |lines: &Receiver<String>| lines.iter().map(|line| line + "\n").collect();
        let (stdout, stderr) = (rest(&self.lines), rest(&self.messages));
        Ran { stdout, stderr, ..Ran::of_status(status) }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the lines of a stream on a new thread.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
