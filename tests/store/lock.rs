//! The lock: who waits is told for whom, and a deleted lock file excludes all the same. That
//! waiting has an end, and that a dead holder holds nothing, is in `forty_cases.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use model_registry::{Error, Store};

use crate::support::{
    Folder, assert_bytes, finish, manifest, registry, time, trained, versions_in,
};

/// Takes the lock as another program may.
///
/// Waits for it: a process that another test of this suite is just starting has a copy of every
/// open file of ours for a moment, until it becomes the program it is to run.
fn hold(lock: &Path) -> File {
    let options = OpenOptions::new().read(true).append(true).create(true).open(lock);
    let file = options.expect("the lock file");
    fs2::FileExt::lock_exclusive(&file).expect("nobody else keeps the lock");
    file
}

#[test]
fn whoever_waits_is_told_for_whom() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let lock = folder.file(".manifest.json.lock");
    fs::write(&lock, "process 42 (a test)").expect("the holder's name");
    let held = hold(&lock);

    let register = ["register", "m", "--artifact-path", "p", "--version", "new"];
    let mut command = registry(&path);
    command.args(register).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut waiting = command.spawn().expect("the command runs");
    let mut stderr = BufReader::new(waiting.stderr.take().expect("its messages"));
    let mut note = String::new();
    stderr.read_line(&mut note).expect("a note while it waits");
    let expected =
        format!("note: waiting for `{}`, locked by process 42 (a test)\n", lock.display());
    assert_eq!(note, expected);

    drop(held);
    finish(waiting).code(0);
    note.clear();
    stderr.read_line(&mut note).expect("the end of the messages");
    assert_eq!(note, "", "the note is given once");
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

#[test]
fn after_its_end_a_command_holds_nothing_and_names_nobody() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(0));
    let lock = folder.file(".manifest.json.lock");
    let mut during = String::new();
    let store = Store::new(&path).holder("me");
    let changed = store.update(|m| {
        during = fs::read_to_string(&lock).expect("the lock file");
        m.register("m", &trained("1"), time(0))
    });
    changed.expect("a valid version");
    assert_eq!(during, "me");
    assert_bytes(&lock, b"");
    drop(hold(&lock));
}

#[test]
fn a_lock_file_deleted_while_it_is_held_excludes_whoever_comes_later() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(0));
    let lock = folder.file(".manifest.json.lock");
    let _nameless = hold(&lock);
    fs::remove_file(&lock).expect("somebody cleans up");

    thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for version in 0..10 {
                    let version = trained(&format!("{writer}-{version}"));
                    let store = Store::new(path);
                    store.update(|m| m.register("m", &version, time(0))).expect("a valid version");
                }
            });
        }
    });
    assert_eq!(versions_in(&path).len(), 40);
}

#[test]
fn whoever_waited_for_a_deleted_lock_file_waits_for_the_new_one() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let lock = folder.file(".manifest.json.lock");
    let first = hold(&lock);

    let (waits, waiting) = mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let timeout = Duration::from_millis(1500);
            let store = Store::new(&path)
                .lock_timeout(timeout)
                .on_wait(move |_, _| waits.send(()).expect("the test listens"));
            store.update(|m| m.register("m", &trained("new"), time(0)))
        });
        waiting.recv().expect("it waits");
        // In one step somebody cleans up and somebody else takes the new lock.
        let second = hold(&folder.file("new lock"));
        fs::rename(folder.file("new lock"), &lock).expect("another lock file");
        drop(first);
        let result = waiter.join().expect("it ends");
        assert!(matches!(result, Err(Error::LockTimeout { .. })), "{result:?}");
        drop(second);
    });
    assert_bytes(&path, before.as_bytes());
}
