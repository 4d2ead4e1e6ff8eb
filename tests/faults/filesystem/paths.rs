//! Paths that do not lead to a file.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::{Folder, REGISTER, program, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_directory_is_refused,
        a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for,
        a_device_is_refused,
        a_file_where_a_folder_should_be_is_an_error,
        a_missing_file_is_a_manifest_without_models,
        odd_paths,
    ]
}

/// Every command refuses the path at once.
#[track_caller]
fn refused(path: &Path, reason: &str) {
    let reason = format!("error: `{}` is {reason}", path.display());
    for verb in [
        &["list"][..],
        &["production", "m"],
        &["show", "m"],
        &["register", "m", "--artifact-path", "s3://p"],
        &["promote", "m", "v", "--stage", "prod"],
    ] {
        let ran = run(registry(path).args(verb));
        ran.code(1).reports(&reason);
        assert_eq!(ran.stdout, "");
    }
}

fn a_directory_is_refused() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    fs::create_dir(&path).expect("a folder");
    refused(&path, "a directory, not a file");
    assert!(path.is_dir());
    assert!(!folder.file(".manifest.json.lock").exists());
}

fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    run(program("mkfifo").arg(&path)).code(0);
    refused(&path, "a device or a pipe, not a file");
    assert!(fs::metadata(&path).expect("still there").file_type().is_fifo());
}

fn a_device_is_refused() {
    refused(Path::new("/dev/null"), "a device or a pipe, not a file");
    refused(Path::new("/dev/full"), "a device or a pipe, not a file");
    assert!(!Path::new("/dev/.null.lock").exists());
}

fn a_file_where_a_folder_should_be_is_an_error() {
    let folder = Folder::new();
    let file = folder.write("file", "x");
    let path = file.join("manifest.json");
    run(registry(&path).args(["list"])).code(1).reports(&path.display().to_string());
    let register = ["register", "m", "--artifact-path", "s3://p"];
    run(registry(&path).args(register)).code(1).reports(&path.display().to_string());
}

fn a_missing_file_is_a_manifest_without_models() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let ran = run(registry(&path).args(["list"]));
    ran.code(0).reports("does not exist");
    assert_eq!(run(registry(&path).args(["list", "--json"])).code(0).stdout, "[]\n");
    run(registry(&path).args(["production", "m"]))
        .code(3)
        .reports("model `m` is not in the manifest");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

fn odd_paths() {
    let folder = Folder::new();
    fs::create_dir(folder.file("folder")).expect("a folder");
    run(program("mkfifo").arg(folder.file("pipe"))).code(0);
    let verbs = [&["list"][..], &["production", "m"], &REGISTER];
    for (path, kind) in [
        (folder.file("folder"), "a directory, not a file"),
        (folder.file("pipe"), "a device or a pipe, not a file"),
        ("/dev/null".into(), "a device or a pipe, not a file"),
    ] {
        for verb in verbs {
            let ran = run(registry(&path).args(verb));
            ran.code(1).reports(&format!("error: `{}` is {kind}", path.display()));
        }
    }
    assert!(fs::metadata(folder.file("pipe")).expect("still there").file_type().is_fifo());
    assert_eq!(folder.names(), ["folder", "pipe"]);

    symlink("target.json", folder.file("dangling")).expect("a link");
    for path in [folder.file("missing/manifest.json"), folder.file("dangling")] {
        run(registry(&path).args(["list"])).code(0).reports("does not exist");
        run(registry(&path).args(["production", "m"])).code(3).reports("is not in the manifest");
    }
    assert_eq!(folder.names(), ["dangling", "folder", "pipe"]);
    run(registry(&folder.file("dangling")).args(REGISTER)).code(0).quiet();
    assert!(folder.file("dangling").is_symlink() && folder.file("target.json").is_file());
}
