//! Modes, owners, disks that are full or read-only, and paths that lead to no file.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use model_registry::Store;

use crate::support::{
    Folder, Mount, Need, REGISTER, as_nobody, assert_bytes, is_root, manifest, open_to_nobody,
    registry, run, time, trained, trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Mounts] => case_09_a_full_disk,
        [] => case_27_mode_and_umask,
        [Need::Root] => case_27_owner_and_group,
        [Need::Nobody] => case_28_a_frozen_file,
        [Need::Mounts] => case_29_a_read_only_file_system,
        [Need::Nobody] => case_29_a_folder_without_the_right_to_write,
        [Need::Mounts] => case_30_a_file_that_is_a_mount_point,
        [] => case_31_a_limit_on_the_size_of_files,
        [] => case_39_odd_paths,
    ]
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").mode() & 0o7777
}

/// The mode of a file is kept; a new one gets what the umask leaves.
fn case_27_mode_and_umask() {
    for (umask, new) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        let folder = Folder::new();
        let shared = folder.write("shared.json", manifest(1));
        fs::set_permissions(&shared, Permissions::from_mode(0o664)).expect("a mode");
        for (path, expected) in [(&shared, 0o664), (&folder.file("new.json"), new)] {
            let script = format!("umask {umask}; exec \"$0\" -m \"$1\" {}", REGISTER.join(" "));
            let mut command = Command::new("sh");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(path);
            run(&mut command).code(0).quiet();
            assert_eq!(mode(path), expected, "umask {umask}");
        }
    }
}

fn case_27_owner_and_group() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("a mode");
    chown(&path, Some(1234), Some(4321)).expect("root may give files away");
    let registered = Store::new(&path).update(|m| m.register("m", &trained("new"), time(1)));
    registered.expect("a valid version");
    let metadata = fs::metadata(&path).expect("the file is there");
    assert_eq!((metadata.uid(), metadata.gid(), mode(&path)), (1234, 4321, 0o664));
}

fn case_28_a_frozen_file() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let (mut writer, mut reader) = (as_nobody(&folder, &path), as_nobody(&folder, &path));
    if is_root() {
        open_to_nobody(&folder);
    }
    fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("a mode");

    let ran = run(writer.args(REGISTER));
    ran.code(1).says(&format!("error: cannot write `{}`: Permission denied", path.display()));
    assert_bytes(&path, before.as_bytes());
    assert_eq!(mode(&path), 0o444);
    assert_eq!(run(reader.args(["production", "m"])).code(0).stdout, "runs/v1\n");
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|e| name(e).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Without the right to mount, the failing calls in `system_calls.rs` stand for this.
fn case_09_a_full_disk() {
    let folder = Folder::new();
    let _mount = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "none"], folder.path());
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

fn case_29_a_read_only_file_system() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let source = folder.path().to_str().expect("a plain path").to_owned();
    let _mount = Mount::new(&["--bind", &source], folder.path());
    let _same = Mount::new(&["-o", "remount,bind,ro"], folder.path());

    run(registry(&path).args(REGISTER)).code(1).says("Read-only file system").says("hint: ");
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v1\n");
    run(registry(&path).args(["list"])).code(0).quiet();
    assert_bytes(&path, before.as_bytes());
    assert_eq!(names(folder.path()), ["manifest.json"]);
}

fn case_29_a_folder_without_the_right_to_write() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let (mut writer, mut reader) = (as_nobody(&folder, &path), as_nobody(&folder, &path));
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

fn case_30_a_file_that_is_a_mount_point() {
    let folder = Folder::new();
    let before = manifest(2);
    let real = folder.write("real.json", &before);
    let path = folder.write("manifest.json", "");
    let _mount = Mount::new(&["--bind", real.to_str().expect("a plain path")], &path);
    let ran = run(registry(&path).args(REGISTER));
    ran.code(1).says(&format!("cannot write `{}`: ", path.display())).says("busy");
    ran.says("hint: the file is a mount point and cannot be replaced; mount its folder instead");
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// The kernel ends a process that writes past the limit of the size of files.
fn case_31_a_limit_on_the_size_of_files() {
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

fn case_39_odd_paths() {
    let folder = Folder::new();
    fs::create_dir(folder.file("folder")).expect("a folder");
    run(Command::new("mkfifo").arg(folder.file("pipe"))).code(0);
    let verbs = [&["list"][..], &["production", "m"], &REGISTER];
    for (path, kind) in [
        (folder.file("folder"), "a directory, not a file"),
        (folder.file("pipe"), "a device or a pipe, not a file"),
        ("/dev/null".into(), "a device or a pipe, not a file"),
    ] {
        for verb in verbs {
            let ran = run(registry(&path).args(verb));
            ran.code(1).says(&format!("error: `{}` is {kind}", path.display()));
        }
    }
    assert!(fs::metadata(folder.file("pipe")).expect("still there").file_type().is_fifo());
    assert_eq!(names(folder.path()), ["folder", "pipe"]);

    symlink("target.json", folder.file("dangling")).expect("a link");
    for path in [folder.file("missing/manifest.json"), folder.file("dangling")] {
        run(registry(&path).args(["list"])).code(0).says("does not exist");
        run(registry(&path).args(["production", "m"])).code(3).says("is not in the manifest");
    }
    assert_eq!(names(folder.path()), ["dangling", "folder", "pipe"]);
    run(registry(&folder.file("dangling")).args(REGISTER)).code(0).quiet();
    assert!(folder.file("dangling").is_symlink() && folder.file("target.json").is_file());
}
