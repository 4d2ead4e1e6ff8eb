//! The mode of the manifest survives every change under any umask.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use libtest_mimic::Trial;
use model_registry::Store;

use crate::support::{
    Folder, Need, REGISTER, Ran, Traced, as_nobody, assert_bytes, is_root, manifest,
    open_to_nobody, program, run, time, trained, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_mode_survives_under_any_umask,
        a_new_manifest_gets_what_the_umask_leaves,
        [Need::Strace] => the_content_of_a_private_file_is_never_readable_by_others,
        mode_and_umask,
        [Need::Root] => owner_and_group,
        [Need::Nobody] => a_read_only_file,
        [Need::Nobody] => a_read_only_folder,
    ]
}

/// Registers a version under a umask.
fn register_with_umask(path: &Path, umask: &str) -> Ran {
    let script = format!("umask {umask}; exec \"$0\" -m \"$1\" register m --artifact-path s3://p");
    run(program("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_registry")).arg(path))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").mode() & 0o7777
}

fn a_mode_survives_under_any_umask() {
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

fn a_new_manifest_gets_what_the_umask_leaves() {
    for (umask, expected) in [("022", 0o644), ("002", 0o664), ("077", 0o600), ("027", 0o640)] {
        let folder = Folder::new();
        let path = folder.file("manifest.json");
        register_with_umask(&path, umask).code(0);
        assert_eq!(mode(&path), expected, "umask {umask}");
    }
}

/// The mode of a file is kept; a new one gets what the umask leaves.
fn mode_and_umask() {
    for (umask, new) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        let folder = Folder::new();
        let shared = folder.write("shared.json", manifest(1));
        fs::set_permissions(&shared, Permissions::from_mode(0o664)).expect("a mode");
        for (path, expected) in [(&shared, 0o664), (&folder.file("new.json"), new)] {
            let script = format!("umask {umask}; exec \"$0\" -m \"$1\" {}", REGISTER.join(" "));
            let mut command = program("sh");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(path);
            run(&mut command).code(0).quiet();
            assert_eq!(mode(path), expected, "umask {umask}");
        }
    }
}

/// The temporary file of a manifest that exists is created for its owner alone: others could
/// otherwise open it before it gets the mode of the manifest.
fn the_content_of_a_private_file_is_never_readable_by_others() {
    for (existing, expected) in [(true, "0600"), (false, "0666")] {
        let traced = Traced::new();
        if existing {
            fs::set_permissions(&traced.path, Permissions::from_mode(0o600)).expect("a mode");
        } else {
            fs::remove_file(&traced.path).expect("the manifest");
        }
        let log = traced.folder.file("strace.log");
        let output = log.to_str().expect("a plain path");
        run(&mut traced.command(&["-f", "-o", output, "-e", "trace=openat"])).code(0);
        let calls = fs::read_to_string(&log).expect("what strace saw");
        let created: Vec<_> = calls
            .lines()
            .filter(|call| call.contains(".tmp.") && call.contains("O_CREAT"))
            .filter_map(|call| call.split_once(')')?.0.rsplit_once(", "))
            .map(|(_, mode)| mode)
            .collect();
        assert_eq!(created, [expected], "{calls}");
    }
}

fn owner_and_group() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    fs::set_permissions(&path, Permissions::from_mode(0o664)).expect("a mode");
    chown(&path, Some(1234), Some(4321)).expect("root may give files away");
    let registered = Store::new(&path).update(|m| m.register("m", &trained("new"), time(1)));
    registered.expect("a valid version");
    let metadata = fs::metadata(&path).expect("the file is there");
    assert_eq!((metadata.uid(), metadata.gid(), mode(&path)), (1234, 4321, 0o664));
}

fn a_read_only_file() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let (mut writer, mut reader) = (as_nobody(&folder, &path), as_nobody(&folder, &path));
    if is_root() {
        open_to_nobody(&folder);
    }
    fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("a mode");

    let ran = run(writer.args(REGISTER));
    ran.code(1).reports(&format!("error: cannot write `{}`: Permission denied", path.display()));
    assert_bytes(&path, before.as_bytes());
    assert_eq!(mode(&path), 0o444);
    assert_eq!(run(reader.args(["production", "m"])).code(0).stdout, "runs/v1\n");
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn a_read_only_folder() {
    let folder = Folder::new();
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let (mut writer, mut reader) = (as_nobody(&folder, &path), as_nobody(&folder, &path));
    if is_root() {
        open_to_nobody(&folder);
    }
    let entries = folder.names();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).expect("a mode");

    let ran = run(writer.args(REGISTER));
    let listed = run(reader.args(["list"]));
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
    ran.code(1).reports("ermission denied").reports("nothing was changed");
    listed.code(0).quiet();
    assert_bytes(&path, before.as_bytes());
    assert_eq!(folder.names(), entries);
}
