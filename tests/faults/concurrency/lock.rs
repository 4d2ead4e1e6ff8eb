//! The lock: the note while waiting, the timeout, lock files that are deleted while they are held,
//! and holders that hang or have ended.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;
use model_registry::{Error, Store};

use crate::support::{
    Background, Folder, Need, REGISTER, assert_bytes, finish, manifest, program, registry, run,
    time, trained, trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_waiting_command_reports_the_holder,
        after_its_end_a_command_holds_nothing_and_names_nobody,
        a_lock_file_deleted_while_it_is_held_still_excludes_later_commands,
        a_command_that_waited_for_a_deleted_lock_file_waits_for_the_new_one,
        [Need::Program("flock")] => the_lock_holder_hangs,
        a_child_that_outlives_the_writer_does_not_hold_the_lock,
        a_change_whose_lock_file_was_deleted_is_made_on_what_others_wrote,
        the_lock_is_looked_at_even_where_the_manifest_looks_the_same,
        the_temporary_file_of_a_living_process_stays,
        a_lock_file_with_another_name_is_refused,
        a_refused_change_leaves_nothing_behind,
    ]
}

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

fn a_waiting_command_reports_the_holder() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let lock = folder.file(".manifest.json.lock");
    fs::write(&lock, "process 42 (a test)").expect("the holder's name");
    let held = hold(&lock);

    let register = ["register", "m", "--artifact-path", "s3://p", "--version", "new"];
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

fn after_its_end_a_command_holds_nothing_and_names_nobody() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(0));
    let lock = folder.write(".manifest.json.lock", "");
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

fn a_lock_file_deleted_while_it_is_held_still_excludes_later_commands() {
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

fn a_command_that_waited_for_a_deleted_lock_file_waits_for_the_new_one() {
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

/// Another program that holds the lock as `flock LOCK COMMAND` does.
fn hold_with_flock(lock: &Path) -> Background {
    let mut command = program("flock");
    command.arg("--no-fork").arg(lock).args(["sh", "-c", "echo held; exec cat"]);
    let mut holder = Background::start(&mut command);
    assert_eq!(holder.first_line(), "held\n");
    holder
}

fn the_lock_holder_hangs() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let lock = folder.file(".manifest.json.lock");
    let holder = hold_with_flock(&lock);
    fs::write(&lock, "process 42 (a trainer)").expect("the description of the holder");

    for timeout in ["1", "0"] {
        let ran = run(registry(&path).args(["--lock-timeout", timeout]).args(REGISTER));
        ran.code(1).reports(&format!("error: `{}` is locked by process 42", lock.display()));
        ran.reports("; gave up after ").reports("hint: wait longer with --lock-timeout");
        assert_eq!(ran.stdout, "");
    }
    run(registry(&path).env("REGISTRY_LOCK_TIMEOUT", "0").args(REGISTER))
        .code(1)
        .reports("gave up");
    assert_bytes(&path, before.as_bytes());
    // Reading needs no lock.
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v0\n");

    drop(holder);
    run(registry(&path).args(["--lock-timeout", "0"]).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn a_child_that_outlives_the_writer_does_not_hold_the_lock() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let mut child = None;
    let changed = Store::new(&path).update(|m| {
        // Under the lock: what a child inherits it has now.
        child = Some(Background::start(&mut program("cat")));
        m.register("m", &trained("v0"), time(0))
    });
    changed.expect("a valid version");
    // Not at once: a process that another test is starting shares our open files for a moment.
    run(registry(&path).args(["--lock-timeout", "5"]).args(REGISTER)).code(0).quiet();
    assert!(child.expect("it was started").is_running(), "the child lives on");
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn a_change_whose_lock_file_was_deleted_is_made_on_what_others_wrote() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let lock = folder.write(".manifest.json.lock", "");
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        if runs == 1 {
            // Somebody cleans up, and another process takes the new lock and is done.
            fs::remove_file(&lock).expect("the lock file");
            let other = Store::new(&path).update(|m| m.register("m", &trained("other"), time(0)));
            other.expect("the other change");
        }
        m.register("m", &trained("mine"), time(0))
    });
    changed.expect("the change");
    assert_eq!(versions_in(&path), ["v0", "other", "mine"]);
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn the_lock_is_looked_at_even_where_the_manifest_looks_the_same() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let lock = folder.write(".manifest.json.lock", "");
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        if runs == 1 {
            fs::remove_file(&lock).expect("somebody cleans up");
        }
        m.register("m", &trained("mine"), time(0))
    });
    changed.expect("the change");
    // Another process may hold the new lock, so the change is made again under it.
    assert_eq!(runs, 2);
    assert!(lock.exists());
}

fn the_temporary_file_of_a_living_process_stays() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let living = hold(&folder.file(".manifest.json.tmp.1.0"));
    folder.write(".manifest.json.tmp.2.0", "half of a mani");
    Store::new(&path).update(|m| m.register("m", &trained("new"), time(0))).expect("a change");
    assert_eq!(folder.leftovers(), [".manifest.json.tmp.1.0"]);
    drop(living);
    Store::new(&path).update(|m| m.register("m", &trained("newer"), time(0))).expect("a change");
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn a_lock_file_with_another_name_is_refused() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let victim = folder.write("victim", "precious");
    fs::hard_link(&victim, folder.file(".manifest.json.lock")).expect("a hard link");
    let changed = Store::new(&path).update(|m| m.register("m", &trained("new"), time(0)));
    assert!(matches!(&changed, Err(Error::Io { action: "lock", .. })), "{changed:?}");
    let error = changed.expect_err("a lock file with another name");
    assert!(error.to_string().contains("more than one hard link"), "{error}");
    assert_bytes(&victim, b"precious");
    assert_bytes(&path, before.as_bytes());
}

fn a_refused_change_leaves_nothing_behind() {
    let folder = Folder::new();
    for (content, code) in
        [("root:x:0:0::/root:/bin/sh\n", 1), ("[]", 1), ("{\"models\": {\"m\": {}}}", 3)]
    {
        let path = folder.write("passwd", content);
        let mut command = registry(&path);
        run(command.args(["promote", "m", "v", "--stage", "prod"])).code(code);
        let names: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_bytes(&path, content.as_bytes());
    }
    let nowhere = folder.file("no/such/folder/manifest.json");
    run(registry(&nowhere).args(["promote", "m", "v", "--stage", "prod"])).code(3);
    assert!(!folder.file("no").exists());
}
