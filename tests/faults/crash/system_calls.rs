//! Fail the N-th system call until it passes, as SQLite's test harness does.
//!
//! A `register` is traced once to see which system calls it makes. Then each of them, one at a
//! time, kills the process or fails. After each the manifest is the old one or the new one, whole;
//! exit code 0 comes only with the new one, and an error reports whether it is in place; and the
//! next `register` needs no help and leaves no temporary file. What a power failure would forget
//! cannot be seen so; the order of the calls that prevent it is asserted from a trace.
//!
//! What was broken on purpose, and what failed then:
//! - no lock taken: a failing `flock` went unnoticed (`a_file_system_without_locks` and all four loops);
//! - the manifest written in place instead of renamed: `flushed_before_the_rename_and_before_the_answer` and all four loops;
//! - no fsync of the file, or one only after the rename, or none of the folder: `errors_report_whether_the_change_is_in_place`, `flushed_before_the_rename_and_before_the_answer`;
//! - a failing fsync of the folder ignored: `errors_report_whether_the_change_is_in_place`;
//! - the answer given before the save: all four loops;
//! - no mode set on the new file: all four loops (the call that sets it was missing);
//! - leftovers of killed processes not removed: all four loops;
//! - an interrupted `flock` not tried again: `every_system_call_is_interrupted`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;

use crate::support::{
    Need, REGISTER, Ran, Traced, assert_bytes, finish, registry, run, strace, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Strace] => a_kill_at_every_system_call,
        [Need::Strace] => every_system_call_fails_on_a_full_disk,
        [Need::Strace] => every_system_call_fails_with_an_error_of_the_disk,
        [Need::Strace] => every_system_call_is_interrupted,
        [Need::Strace] => errors_report_whether_the_change_is_in_place,
        [Need::Strace] => flushed_before_the_rename_and_before_the_answer,
        [Need::Strace] => a_file_system_without_locks,
        [Need::Strace] => reading_takes_no_lock_and_writes_nothing,
        [Need::Strace] => a_lock_on_a_deleted_file_does_not_count,
    ]
}

/// How often a register makes each kind of system call.
fn calls() -> BTreeMap<String, u32> {
    let traced = Traced::new();
    let log = traced.folder.file("calls");
    run(&mut traced.command(&["-f", "-o", log.to_str().expect("a plain path")])).code(0);
    let mut calls = BTreeMap::new();
    for line in fs::read_to_string(log).expect("what strace saw").lines() {
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split_once('('));
        if let Some((name, _)) = call {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
    }
    // `strace` itself starts the program; from there on it is ours.
    calls.remove("execve");
    assert!(calls.values().sum::<u32>() > 60, "what a register does: {calls:?}");
    for name in ["flock", "write", "fsync", "rename", "fchmod", "getdents64", "ftruncate"] {
        assert!(calls.contains_key(name), "{name} is not among {calls:?}");
    }
    calls
}

/// Injects a fault into every system call, one at a time, and judges the result.
fn inject_everywhere(what: &str, judge: fn(&str, &Ran, bool)) -> u32 {
    let mut injected = 0;
    for (call, count) in calls() {
        for when in 1..=count {
            let name = format!("{what} at {call} {when}");
            let traced = Traced::new();
            let ran = traced.inject(&call, &format!("{what}:when={when}"));
            let saved = traced.saved();
            assert!(ran.code != Some(0) || saved, "{name}: done and not there: {ran:?}");
            assert!(ran.stdout.is_empty() || saved, "{name}: answered and not there: {ran:?}");
            if matches!(ran.code, Some(0 | 1)) {
                assert_eq!(traced.folder.leftovers(), [""; 0], "{name}: {ran:?}");
            }
            judge(&name, &ran, saved);
            traced.assert_next_works(&name);
            injected += 1;
        }
    }
    injected
}

/// A process that ends by itself reports whether the change is in place, and cleans up.
fn honest(name: &str, ran: &Ran, saved: bool) {
    let Some(code) = ran.code else {
        // The start or the end of the process failed, where nothing can be reported.
        return assert!(saved != ran.stdout.is_empty(), "{name}: {ran:?}");
    };
    let told = ["is saved, but its durability is not confirmed", "cannot write to standard output"];
    let told = told.iter().any(|words| ran.stderr.contains(words));
    match code {
        0 => assert!(saved && !told, "{name}: {ran:?}"),
        1 => {
            assert!(ran.stderr.starts_with("error: "), "{name}: {ran:?}");
            assert_eq!(saved, told, "{name}: {ran:?}");
        }
        // The loader could not start the program, or the runtime ended it.
        _ => assert!(!saved, "{name}: {ran:?}"),
    }
}

fn a_kill_at_every_system_call() {
    let killed = inject_everywhere("signal=KILL", |name, ran, _| {
        assert_eq!(ran.signal, Some(9), "{name}: {ran:?}");
    });
    assert!(killed > 60, "{killed} calls were killed");
}

fn every_system_call_fails_on_a_full_disk() {
    for error in ["ENOSPC", "EDQUOT"] {
        inject_everywhere(&format!("error={error}"), honest);
    }
}

fn every_system_call_fails_with_an_error_of_the_disk() {
    inject_everywhere("error=EIO", honest);
}

/// An interrupted call is made again wherever the system may interrupt it.
fn every_system_call_is_interrupted() {
    inject_everywhere("error=EINTR", |name, ran, saved| {
        honest(name, ran, saved);
        let again = ["flock", "write", "fsync"].iter().any(|c| name.contains(&format!(" at {c} ")));
        assert!(!again || ran.code == Some(0), "{name}: {ran:?}");
    });
}

fn errors_report_whether_the_change_is_in_place() {
    let traced = Traced::new();
    let place = format!("`{}`", traced.path.display());
    let ran = traced.inject("fsync", "error=EIO:when=1");
    ran.code(1).reports(&format!("cannot write {place}: "));
    assert_bytes(&traced.path, traced.before.as_bytes());

    // The second call is that of the folder, when the new file is in place.
    let ran = traced.inject("fsync", "error=EIO:when=2");
    ran.code(1).reports(&format!("{place} is saved, but its durability is not confirmed: "));
    ran.reports("hint: check the disk; the change is in place");
    assert!(traced.saved());
}

fn flushed_before_the_rename_and_before_the_answer() {
    let traced = Traced::new();
    let log = traced.folder.file("calls");
    let output = log.to_str().expect("a plain path");
    let kinds = "trace=write,fsync,/^rename,openat";
    run(&mut traced.command(&["-f", "-y", "-s", "12", "-o", output, "-e", kinds])).code(0);

    let log = fs::read_to_string(log).expect("what strace saw");
    let folder = format!("{}>", traced.folder.path().display());
    let steps = [
        ("the file is new", last(&log, &["openat(", ".tmp.", "O_EXCL"])),
        ("the file is written", last(&log, &["write(", ".tmp."])),
        ("the file is on disk", last(&log, &["fsync(", ".tmp."])),
        ("the file is in place", last(&log, &["rename", ".tmp."])),
        ("the name is on disk", last(&log, &["fsync(", &folder])),
        ("the answer", last(&log, &["write(1<", "[registry]"])),
    ];
    for pair in steps.windows(2) {
        assert!(pair[0].1 < pair[1].1, "{} before {}:\n{log}", pair[0].0, pair[1].0);
    }
    // Nobody ever writes into the file that others read.
    let manifest = format!("{}>", traced.path.display());
    let in_place = log.lines().find(|line| line.contains("write(") && line.contains(&manifest));
    assert_eq!(in_place, None);
}

/// The last line with all of these words.
#[track_caller]
fn last(log: &str, words: &[&str]) -> usize {
    let fits = |line: &str| words.iter().all(|word| line.contains(word));
    let place = log.lines().collect::<Vec<_>>().iter().rposition(|line| fits(line));
    place.unwrap_or_else(|| panic!("no line with {words:?}:\n{log}"))
}

fn a_file_system_without_locks() {
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        let traced = Traced::new();
        let ran = traced.inject("flock", &format!("error={error}"));
        ran.code(1).reports(&format!("cannot lock `{}", traced.folder.path().display()));
        ran.reports("hint: move the manifest to a file system that supports file locks");
        assert_bytes(&traced.path, traced.before.as_bytes());
    }
}

fn reading_takes_no_lock_and_writes_nothing() {
    let traced = Traced::new();
    for arguments in [&["production", "m"][..], &["list"], &["list", "m"], &["show", "m"]] {
        assert_reads_only(&traced.path, arguments);
    }
    assert!(!traced.folder.file(".manifest.json.lock").exists());
}

#[track_caller]
fn assert_reads_only(path: &Path, arguments: &[&str]) {
    // strace writes to standard error, where a reading command prints nothing.
    let kinds = "trace=flock,/^rename,/^mkdir,/^unlink,fsync";
    let options = ["-f", "-qq", "-e", "signal=none", "-e", kinds];
    run(strace(&registry(path), &options).args(arguments)).code(0).quiet();
}

/// Between opening the lock file and locking it somebody may put another in its place.
fn a_lock_on_a_deleted_file_does_not_count() {
    let traced = Traced::new();
    let lock = traced.folder.write(".manifest.json.lock", "");
    // `-D` keeps the process that we start the one that is traced, so its files can be looked at.
    let options = ["-D", "-o", "/dev/null", "-e", "inject=flock:delay_enter=2000000:when=1"];
    let mut command = strace(&registry(&traced.path), &options);
    command.args(["--lock-timeout", "0"]).args(REGISTER);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("strace runs");
    while !has_open(child.id(), &lock) {
        assert!(child.try_wait().expect("its state").is_none(), "it ended before it locked");
    }
    let new = traced.folder.write("new lock", "");
    let held = fs::File::open(&new).expect("the new lock");
    fs2::FileExt::try_lock_exclusive(&held).expect("nobody else has it");
    fs::rename(&new, &lock).expect("another lock file");

    finish(child).code(1).reports("is locked by");
    assert!(!traced.saved());
}

/// Whether a process has a file open.
fn has_open(process: u32, path: &Path) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|open| open == path))
}
