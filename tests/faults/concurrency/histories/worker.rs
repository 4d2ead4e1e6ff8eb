//! A worker that uses the command beside others and keeps a journal.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;

use serde_json::Value;

use super::journal::{Change, Journal, Kind, Outcome, clock};
use super::random::Random;
use crate::support::{Ran, finish, registry, run, strace};

/// The models of a history; each has a version `v0` from the start.
pub(crate) const MODELS: [&str; 3] = ["a", "b", "c"];

/// Of so many operations one is hit by a fault.
const FAULT: u64 = 5;

/// What may happen to a command besides its own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    /// It is killed.
    Kills,
    /// It is killed, or one of its system calls fails or kills it; needs `strace`.
    KillsAndErrors,
}

/// The versions that are known to all workers: model and name.
pub(crate) type Known = Mutex<Vec<(&'static str, String)>>;

pub(crate) struct Worker<'h> {
    pub(crate) name: String,
    pub(crate) random: Random,
    pub(crate) path: &'h Path,
    pub(crate) known: &'h Known,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
}

impl Worker<'_> {
    /// Does so many random things.
    pub(crate) fn work(mut self, operations: u64) -> Journal {
        let mut seen = MODELS.map(|_| 0);
        for number in 0..operations {
            let tag = format!("{}-{number}", self.name);
            match self.random.below(10) {
                0..3 => self.register(&tag),
                3..6 => self.promote(&tag),
                6 => self.roll_back(&tag),
                _ => self.read(&mut seen),
            }
        }
        self.journal
    }

    fn register(&mut self, tag: &str) {
        let model = *self.random.one_of(&MODELS);
        let path = format!("runs/{tag}");
        let register = ["register", model, "--version", tag, "--artifact-path", &path, "--json"];
        let started = clock();
        let (mut ran, faulted) = self.attempt(&register);
        let mut outcome = self.outcome(&ran, faulted);
        if outcome == Outcome::Unknown && self.random.below(2) == 0 {
            // If the outcome is unknown, registering again reports whether the version exists.
            ran = run(registry(self.path).args(register));
            outcome = self.outcome(&ran, false);
        }
        if outcome == Outcome::Done {
            self.known.lock().expect("no worker panics").push((model, tag.to_owned()));
        }
        self.note(tag, model, Kind::Registered, None, started, outcome);
    }

    fn promote(&mut self, tag: &str) {
        let (model, version) = {
            let known = self.known.lock().expect("no worker panics");
            self.random.one_of(&known).clone()
        };
        let stage = *self.random.one_of(&["prod", "prod", "staging", "dev"]);
        let mut arguments = vec!["promote", model, &version, "--stage", stage];
        let expected = (stage == "prod" && self.random.below(3) > 0).then(|| self.in_prod(model));
        if let Some(expected) = &expected {
            arguments.extend(["--expect-current", expected]);
        }
        self.make_move(tag, model, &arguments, expected.clone());
    }

    fn roll_back(&mut self, tag: &str) {
        let model = *self.random.one_of(&MODELS);
        let expected = (self.random.below(2) == 0).then(|| self.in_prod(model));
        let mut arguments = vec!["rollback", model];
        if let Some(expected) = &expected {
            arguments.extend(["--expect-current", expected]);
        }
        self.make_move(tag, model, &arguments, expected.clone());
    }

    fn make_move(
        &mut self,
        tag: &str,
        model: &'static str,
        arguments: &[&str],
        expected: Option<String>,
    ) {
        let started = clock();
        let (ran, faulted) = self.attempt(&[arguments, &["--by", tag, "--json"]].concat());
        let mut outcome = self.outcome(&ran, faulted);
        if outcome == Outcome::Done {
            match serde_json::from_str::<Value>(&ran.stdout) {
                // It was there already, so nothing was moved.
                Ok(moved) if moved["changed"] == false => outcome = Outcome::NotDone,
                Ok(_) => {}
                Err(error) if ran.code == Some(0) => {
                    self.problem(&format!("a result that is not JSON: {error}"), &ran);
                }
                Err(_) if ran.stderr.contains("is saved, but") => {}
                // The answer is lost, and with it whether there was anything to move.
                Err(_) => outcome = Outcome::Unknown,
            }
        }
        self.note(tag, model, Kind::Moved, expected, started, outcome);
    }

    /// Returns the version in production, or `none`.
    fn in_prod(&mut self, model: &str) -> String {
        let ran = run(registry(self.path).args(["production", model, "--json"]));
        self.journal.operations += 1;
        match (ran.code, serde_json::from_str::<Value>(&ran.stdout)) {
            (Some(0), Ok(version)) if version["version"].is_string() => {
                version["version"].as_str().unwrap_or_default().to_owned()
            }
            (Some(3), _) => "none".to_owned(),
            _ => {
                self.problem("a read failed", &ran);
                "none".to_owned()
            }
        }
    }

    /// Reads; there are never fewer versions of a model than this worker has seen before.
    fn read(&mut self, seen: &mut [usize; MODELS.len()]) {
        let index = usize::try_from(self.random.below(3)).expect("an index");
        let model = MODELS[index];
        let verbs =
            [&["list", "--json"][..], &["history", model, "--json"], &["show", model, "v0"]];
        let verb = *self.random.one_of(&verbs);
        for verb in [verb, &["list", model, "--json"]] {
            let ran = run(registry(self.path).args(verb));
            self.journal.operations += 1;
            let answer = serde_json::from_str::<Value>(&ran.stdout);
            match answer {
                _ if ran.code != Some(0) || !ran.stderr.is_empty() => {
                    self.problem("a read failed", &ran);
                }
                Ok(Value::Array(versions)) if verb == ["list", model, "--json"] => {
                    if versions.len() < seen[index] {
                        let words = format!("{} versions after {}", versions.len(), seen[index]);
                        self.problem(&words, &ran);
                    }
                    seen[index] = versions.len();
                }
                Err(error) if verb.contains(&"--json") => {
                    self.problem(&format!("a read that is not JSON: {error}"), &ran);
                }
                _ => {}
            }
        }
    }

    /// Runs the command, and lets a fault happen to some; whether one was to.
    fn attempt(&mut self, arguments: &[&str]) -> (Ran, bool) {
        self.journal.operations += 1;
        if self.random.below(FAULT) > 0 {
            return (run(registry(self.path).args(arguments)), false);
        }
        self.journal.faults += 1;
        if self.faults == Faults::KillsAndErrors && self.random.below(2) == 0 {
            return (self.run_with_error(arguments), true);
        }
        let mut command = registry(self.path);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command runs");
        // Looking takes some time, so a number of looks is a moment.
        for _ in 0..self.random.below(4_000) {
            if child.try_wait().expect("its state").is_some() {
                break;
            }
        }
        child.kill().expect("it may be killed even when it has ended");
        (finish(child), true)
    }

    /// Runs the command and lets one of its system calls fail or kill it.
    fn run_with_error(&mut self, arguments: &[&str]) -> Ran {
        let calls = ["write", "fsync", "rename", "openat", "ftruncate", "flock", "statx", "close"];
        let call = self.random.one_of(&calls);
        let whats = ["signal=KILL", "error=EIO", "error=ENOSPC", "error=EINTR", "error=EDQUOT"];
        let (what, when) = (self.random.one_of(&whats), self.random.below(4) + 1);
        let inject = format!("inject={call}:{what}:when={when}");
        let options = ["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject];
        run(strace(&registry(self.path), &options).args(arguments))
    }

    /// What the caller knows. Refusals are answers; failures are, where there was a fault.
    fn outcome(&mut self, ran: &Ran, faulted: bool) -> Outcome {
        let saved = ["is saved, but", "cannot write to standard output"];
        let answered = serde_json::from_str::<Value>(&ran.stdout).is_ok();
        match ran.code {
            Some(0) => Outcome::Done,
            Some(1) if saved.iter().any(|words| ran.stderr.contains(words)) => Outcome::Done,
            Some(3 | 4) => Outcome::NotDone,
            Some(1) if ran.stderr.contains("may have been written or not") => Outcome::Unknown,
            _ if !faulted => {
                self.problem("a change failed", ran);
                Outcome::Unknown
            }
            Some(_) => Outcome::NotDone,
            None if answered => Outcome::Done,
            None => Outcome::Unknown,
        }
    }

    fn problem(&mut self, what: &str, ran: &Ran) {
        self.journal.problems.push(format!("{}: {what}: {ran:?}", self.name));
    }

    fn note(
        &mut self,
        tag: &str,
        model: &'static str,
        kind: Kind,
        expected: Option<String>,
        started: u128,
        outcome: Outcome,
    ) {
        let (tag, ended) = (tag.to_owned(), clock());
        self.journal.changes.push(Change { tag, model, kind, expected, started, ended, outcome });
    }
}
