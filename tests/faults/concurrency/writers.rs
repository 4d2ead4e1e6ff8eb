//! Several writers, with and without the lock.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;

use crate::support::{
    Folder, Need, REGISTER, Traced, assert_bytes, finish, manifest, registry, run, trials,
    versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        fifty_parallel_writers,
        a_stale_dump_erases_our_entry,
        [Need::Strace] => another_program_writes_between_load_and_rename,
        the_lock_file_is_deleted_while_it_is_held,
        writers_through_a_link_and_its_target,
    ]
}

/// Registers as many versions at once, by turns through each of these paths.
#[track_caller]
fn register_at_once(ways: &[&Path], count: usize) {
    let writers: Vec<_> = (0..count)
        .map(|index| {
            let mut command = registry(ways[index % ways.len()]);
            let name = format!("w{index}");
            command.args(["register", "m", "--artifact-path", "s3://p", "--version", &name]);
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

fn fifty_parallel_writers() {
    let folder = Folder::new();
    register_at_once(&[&folder.file("manifest.json")], 50);
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// There is no journal: what a program read before our write and writes after it is lost, and no
/// later command can know. What is there then is that program's document, whole.
fn a_stale_dump_erases_our_entry() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let stale = fs::read(&path).expect("another program reads it");
    run(registry(&path).args(REGISTER)).code(0);
    assert_eq!(versions_in(&path), ["v0", "new"]);
    fs::write(&path, &stale).expect("and writes it in place");

    run(registry(&path).args(["list"])).code(0).quiet();
    run(registry(&path).args(["path", "m", "new"])).code(3).reports("has no version `new`");
    assert_bytes(&path, &stale);
    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn another_program_writes_between_load_and_rename() {
    let traced = Traced::new();
    let stopped = traced.stop_after("fsync", 1);
    // It has read the manifest and written its own, and is about to rename it.
    fs::write(&traced.path, manifest(5)).expect("another program writes in place");
    stopped.signal("CONT");
    stopped.finish().code(0);
    assert_eq!(versions_in(&traced.path), ["v0", "v1", "v2", "v3", "v4", "new"]);
    assert_eq!(traced.folder.leftovers(), [""; 0]);
}

fn the_lock_file_is_deleted_while_it_is_held() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let lock = folder.write(".manifest.json.lock", "");
    let held = OpenOptions::new().read(true).append(true).open(&lock).expect("the lock file");
    fs2::FileExt::try_lock_exclusive(&held).expect("nobody else has the lock");
    fs::remove_file(&lock).expect("somebody cleans up");
    register_at_once(&[&path], 12);
    assert!(lock.exists());
}

fn writers_through_a_link_and_its_target() {
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
