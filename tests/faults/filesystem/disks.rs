//! Disks that are full or read-only, mount points and limits on file sizes.

use std::fs;

use libtest_mimic::Trial;

use crate::support::{
    Folder, Mount, Need, REGISTER, assert_bytes, manifest, program, registry, run, trials,
    versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Mounts] => a_full_disk,
        [Need::Mounts] => a_read_only_file_system,
        [Need::Mounts] => a_file_that_is_a_mount_point,
        a_limit_on_the_size_of_files,
    ]
}

/// Without the right to mount, the failing calls in `system_calls.rs` stand for this.
fn a_full_disk() {
    let folder = Folder::new();
    let _mount = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "none"], folder.path());
    let before = manifest(60);
    assert!(before.len() > 28 * 1024 && before.len() < 64 * 1024, "{} bytes", before.len());
    let path = folder.write("manifest.json", &before);
    folder.write("filler", vec![0; 60 * 1024 - before.len().next_multiple_of(4096)]);

    let ran = run(registry(&path).args(REGISTER));
    ran.code(1).reports(&format!("error: cannot write `{}`: No space left", path.display()));
    ran.reports("hint: free some space and run the command again; nothing was changed");
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.leftovers(), [""; 0]);
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v59\n");

    fs::remove_file(folder.file("filler")).expect("room");
    let mut small = manifest(1);
    small.push('\n');
    fs::write(&path, small).expect("room");
    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn a_read_only_file_system() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let source = folder.path().to_str().expect("a plain path").to_owned();
    let _mount = Mount::new(&["--bind", &source], folder.path());
    let _same = Mount::new(&["-o", "remount,bind,ro"], folder.path());

    run(registry(&path).args(REGISTER)).code(1).reports("Read-only file system").reports("hint: ");
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v1\n");
    run(registry(&path).args(["list"])).code(0).quiet();
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.names(), ["manifest.json"]);
}

fn a_file_that_is_a_mount_point() {
    let folder = Folder::new();
    let before = manifest(2);
    let real = folder.write("real.json", &before);
    let path = folder.write("manifest.json", "");
    let _mount = Mount::new(&["--bind", real.to_str().expect("a plain path")], &path);
    let ran = run(registry(&path).args(REGISTER));
    ran.code(1).reports(&format!("cannot write `{}`: ", path.display())).reports("busy");
    ran.reports("hint: mount the folder instead of the file; a mount point cannot be replaced");
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// The kernel ends a process that writes past the limit of the size of files.
fn a_limit_on_the_size_of_files() {
    // Nothing may be written, or the name of the lock's holder, or a part of the manifest.
    for blocks in [0, 1, 20] {
        let folder = Folder::new();
        let before = manifest(60);
        let path = folder.write("manifest.json", &before);
        let script = format!("ulimit -f {blocks}; exec \"$0\" -m \"$1\" {}", REGISTER.join(" "));
        let mut command = program("bash");
        let ran = run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path));
        assert!(ran.code != Some(0) && ran.stdout.is_empty(), "{blocks} blocks: {ran:?}");
        assert_bytes(&path, before.as_bytes());

        let ran = run(registry(&path).args(REGISTER).args(["--lock-timeout", "0"]));
        ran.code(0).quiet();
        assert_eq!(versions_in(&path).len(), 61);
        assert_eq!(folder.leftovers(), [""; 0]);
    }
}
