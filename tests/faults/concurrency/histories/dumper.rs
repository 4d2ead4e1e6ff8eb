//! Beside a program that takes no lock and dumps the manifest in place.

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde::Deserialize;
use serde_json::Value;

use super::journal::{Change, Journal, Kind, Outcome, clock};
use crate::support::{Folder, Ran, finish, program, registry, run, versions_of};

const WRITERS: usize = 4;
const READERS: usize = 2;

/// One round of the other program.
#[derive(Debug, Deserialize)]
struct Dump {
    started: u128,
    ended: u128,
    seen: HashSet<String>,
}

/// Registers and reads beside the other program. Returns the journal and all problems. A version
/// may be missing only if the other program read the manifest before and dumped it afterwards.
pub(crate) fn beside_a_dumper(rounds: u32, seed: u64) -> (Journal, Vec<String>) {
    let folder = Folder::new();
    let path =
        folder.write("manifest.json", crate::support::manifest(40).replace("\"m\"", "\"a\""));
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/concurrency/histories/dumper.py");
    let mut python = program("python3");
    python.arg(script).arg(&path).args([rounds.to_string(), seed.to_string()]);
    let done = AtomicBool::new(false);
    let mut journal = Journal::default();
    let ran = thread::scope(|scope| {
        let (path, done) = (&path, &done);
        let writers = (0..WRITERS).map(|writer| scope.spawn(move || write(path, writer, done)));
        let readers = (0..READERS).map(|_| scope.spawn(move || read(path, done)));
        let workers: Vec<_> = writers.collect::<Vec<_>>().into_iter().chain(readers).collect();
        let child = python.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let ran = finish(child.expect("python3 runs"));
        done.store(true, Ordering::Relaxed);
        for worker in workers {
            journal.add(worker.join().expect("no worker panics"));
        }
        ran
    });
    let mut problems = journal.problems.clone();
    if ran.code != Some(0) {
        // It reads without a second try, so it sees what a save in place would show.
        problems.push(format!("the other program failed: {}", ran.stderr));
    }
    let dumps: Vec<Dump> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of the other program"))
        .collect();
    let found: HashSet<_> = versions_of(&path, "a").into_iter().collect();
    for change in journal.changes.iter().filter(|change| !found.contains(&change.tag)) {
        let may_overwrite = |dump: &Dump| {
            let unknown = !dump.seen.contains(&change.tag) && dump.started <= change.ended;
            unknown && dump.ended >= change.started
        };
        if change.outcome == Outcome::Done && !dumps.iter().any(may_overwrite) {
            problems.push(format!("lost, and nobody overwrote it: {change:?}"));
        }
    }
    if !folder.leftovers().is_empty() {
        problems.push(format!("left behind: {:?}", folder.leftovers()));
    }
    journal.faults += u64::from(rounds);
    (journal, problems)
}

fn write(path: &Path, writer: usize, done: &AtomicBool) -> Journal {
    let mut journal = Journal::default();
    let mut number = 0;
    while !done.load(Ordering::Relaxed) {
        number += 1;
        let tag = format!("w{writer}-{number}");
        let started = clock();
        let ran = run(registry(path).args([
            "register",
            "a",
            "--artifact-path",
            "s3://p",
            "--version",
            &tag,
        ]));
        let contended =
            ran.code == Some(1) && ran.stderr.contains("was changed by another program");
        let outcome = if ran.code == Some(0) { Outcome::Done } else { Outcome::NotDone };
        if outcome == Outcome::NotDone && !contended {
            journal.problems.push(format!("a change failed: {ran:?}"));
        }
        let (kind, expected, ended) = (Kind::Registered, None, clock());
        let change = Change { tag, model: "a", kind, expected, started, ended, outcome };
        journal.changes.push(change);
        journal.operations += 1;
    }
    journal
}

fn read(path: &Path, done: &AtomicBool) -> Journal {
    let mut journal = Journal::default();
    let whole = |ran: &Ran| ran.code == Some(0) && ran.stderr.is_empty();
    while !done.load(Ordering::Relaxed) {
        let listed = run(registry(path).args(["list", "a", "--json"]));
        let serving = run(registry(path).args(["production", "a"]));
        journal.operations += 2;
        let versions = serde_json::from_str::<Vec<Value>>(&listed.stdout).map_or(0, |v| v.len());
        if !whole(&listed) || versions < 40 {
            journal.problems.push(format!("a read failed: {listed:?}"));
        }
        if !whole(&serving) || serving.stdout != "runs/v39\n" {
            journal.problems.push(format!("a read failed: {serving:?}"));
        }
    }
    journal
}
