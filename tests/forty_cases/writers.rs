//! Several writers, with and without the lock.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use libtest_mimic::Trial;
use model_registry::Store;

use crate::support::{
    Folder, Need, REGISTER, Traced, assert_bytes, finish, manifest, registry, run, time, trained,
    trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [] => case_04_fifty_parallel_writers,
        [] => case_05_a_stale_dump_erases_our_entry,
        [Need::Strace] => case_06_another_program_writes_between_load_and_rename,
        [] => case_20_the_lock_file_is_deleted_while_it_is_held,
        [] => case_21_a_link_and_its_target,
        [Need::Program("flock")] => case_23_the_holder_hangs,
        [Need::Strace] => case_24_the_holder_is_killed,
        [] => case_25_a_child_outlives_the_writer,
    ]
}

/// Registers as many versions at once, by turns through each of these paths.
#[track_caller]
fn register_at_once(ways: &[&Path], count: usize) {
    let writers: Vec<_> = (0..count)
        .map(|index| {
            let mut command = registry(ways[index % ways.len()]);
            let name = format!("w{index}");
            command.args(["register", "m", "--artifact-path", "p", "--version", &name]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("the command runs")
        })
        .collect();
    for writer in writers {
        finish(writer).code(0);
    }
    let found = versions_in(ways[0]);
    let expected: BTreeSet<_> = (0..count).map(|index| format!("w{index}")).collect();
    assert_eq!(found.len(), count, "{found:?}");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn case_04_fifty_parallel_writers() {
    let folder = Folder::new();
    register_at_once(&[&folder.file("manifest.json")], 50);
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// There is no journal: what a program read before our write and writes after it is lost, and no
/// later command can know. What is there then is that program's document, whole.
fn case_05_a_stale_dump_erases_our_entry() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let stale = fs::read(&path).expect("another program reads it");
    run(registry(&path).args(REGISTER)).code(0);
    assert_eq!(versions_in(&path), ["v0", "new"]);
    fs::write(&path, &stale).expect("and writes it in place");

    run(registry(&path).args(["list"])).code(0).quiet();
    run(registry(&path).args(["path", "m", "new"])).code(3).says("has no version `new`");
    assert_bytes(&path, &stale);
    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn case_06_another_program_writes_between_load_and_rename() {
    let traced = Traced::new();
    let stopped = traced.stop_after("fsync", 1);
    // It has read the manifest and written its own, and is about to rename it.
    fs::write(&traced.path, manifest(5)).expect("another program writes in place");
    stopped.signal("CONT");
    stopped.finish().code(0);
    assert_eq!(versions_in(&traced.path), ["v0", "v1", "v2", "v3", "v4", "new"]);
    assert_eq!(traced.folder.leftovers(), [""; 0]);
}

fn case_20_the_lock_file_is_deleted_while_it_is_held() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let lock = folder.write(".manifest.json.lock", "");
    let held = OpenOptions::new().read(true).append(true).open(&lock).expect("the lock file");
    fs2::FileExt::try_lock_exclusive(&held).expect("nobody else has the lock");
    fs::remove_file(&lock).expect("somebody cleans up");
    register_at_once(&[&path], 12);
    assert!(lock.exists());
}

fn case_21_a_link_and_its_target() {
    let folder = Folder::new();
    fs::create_dir(folder.file("real")).expect("a folder");
    let real = folder.write("real/m.json", "{}");
    let link = folder.file("manifest.json");
    symlink("real/m.json", &link).expect("a link");
    register_at_once(&[&link, &real], 12);
    assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("real/m.json"));
    assert!(
        folder.file("real/.m.json.lock").exists() && !folder.file(".manifest.json.lock").exists()
    );
}

/// Another program that holds the lock as `flock LOCK COMMAND` does.
fn hold_with_flock(lock: &Path) -> Child {
    let mut command = Command::new("flock");
    command.arg("--no-fork").arg(lock).args(["sh", "-c", "echo held; exec sleep 600"]);
    let mut holder = command.stdout(Stdio::piped()).spawn().expect("flock runs");
    let mut line = String::new();
    let stdout = holder.stdout.as_mut().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("it says that it has the lock");
    assert_eq!(line, "held\n");
    holder
}

fn case_23_the_holder_hangs() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let lock = folder.file(".manifest.json.lock");
    let mut holder = hold_with_flock(&lock);
    fs::write(&lock, "process 42 (a trainer)").expect("the holder says who it is");

    for timeout in ["1", "0"] {
        let ran = run(registry(&path).args(["--lock-timeout", timeout]).args(REGISTER));
        ran.code(1).says(&format!("error: `{}` is locked by process 42", lock.display()));
        ran.says("; gave up after ").says("hint: wait longer with --lock-timeout");
        assert_eq!(ran.stdout, "");
    }
    run(registry(&path).env("REGISTRY_LOCK_TIMEOUT", "0").args(REGISTER)).code(1).says("gave up");
    assert_bytes(&path, before.as_bytes());
    // Whoever reads needs no lock.
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v0\n");

    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    run(registry(&path).args(["--lock-timeout", "0"]).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn case_24_the_holder_is_killed() {
    let traced = Traced::new();
    let stopped = traced.stop_after("fsync", 1);
    let ran = run(registry(&traced.path).args(["--lock-timeout", "0"]).args(REGISTER));
    ran.code(1).says("is locked by process ").says("(registry register, since ");
    assert_eq!(traced.folder.leftovers().len(), 1);

    stopped.signal("KILL");
    assert_eq!(stopped.finish().signal, Some(9));
    assert_bytes(&traced.path, traced.before.as_bytes());
    traced.assert_next_works("after the holder's death");
}

fn case_25_a_child_outlives_the_writer() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let mut child = None;
    let changed = Store::new(&path).update(|m| {
        // Under the lock: what a child inherits it has now.
        child = Some(Command::new("sleep").arg("600").spawn().expect("a child"));
        m.register("m", &trained("v0"), time(0))
    });
    changed.expect("a valid version");
    run(registry(&path).args(["--lock-timeout", "0"]).args(REGISTER)).code(0).quiet();
    let mut child = child.expect("it was started");
    assert!(child.try_wait().expect("its state").is_none(), "the child lives on");
    child.kill().expect("it may be killed");
    child.wait().expect("it ends");
    assert_eq!(versions_in(&path), ["v0", "new"]);
}
