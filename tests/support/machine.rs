//! What the machine at hand has: programs, users, mounts.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Folder;

/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

/// Says that a test, or a part of one, did not run.
pub(crate) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// Whether a program runs; says that the test is skipped if not.
///
/// Every program that the tests use knows `--version`.
pub(crate) fn installed(program: &str) -> bool {
    let runs = Command::new(program).arg("--version").output();
    let found = runs.is_ok_and(|output| output.status.success());
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Gives a folder and what is in it to nobody.
pub(crate) fn open_to_nobody(folder: &Folder) {
    for entry in fs::read_dir(folder.path()).expect("the test's folder") {
        let path = entry.expect("an entry").path();
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
    }
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give folders away");
}

/// The `registry` command as somebody who is not root: whoever runs the tests, or else nobody.
/// `None`, and a word about it, if root has no way to become somebody else.
pub(crate) fn as_nobody(folder: &Folder, manifest: &Path) -> Option<Command> {
    if !is_root() {
        return Some(super::registry(manifest));
    }
    if !installed("setpriv") {
        return None;
    }
    // The build's own folder may be closed to others, so the program comes along.
    let program = folder.file("program");
    if !program.exists() {
        // Copied by another process: a program that this one has open for writing cannot run,
        // and a child that another test just started could keep it open a moment longer.
        let mut copy = Command::new("cp");
        super::run(copy.arg(env!("CARGO_BIN_EXE_registry")).arg(&program)).code(0);
    }
    let mut command = Command::new("setpriv");
    let nobody = NOBODY.to_string();
    command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    command.arg(program).arg("-m").arg(manifest);
    command.env_remove("REGISTRY_MANIFEST").env_remove("REGISTRY_LOCK_TIMEOUT");
    Some(command)
}

/// Something that is mounted until it is dropped.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// Runs `mount` with these arguments and the place. `None`, and a word about it, if this
    /// machine does not let us.
    pub(crate) fn new(arguments: &[&str], place: &Path) -> Option<Self> {
        if !is_root() {
            skip("only root can mount");
            return None;
        }
        let ran = Command::new("mount").args(arguments).arg(place).output();
        if ran.is_ok_and(|output| output.status.success()) {
            return Some(Self(place.to_owned()));
        }
        skip(&format!("this machine does not let root mount {arguments:?}"));
        None
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}
