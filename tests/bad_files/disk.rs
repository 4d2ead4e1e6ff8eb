//! Disks that are full or read-only, and files that cannot be replaced.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{
    Folder, Mount, as_nobody, assert_bytes, is_root, manifest, open_to_nobody, registry, run,
    versions_in,
};

const REGISTER: [&str; 6] = ["register", "m", "--artifact-path", "p", "--version", "new"];

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|e| name(e).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Without the right to mount, the failing calls in the suite of the store stand for this.
#[test]
fn a_full_disk_is_an_error_and_the_file_stays() {
    let folder = Folder::new();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "none"], folder.path()) else {
        return;
    };
    let before = manifest(60);
    assert!(before.len() > 28 * 1024 && before.len() < 64 * 1024, "{} bytes", before.len());
    let path = folder.write("manifest.json", &before);
    folder.write("filler", vec![0; 60 * 1024 - before.len().next_multiple_of(4096)]);

    let ran = run(registry(&path).args(REGISTER));
    ran.code(1).says(&format!("error: cannot write `{}`: No space left", path.display()));
    ran.says("hint: nothing was changed; make room and run the command again");
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

#[test]
fn a_read_only_file_system_is_read_and_not_written() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let source = folder.path().to_str().expect("a plain path").to_owned();
    let Some(_mount) = Mount::new(&["--bind", &source], folder.path()) else { return };
    let Some(_same) = Mount::new(&["-o", "remount,bind,ro"], folder.path()) else { return };

    run(registry(&path).args(REGISTER)).code(1).says("Read-only file system").says("hint: ");
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v1\n");
    run(registry(&path).args(["list"])).code(0).quiet();
    assert_bytes(&path, before.as_bytes());
    assert_eq!(names(folder.path()), ["manifest.json"]);
}

#[test]
fn a_folder_without_the_right_to_write_is_read_and_not_written() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let Some(mut writer) = as_nobody(&folder, &path) else { return };
    let Some(mut reader) = as_nobody(&folder, &path) else { return };
    if is_root() {
        open_to_nobody(&folder);
    }
    let entries = names(folder.path());
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).expect("a mode");

    let ran = run(writer.args(REGISTER));
    let listed = run(reader.args(["list"]));
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
    ran.code(1).says("ermission denied").says("hint: nothing was changed");
    listed.code(0).quiet();
    assert_bytes(&path, before.as_bytes());
    assert_eq!(names(folder.path()), entries);
}

#[test]
fn a_file_that_is_a_mount_point_cannot_be_replaced() {
    let folder = Folder::new();
    let before = manifest(2);
    let real = folder.write("real.json", &before);
    let path = folder.write("manifest.json", "");
    let Some(_mount) = Mount::new(&["--bind", real.to_str().expect("a plain path")], &path) else {
        return;
    };
    let ran = run(registry(&path).args(REGISTER));
    ran.code(1).says(&format!("cannot write `{}`: ", path.display())).says("busy");
    ran.says("hint: the file is a mount point and cannot be replaced; mount its folder instead");
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// The kernel ends a process that writes past the limit of the size of files.
#[test]
fn a_limit_on_the_size_of_files_does_no_harm() {
    // Nothing may be written, or the name of the lock's holder, or a part of the manifest.
    for blocks in [0, 1, 20] {
        let folder = Folder::new();
        let before = manifest(60);
        let path = folder.write("manifest.json", &before);
        let script = format!("ulimit -f {blocks}; exec \"$0\" -m \"$1\" {}", REGISTER.join(" "));
        let mut command = Command::new("bash");
        let ran = run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path));
        assert!(ran.code != Some(0) && ran.stdout.is_empty(), "{blocks} blocks: {ran:?}");
        assert_bytes(&path, before.as_bytes());

        let ran = run(registry(&path).args(REGISTER).args(["--lock-timeout", "0"]));
        ran.code(0).quiet();
        assert_eq!(versions_in(&path).len(), 61);
        assert_eq!(folder.leftovers(), [""; 0]);
    }
}
