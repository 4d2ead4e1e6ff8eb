//! The store when single system calls kill it or fail: what `strace` can inject.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{
    Folder, Ran, assert_bytes, finish, installed, manifest, registry, run, skip, versions_in,
};

/// A manifest, and a register command under `strace` with these options.
struct Traced {
    folder: Folder,
    path: PathBuf,
    before: String,
}

impl Traced {
    fn new() -> Self {
        let folder = Folder::new();
        let before = manifest(3);
        let path = folder.write("manifest.json", &before);
        Self { folder, path, before }
    }

    /// Registers the version `new` and lets `strace` do something to one kind of call.
    fn inject(&self, call: &str, what: &str) -> Ran {
        let inject = format!("inject={call}:{what}");
        self.register(&["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject])
    }

    fn register(&self, options: &[&str]) -> Ran {
        let inner = registry(&self.path);
        let mut command = Command::new("strace");
        command.args(options).arg(inner.get_program()).args(inner.get_args());
        command.env_remove("REGISTRY_MANIFEST").env_remove("REGISTRY_LOCK_TIMEOUT");
        run(command.args(["register", "m", "--artifact-path", "p", "--version", "new"]))
    }

    fn saved(&self) -> bool {
        match &versions_in(&self.path)[3..] {
            [] => {
                assert_bytes(&self.path, self.before.as_bytes());
                false
            }
            [new] => new == "new",
            other => panic!("{other:?}"),
        }
    }

    /// The next command just works, and cleans up.
    fn assert_next_works(&self, name: &str) {
        let mut next = registry(&self.path);
        next.args(["register", "m", "--artifact-path", "p", "--version", "next"]);
        let ran = run(next.args(["--lock-timeout", "0"]));
        assert!(ran.code == Some(0) && ran.stderr.is_empty(), "{name}: {ran:?}");
        assert_eq!(self.folder.leftovers(), [""; 0], "{name}");
    }
}

/// Whether `strace` is there and may trace.
fn can_trace() -> bool {
    if !installed("strace") {
        return false;
    }
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        skip("strace may not trace here");
    }
    works
}

#[test]
fn a_kill_at_any_system_call_leaves_the_old_file_or_the_new_one() {
    if !can_trace() {
        return;
    }
    let calls =
        ["flock", "ftruncate", "write", "fsync", "/^rename", "fchmod", "fchown", "getdents64"];
    let mut killed = 0;
    for call in calls {
        for when in 1..20 {
            let traced = Traced::new();
            let ran = traced.inject(call, &format!("signal=KILL:when={when}"));
            let name = format!("killed at {call} {when}");
            if ran.code == Some(0) {
                assert!(traced.saved(), "{name}: acknowledged and not there");
                break;
            }
            assert_eq!(ran.signal, Some(9), "{name}: {ran:?}");
            killed += 1;
            assert!(traced.saved() || ran.stdout.is_empty(), "{name}: acknowledged and not there");
            traced.assert_next_works(&name);
        }
    }
    assert!(killed >= 8, "{killed} calls were killed");
}

#[test]
fn a_failing_system_call_is_an_error_and_leaves_nothing_behind() {
    if !can_trace() {
        return;
    }
    for (call, error) in [
        ("write", "ENOSPC"),
        ("write", "EIO"),
        ("write", "EINTR"),
        ("fsync", "EIO"),
        ("fsync", "EDQUOT"),
        ("fsync", "EINTR"),
        ("/^rename", "EIO"),
        ("/^rename", "EBUSY"),
        ("flock", "EINTR"),
        ("flock", "ENOLCK"),
        ("fchmod", "EIO"),
        ("getdents64", "EIO"),
        ("ftruncate", "EIO"),
    ] {
        for when in 1..4 {
            let traced = Traced::new();
            let ran = traced.inject(call, &format!("error={error}:when={when}"));
            let name = format!("{error} at {call} {when}");
            let saved = traced.saved();
            match ran.code {
                Some(0) => assert!(saved, "{name}: {ran:?}"),
                Some(1) => {
                    let told = ran.stderr.contains("is saved, but")
                        || ran.stderr.contains("cannot write to standard output");
                    assert_eq!(saved, told, "{name}: {ran:?}");
                }
                _ => panic!("{name}: {ran:?}"),
            }
            assert_eq!(traced.folder.leftovers(), [""; 0], "{name}");
            traced.assert_next_works(&name);
        }
    }
}

#[test]
fn errors_say_whether_the_change_is_in_place() {
    if !can_trace() {
        return;
    }
    let traced = Traced::new();
    let place = format!("`{}`", traced.path.display());
    let ran = traced.inject("fsync", "error=EIO:when=1");
    ran.code(1).says(&format!("cannot write {place}: "));
    assert!(!traced.saved());

    let ran = traced.inject("flock", "error=ENOLCK");
    ran.code(1).says("cannot lock").says("hint: this file system has no file locks");
    assert!(!traced.saved());

    // The second call is that of the folder, when the new file is in place.
    let ran = traced.inject("fsync", "error=EIO:when=2");
    ran.code(1).says(&format!("{place} is saved, but its durability is not confirmed: "));
    ran.says("hint: the change is in place");
    assert!(traced.saved());
}

#[test]
fn the_new_file_is_on_disk_before_it_is_in_place_and_its_name_before_the_answer() {
    if !can_trace() {
        return;
    }
    let traced = Traced::new();
    let calls = traced.folder.file("calls");
    let kinds = "trace=write,fsync,/^rename";
    let output = calls.to_str().expect("a plain path");
    traced.register(&["-f", "-y", "-s", "12", "-o", output, "-e", kinds]).code(0);

    let calls = fs::read_to_string(&calls).expect("what strace saw");
    let folder = format!("{}>", traced.folder.path().display());
    let steps = [
        ("the file is written", place(&calls, &["write(", ".tmp."])),
        ("the file is on disk", place(&calls, &["fsync(", ".tmp."])),
        ("the file is in place", place(&calls, &["rename", ".tmp."])),
        ("the name is on disk", place(&calls, &["fsync(", &folder])),
        ("the answer", place(&calls, &["write(1<", "[registry]"])),
    ];
    for pair in steps.windows(2) {
        assert!(pair[0].1 < pair[1].1, "{} before {}:\n{calls}", pair[0].0, pair[1].0);
    }
}

/// The last line with all of these words.
#[track_caller]
fn place(calls: &str, words: &[&str]) -> usize {
    let fits = |line: &str| words.iter().all(|word| line.contains(word));
    let place = calls.lines().collect::<Vec<_>>().iter().rposition(|line| fits(line));
    place.unwrap_or_else(|| panic!("no line with {words:?}:\n{calls}"))
}

/// Between opening the lock file and locking it somebody may put another in its place.
#[test]
fn a_lock_on_a_file_that_lost_its_name_is_no_lock() {
    if !can_trace() {
        return;
    }
    let traced = Traced::new();
    let lock = traced.folder.write(".manifest.json.lock", "");
    let inner = registry(&traced.path);
    let mut command = Command::new("strace");
    // `-D` keeps the process that we start the one that is traced, so its files can be looked at.
    command.args(["-D", "-o", "/dev/null", "-e", "inject=flock:delay_enter=2000000:when=1"]);
    command.arg(inner.get_program()).args(inner.get_args()).args(["--lock-timeout", "0"]);
    command.args(["register", "m", "--artifact-path", "p", "--version", "new"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("strace runs");
    while !has_open(child.id(), &lock) {
        assert!(child.try_wait().expect("its state").is_none(), "it ended before it locked");
    }
    let new = traced.folder.write("new lock", "");
    let held = fs::File::open(&new).expect("the new lock");
    fs2::FileExt::try_lock_exclusive(&held).expect("nobody else has it");
    fs::rename(&new, &lock).expect("another lock file");

    finish(child).code(1).says("is locked by");
    assert!(!traced.saved());
}

/// Whether a process has a file open.
fn has_open(process: u32, path: &Path) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|open| open == path))
}

#[test]
fn reading_takes_no_lock_and_writes_nothing() {
    if !can_trace() {
        return;
    }
    let traced = Traced::new();
    for arguments in [&["production", "m"][..], &["list"], &["list", "m"], &["show", "m"]] {
        assert_reads_only(&traced.path, arguments);
    }
    assert!(!traced.folder.file(".manifest.json.lock").exists());
}

#[track_caller]
fn assert_reads_only(path: &Path, arguments: &[&str]) {
    let inner = registry(path);
    let mut command = Command::new("strace");
    // strace writes what it saw to standard error, where a reading command says nothing.
    command.args([
        "-f",
        "-qq",
        "-e",
        "signal=none",
        "-e",
        "trace=flock,/^rename,/^mkdir,/^unlink,fsync",
    ]);
    command.arg(inner.get_program()).args(inner.get_args()).args(arguments);
    run(&mut command).code(0).quiet();
}
