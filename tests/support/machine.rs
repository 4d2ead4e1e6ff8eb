//! Runs commands as another user, and mounts file systems.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Folder;

/// Id of the user and the group `nobody`.
const NOBODY: u32 = 65534;

/// Returns whether this process runs as root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Gives a folder and its content to `nobody`.
pub(crate) fn open_to_nobody(folder: &Folder) {
    for entry in fs::read_dir(folder.path()).expect("the test's folder") {
        let path = entry.expect("an entry").path();
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
    }
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give folders away");
}

/// Returns the `registry` command for a user without special rights: the current user, or `nobody`
/// if that is root. [`open_to_nobody`] gives `nobody` access to the folder.
pub(crate) fn as_nobody(folder: &Folder, manifest: &Path) -> Command {
    if !is_root() {
        return super::registry(manifest);
    }
    // Other users may have no access to the target folder, so the program is copied.
    let program = folder.file("program");
    if !program.exists() {
        // Another process copies it: a program that is open for writing cannot run, and a child
        // that another test has just started could keep our file open for a moment.
        let mut copy = Command::new("cp");
        super::run(copy.arg(env!("CARGO_BIN_EXE_registry")).arg(&program)).code(0);
    }
    let mut command = super::program("setpriv");
    let nobody = NOBODY.to_string();
    command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    command.arg(program).arg("-m").arg(manifest);
    command
}

/// A mount, which is removed when it is dropped.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// Runs `mount` with these arguments and the mount point.
    #[track_caller]
    pub(crate) fn new(arguments: &[&str], mount_point: &Path) -> Self {
        Self::try_new(arguments, mount_point)
            .unwrap_or_else(|problem| panic!("mount {arguments:?}: {problem}"))
    }

    pub(super) fn try_new(arguments: &[&str], mount_point: &Path) -> Result<Self, String> {
        let ran = Command::new("mount").args(arguments).arg(mount_point).output();
        match ran {
            Ok(output) if output.status.success() => Ok(Self(mount_point.to_owned())),
            other => Err(format!("{other:?}")),
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}
