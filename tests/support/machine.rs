//! What a test does to the machine at hand: other users, mounts.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Folder;

/// The user and the group that own nothing.
const NOBODY: u32 = 65534;

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

/// The `registry` command as somebody who may not do everything: whoever runs the tests, or else
/// nobody, who is given the folder by [`open_to_nobody`].
pub(crate) fn as_nobody(folder: &Folder, manifest: &Path) -> Command {
    if !is_root() {
        return super::registry(manifest);
    }
    // The build's own folder may be closed to others, so the program comes along.
    let program = folder.file("program");
    if !program.exists() {
        // Copied by another process: a program that this one has open for writing cannot run,
        // and a child that another test just started could keep it open a moment longer.
        let mut copy = Command::new("cp");
        super::run(copy.arg(env!("CARGO_BIN_EXE_registry")).arg(&program)).code(0);
    }
    let mut command = super::program("setpriv");
    let nobody = NOBODY.to_string();
    command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    command.arg(program).arg("-m").arg(manifest);
    command
}

/// Something that is mounted until it is dropped.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// Runs `mount` with these arguments and the place.
    #[track_caller]
    pub(crate) fn new(arguments: &[&str], place: &Path) -> Self {
        Self::try_new(arguments, place).unwrap_or_else(|why| panic!("mount {arguments:?}: {why}"))
    }

    pub(super) fn try_new(arguments: &[&str], place: &Path) -> Result<Self, String> {
        let ran = Command::new("mount").args(arguments).arg(place).output();
        match ran {
            Ok(output) if output.status.success() => Ok(Self(place.to_owned())),
            other => Err(format!("{other:?}")),
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}
