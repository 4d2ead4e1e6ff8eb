//! Mode and owner of the manifest survive every change, and a frozen file stays frozen.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use model_registry::Store;

use crate::support::{
    Folder, Ran, as_nobody, assert_bytes, is_root, manifest, open_to_nobody, run, skip, time,
    trained,
};

/// Registers a version under a umask.
fn register_with_umask(path: &Path, umask: &str) -> Ran {
    let script = format!("umask {umask}; exec \"$0\" -m \"$1\" register m --artifact-path p");
    run(Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_registry")).arg(path))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").mode() & 0o7777
}

#[test]
fn a_mode_survives_whatever_the_umask() {
    for kept in [0o664, 0o600, 0o640, 0o666] {
        for umask in ["022", "077", "000"] {
            let folder = Folder::new();
            let path = folder.write("manifest.json", manifest(1));
            fs::set_permissions(&path, Permissions::from_mode(kept)).expect("a mode");
            register_with_umask(&path, umask).code(0);
            assert_eq!(mode(&path), kept, "umask {umask}");
        }
    }
}

#[test]
fn a_new_manifest_gets_what_the_umask_leaves() {
    for (umask, expected) in [("022", 0o644), ("002", 0o664), ("077", 0o600), ("027", 0o640)] {
        let folder = Folder::new();
        let path = folder.file("manifest.json");
        register_with_umask(&path, umask).code(0);
        assert_eq!(mode(&path), expected, "umask {umask}");
    }
}

#[test]
fn owner_and_group_survive_a_change_by_root() {
    if !is_root() {
        return skip("only root can give a file to somebody else");
    }
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("a mode");
    chown(&path, Some(1234), Some(4321)).expect("root may give files away");
    let registered = Store::new(&path).update(|m| m.register("m", &trained("new"), time(1)));
    registered.expect("a valid version");
    let metadata = fs::metadata(&path).expect("the file is there");
    assert_eq!((metadata.uid(), metadata.gid(), mode(&path)), (1234, 4321, 0o664));
}

#[test]
fn a_frozen_file_is_read_and_not_replaced() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let Some(mut writer) = as_nobody(&folder, &path) else { return };
    let Some(mut reader) = as_nobody(&folder, &path) else { return };
    if is_root() {
        open_to_nobody(&folder);
    }
    fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("a mode");

    run(writer.args(["register", "m", "--artifact-path", "p"])).code(1).says("ermission denied");
    assert_bytes(&path, before.as_bytes());
    assert_eq!(mode(&path), 0o444);
    assert_eq!(run(reader.args(["production", "m"])).code(0).stdout, "runs/v1\n");
    assert_eq!(folder.leftovers(), [""; 0]);
}
