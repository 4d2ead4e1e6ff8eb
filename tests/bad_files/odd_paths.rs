//! Paths that lead to no file.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Folder, registry, run};

/// Refused at once by whatever reads and whatever writes.
#[track_caller]
fn refused(path: &Path, reason: &str) {
    let reason = format!("error: `{}` is {reason}", path.display());
    for verb in [
        &["list"][..],
        &["production", "m"],
        &["show", "m"],
        &["register", "m", "--artifact-path", "p"],
        &["promote", "m", "v", "--stage", "prod"],
    ] {
        let ran = run(registry(path).args(verb));
        ran.code(1).says(&reason);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_directory_is_refused() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    fs::create_dir(&path).expect("a folder");
    refused(&path, "a directory, not a file");
    assert!(path.is_dir());
    assert!(!folder.file(".manifest.json.lock").exists());
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    run(Command::new("mkfifo").arg(&path)).code(0);
    refused(&path, "a device or a pipe, not a file");
    assert!(fs::metadata(&path).expect("still there").file_type().is_fifo());
}

#[test]
fn a_device_is_refused() {
    refused(Path::new("/dev/null"), "a device or a pipe, not a file");
    refused(Path::new("/dev/full"), "a device or a pipe, not a file");
    assert!(!Path::new("/dev/.null.lock").exists());
}

#[test]
fn a_file_where_a_folder_should_be_is_an_error() {
    let folder = Folder::new();
    let file = folder.write("file", "x");
    let path = file.join("manifest.json");
    run(registry(&path).args(["list"])).code(1).says(&path.display().to_string());
    let register = ["register", "m", "--artifact-path", "p"];
    run(registry(&path).args(register)).code(1).says(&path.display().to_string());
}

#[test]
fn a_missing_file_is_a_manifest_without_models() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let ran = run(registry(&path).args(["list"]));
    ran.code(0).says("does not exist");
    assert_eq!(run(registry(&path).args(["list", "--json"])).code(0).stdout, "[]\n");
    run(registry(&path).args(["production", "m"])).code(3).says("model `m` is not in the manifest");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
