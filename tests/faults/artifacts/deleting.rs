//! Deleting the artifacts of pruned versions.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use libtest_mimic::Trial;

use super::on;
use crate::support::{
    Folder, Need, Ran, as_nobody, is_root, open_to_nobody, program, registry, run, trials,
};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        deleting_follows_no_link,
        what_is_never_deleted,
        the_working_directory_is_never_deleted,
        what_a_remaining_version_needs_is_kept,
        [Need::Nobody] => an_artifact_that_cannot_be_deleted,
    ]
}

/// Deleting removes links, and leaves what they lead to.
fn deleting_follows_no_link() {
    let (folder, outside) = (Folder::new(), Folder::new());
    let kept = outside.write("weights.bin", "weights");
    fs::create_dir(folder.file("model")).expect("a folder");
    symlink(&kept, folder.file("model/weights.bin")).expect("a link");
    symlink(outside.path(), folder.file("model/more")).expect("a link");
    symlink(outside.path(), folder.file("elsewhere")).expect("a link");
    fs::create_dir_all(folder.file("clone/.git")).expect("a folder");
    fs::create_dir_all(folder.file("old")).expect("a folder");
    fs::write(folder.file("old/model.bin"), "weights").expect("a file");
    symlink("old", folder.file("alias")).expect("a link");
    for (version, artifact) in [
        ("1", "model"),
        ("2", "elsewhere/weights.bin"),
        ("3", "clone"),
        ("4", "old"),
        ("5", "alias"),
    ] {
        let arguments = ["register", "m", "--version", version, "--artifact-path", artifact];
        on(&folder, &arguments).code(0).quiet();
    }
    let ran = on(&folder, &["prune", "m", "--keep", "1", "--delete-artifacts"]);
    let lines = [
        "Deleted model",
        "Kept elsewhere/weights.bin: the path leads through a link",
        "Kept clone: it belongs to a git repository",
        // Version 5 is kept, and its path leads here.
        "Kept old: version `5` of model `m` needs it",
    ];
    for line in lines {
        assert!(ran.code(0).stdout.contains(&format!("[registry] {line}\n")), "{line}: {ran:#?}");
    }
    assert!(kept.exists() && !folder.file("model").exists());
    assert!(folder.file("old/model.bin").exists() && folder.file("clone/.git").exists());
}

/// Registers versions of model `m`, one for each path, and then prunes all but the newest ones.
fn prune(folder: &Folder, artifacts: &[&str], keep: usize) -> Ran {
    for (version, artifact) in artifacts.iter().enumerate() {
        let version = version.to_string();
        let arguments = ["register", "m", "--version", &version, "--artifact-path", artifact];
        on(folder, &[&arguments[..], &["--no-digest"]].concat()).code(0);
    }
    on(folder, &["prune", "m", "--keep", &keep.to_string(), "--delete-artifacts"])
}

#[track_caller]
fn assert_lines(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(ran.stdout.contains(&format!("[registry] {line}\n")), "{line}: {ran:#?}");
    }
}

fn what_is_never_deleted() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file(".git/hooks")).expect("a folder");
    folder.write("policy.toml", "");
    run(program("mkfifo").arg(folder.file("pipe"))).code(0);
    let paths = [".git/hooks", "policy.toml", "pipe", "manifest.json", "gone", "."];
    let ran = prune(&folder, &paths, 0);
    let lines = [
        "Kept .git/hooks: it belongs to a git repository",
        "Kept policy.toml: it is the policy",
        "Kept pipe: it is a device or a pipe",
        "Kept manifest.json: it contains the manifest",
        "gone does not exist",
        "Kept .: it is not inside the project root",
    ];
    assert_lines(ran.code(0), &lines);
    for path in [".git/hooks", "policy.toml", "pipe", "manifest.json"] {
        assert!(folder.file(path).exists(), "{path}");
    }
}

/// With a manifest elsewhere, the working directory is the root, and an artifact path can name it.
fn the_working_directory_is_never_deleted() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    folder.write("notes.txt", "mine");
    let on = |arguments: &[&str]| {
        let mut command = registry(&elsewhere.file("manifest.json"));
        run(command.args(arguments).current_dir(folder.path()))
    };
    for (version, path) in [("1", "."), ("2", "notes.txt/..")] {
        let arguments = ["register", "m", "--version", version, "--artifact-path", path];
        on(&[&arguments[..], &["--no-digest"]].concat()).code(0);
    }
    let ran = on(&["prune", "m", "--keep", "0", "--delete-artifacts"]);
    assert_lines(ran.code(0), &["Kept .: it is not inside the project root"]);
    assert_eq!(folder.names(), ["notes.txt"]);
}

/// A remaining version needs its folder, what is in it, and the links on the way to it.
fn what_a_remaining_version_needs_is_kept() {
    let folder = Folder::new();
    for path in ["model/part", "links", "store", "expected"] {
        fs::create_dir_all(folder.file(path)).expect("a folder");
    }
    symlink("../store", folder.file("links/model")).expect("a link");
    let paths =
        ["model/part", "links", "store", "expected", "model", "links/model", "expected/soon"];
    let ran = prune(&folder, &paths, 3);
    let lines = [
        "Kept model/part: version `4` of model `m` needs it",
        "Kept links: version `5` of model `m` needs it",
        "Kept store: version `5` of model `m` needs it",
        // The training host may still be writing it.
        "Kept expected: version `6` of model `m` needs it",
    ];
    assert_lines(ran.code(0), &lines);
    assert!(folder.file("model/part").exists() && folder.file("links/model").exists());
}

/// The manifest is written before anything is deleted, so what fails is reported, not undone.
fn an_artifact_that_cannot_be_deleted() {
    let folder = Folder::new();
    let locked = folder.file("locked");
    fs::create_dir(&locked).expect("a folder");
    fs::write(locked.join("model.bin"), "weights").expect("a file");
    let manifest = folder.file("manifest.json");
    let arguments = ["register", "m", "--version", "1", "--artifact-path", "locked/model.bin"];
    on(&folder, &arguments).code(0).quiet();
    let mut command = as_nobody(&folder, &manifest);
    if is_root() {
        open_to_nobody(&folder);
    }
    fs::set_permissions(&locked, Permissions::from_mode(0o555)).expect("a mode");
    let arguments = ["prune", "m", "--keep", "0", "--delete-artifacts"];
    let ran = run(command.args(arguments).current_dir(folder.path()));
    assert_lines(ran.code(1), &["m: removed 1, 0 kept"]);
    assert!(ran.stdout.contains("[registry] Cannot delete locked/model.bin: "), "{ran:#?}");
    assert!(locked.join("model.bin").exists());
    fs::set_permissions(&locked, Permissions::from_mode(0o755)).expect("a mode");
}
