//! The mode of the manifest survives every change, whatever the umask.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::support::{Folder, Ran, manifest, run};

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
