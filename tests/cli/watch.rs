//! `registry watch`: what it prints when the manifest changes, and how it ends.
//!
//! The watches look again by themselves only after an hour, so each line comes from a notification.
//! That nothing is printed for a change is shown by the line of a later change, which is the next.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use model_registry::{Manifest, Provenance, Stage, Store};

use crate::support::{
    Folder, Need, Watching, manifest, program, registry, run, strace, time, trained, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        each_change_of_the_stage_is_a_line,
        another_model_and_another_stage_print_nothing,
        quick_changes_end_with_the_last_one,
        an_empty_stage_is_a_message_and_a_line_of_json,
        a_manifest_that_does_not_exist_yet_is_waited_for,
        a_manifest_that_cannot_be_read_is_reported_once,
        a_folder_that_is_replaced_is_watched_again,
        [Need::Strace] => a_folder_that_is_replaced_while_the_watch_begins_is_watched,
        links_are_followed_wherever_they_lead,
        [Need::Program("git")] => a_checkout_changes_the_version_and_reports_nothing,
        the_command_runs_for_each_version_and_may_fail,
        the_command_runs_one_at_a_time_for_the_newest_version,
        signals_end_the_watch,
        a_signal_reaches_the_command_and_what_it_started,
        a_second_signal_kills_a_command_that_ignores_the_first,
        the_end_of_the_reader_ends_the_watch,
        [Need::Strace] => without_notifications_it_looks_by_itself,
        an_interval_of_zero_is_a_usage_error,
    ]
}

fn watch(path: &Path, arguments: &[&str]) -> Command {
    let mut command = registry(path);
    command.args(["watch", "m", "--poll", "3600"]).args(arguments);
    command
}

/// A folder with a manifest of the versions `v0` to `v2`, the last one in production.
fn example() -> (Folder, std::path::PathBuf) {
    let folder = Folder::in_memory();
    let path = folder.write("manifest.json", manifest(3));
    (folder, path)
}

/// Promotes as another process does: by the command.
#[track_caller]
fn promote(path: &Path, version: &str, stage: &str) {
    run(registry(path).args(["promote", "m", version, "--stage", stage])).code(0);
}

fn each_change_of_the_stage_is_a_line() {
    let (_folder, path) = example();
    let watching = Watching::start(&mut watch(&path, &[]));
    assert_eq!(watching.line(), "runs/v2");
    promote(&path, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
    promote(&path, "v1", "prod");
    assert_eq!(watching.line(), "runs/v1");
    run(registry(&path).args(["rollback", "m"])).code(0);
    assert_eq!(watching.line(), "runs/v0");
    watching.signal("TERM");
    assert_eq!(watching.finish().stdout, "");
}

fn another_model_and_another_stage_print_nothing() {
    let (_folder, path) = example();
    let watching = Watching::start(&mut watch(&path, &[]));
    assert_eq!(watching.line(), "runs/v2");
    let other = ["register", "other", "--artifact-path", "s3://o", "--version", "o"];
    run(registry(&path).args(other)).code(0);
    run(registry(&path).args(["promote", "other", "o", "--stage", "prod"])).code(0);
    promote(&path, "v1", "staging");
    run(registry(&path).args(["describe", "m", "v2", "--tag", "owner=ada"])).code(0);
    fs::write(path.with_file_name("policy.toml"), "").expect("a policy");
    promote(&path, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
}

fn quick_changes_end_with_the_last_one() {
    let (_folder, path) = example();
    let watching = Watching::start(&mut watch(&path, &[]));
    assert_eq!(watching.line(), "runs/v2");
    let store = Store::new(&path);
    let to_prod = |manifest: &mut Manifest, version: &str| {
        manifest.promote("m", version, Stage::Prod, &Provenance::at(time(2)))
    };
    for index in 0..200 {
        let version = ["v0", "v1"][index % 2];
        store.update(|manifest| to_prod(manifest, version)).expect("a promotion");
    }
    store.update(|manifest| manifest.register("m", &trained("last"), time(3))).expect("a version");
    store.update(|manifest| to_prod(manifest, "last")).expect("a promotion");
    let mut lines = vec!["runs/v2".to_owned()];
    while lines.last().is_none_or(|line| line != "runs/last") {
        lines.push(watching.line());
    }
    assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "{lines:?}");
    promote(&path, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
}

fn an_empty_stage_is_a_message_and_a_line_of_json() {
    let (_folder, path) = example();
    let watching = Watching::start(&mut watch(&path, &["--json"]));
    let text = Watching::start(&mut watch(&path, &["--exec", "echo $REGISTRY_VERSION"]));
    let line = || -> serde_json::Value { serde_json::from_str(&watching.line()).expect("JSON") };
    let first = line();
    assert_eq!((&first["path"], &first["version"]["version"]), (&"runs/v2".into(), &"v2".into()));
    assert_eq!((&first["model"], &first["stage"]), (&"m".into(), &"prod".into()));
    assert_eq!((text.line(), text.message()), ("runs/v2".to_owned(), "v2".to_owned()));
    promote(&path, "v2", "dev");
    let empty = line();
    assert!(empty["path"].is_null() && empty["version"].is_null(), "{empty}");
    let message = "note: model `m` has no version in prod; waiting";
    assert_eq!((watching.message(), text.message()), (message.into(), message.into()));
    promote(&path, "v2", "prod");
    assert_eq!(line()["path"], "runs/v2");
    assert_eq!((text.line(), text.message()), ("runs/v2".to_owned(), "v2".to_owned()));
}

fn a_manifest_that_does_not_exist_yet_is_waited_for() {
    let folder = Folder::in_memory();
    let path = folder.file("artifacts/registry/manifest.json");
    let watching = Watching::start(&mut watch(&path, &[]));
    let message = watching.message();
    assert!(message.ends_with("manifest.json` does not exist; waiting"), "{message}");
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, "{\"models\": {}}").expect("a manifest");
    assert_eq!(watching.message(), "note: model `m` is not in the manifest; waiting");
    run(registry(&path).args(["register", "m", "--artifact-path", "s3://p", "--version", "1"]))
        .code(0);
    promote(&path, "1", "prod");
    assert_eq!(watching.line(), "s3://p");
}

fn a_manifest_that_cannot_be_read_is_reported_once() {
    let (_folder, path) = example();
    let good = fs::read(&path).expect("the manifest");
    let watching = Watching::start(&mut watch(&path, &[]));
    assert_eq!(watching.line(), "runs/v2");
    for (bad, problem) in [("<<<<<<< HEAD\n", "merge conflict"), ("[]", "expected an object")] {
        fs::write(&path, bad).expect("a bad manifest");
        let message = watching.message();
        assert!(message.contains(problem), "{message}");
        assert!(message.ends_with("; version `v2` is kept"), "{message}");
        // Still the same trouble.
        fs::write(&path, format!("{bad} ")).expect("a bad manifest");
        fs::write(&path, &good).expect("the manifest");
        promote(&path, "v0", "prod");
        assert_eq!(watching.line(), "runs/v0");
        promote(&path, "v2", "prod");
        assert_eq!(watching.line(), "runs/v2");
    }
    fs::remove_file(&path).expect("the manifest");
    assert!(watching.message().ends_with("does not exist; version `v2` is kept"));
    fs::write(&path, &good).expect("the manifest");
    promote(&path, "v1", "prod");
    assert_eq!(watching.line(), "runs/v1");
    watching.signal("TERM");
    assert_eq!(watching.finish().stderr, "");
}

fn a_folder_that_is_replaced_is_watched_again() {
    let folder = Folder::in_memory();
    let path = folder.file("artifacts/registry/manifest.json");
    let new = |name: &str| {
        let registry = folder.file(name).join("registry");
        fs::create_dir_all(&registry).expect("a folder");
        fs::write(registry.join("manifest.json"), manifest(3)).expect("a manifest");
        registry.join("manifest.json")
    };
    new("artifacts");
    let watching = Watching::start(&mut watch(&path, &[]));
    assert!(watching.line().ends_with("runs/v2"));
    // The folder of the manifest, then the one above it.
    for (old, replacement, version) in [
        ("artifacts/registry", new("one").parent().expect("a folder").to_owned(), "v0"),
        ("artifacts", folder.file("two"), "v1"),
    ] {
        if !replacement.exists() {
            new("two");
        }
        let manifest = replacement.join("registry/manifest.json");
        let manifest = if manifest.exists() { manifest } else { replacement.join("manifest.json") };
        promote(&manifest, version, "prod");
        fs::rename(folder.file(old), folder.file(&format!("gone-{version}"))).expect("a folder");
        fs::rename(&replacement, folder.file(old)).expect("a folder");
        assert!(watching.line().ends_with(&format!("runs/{version}")));
        promote(&path, "v2", "prod");
        assert!(watching.line().ends_with("runs/v2"));
    }
}

/// Seen to fail before the watch looked at its folders once more after it began to watch them.
fn a_folder_that_is_replaced_while_the_watch_begins_is_watched() {
    let folder = Folder::in_memory();
    for name in ["old", "new"] {
        fs::create_dir(folder.file(name)).expect("a folder");
        fs::write(folder.file(name).join("manifest.json"), manifest(3)).expect("a manifest");
    }
    let log = folder.file("log");
    run(program("mkfifo").arg(&log)).code(0);
    let path = folder.file("old").join("manifest.json");
    // Each thread stops the process at the first folder that it watches, which is that of the manifest.
    let (trace, inject) =
        ("trace=inotify_add_watch", "inject=inotify_add_watch:signal=SIGSTOP:when=1");
    let log_name = log.to_str().expect("UTF-8");
    let options = ["-f", "-o", log_name, "-e", trace, "-e", inject];
    let watching = Watching::start(&mut strace(&watch(&path, &[]), &options));
    let lines = BufReader::new(File::open(&log).expect("the log")).lines();
    let mut stops = lines.map_while(Result::ok).filter(|line| line.contains("stopped by"));
    let proceed = |stop: String| {
        let thread = stop.split_whitespace().next().expect("its number");
        program("kill").args(["-s", "CONT", thread]).output().expect("kill")
    };

    let stop = stops.next().expect("the process stops");
    fs::rename(folder.file("old"), folder.file("gone")).expect("a folder");
    fs::rename(folder.file("new"), folder.file("old")).expect("a folder");
    proceed(stop);
    std::thread::spawn(move || stops.map(proceed).for_each(drop));
    assert!(watching.line().ends_with("runs/v2"));
    promote(&path, "v0", "prod");
    assert!(watching.line().ends_with("runs/v0"));
}

fn links_are_followed_wherever_they_lead() {
    let (real, elsewhere, other) = (example(), Folder::in_memory(), example());
    promote(&other.1, "v1", "prod");
    let path = elsewhere.file("manifest.json");
    symlink(&real.1, &path).expect("a link");
    let watching = Watching::start(&mut watch(&path, &[]));
    assert_eq!(watching.line(), "runs/v2");
    promote(&real.1, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
    // A link that is replaced leads to another file.
    symlink(&other.1, elsewhere.file("new")).expect("a link");
    fs::rename(elsewhere.file("new"), &path).expect("the link");
    assert_eq!(watching.line(), "runs/v1");
    promote(&real.1, "v2", "prod");
    promote(&other.1, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
}

fn a_checkout_changes_the_version_and_reports_nothing() {
    let folder = Folder::in_memory();
    let git = |arguments: &[&str]| {
        run(program("git").arg("-C").arg(folder.path()).args(arguments)).code(0);
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["commit", "--quiet", "--allow-empty", "-m", "nothing"]);
    git(&["branch", "without"]);
    let path = folder.file("artifacts/registry/manifest.json");
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, manifest(3)).expect("a manifest");
    git(&["add", "artifacts/registry/manifest.json"]);
    git(&["commit", "--quiet", "-m", "v2"]);
    git(&["checkout", "--quiet", "-b", "next"]);
    promote(&path, "v0", "prod");
    git(&["commit", "--quiet", "-am", "v0"]);
    let watching = Watching::start(&mut watch(&path, &[]));
    assert!(watching.line().ends_with("runs/v0"));
    for _ in 0..5 {
        git(&["checkout", "--quiet", "main"]);
        assert!(watching.line().ends_with("runs/v2"));
        git(&["checkout", "--quiet", "next"]);
        assert!(watching.line().ends_with("runs/v0"));
    }
    // The lock file keeps the folder, so it goes as well.
    git(&["checkout", "--quiet", "without"]);
    fs::remove_dir_all(folder.file("artifacts")).expect("the folder");
    assert!(watching.message().ends_with("does not exist; version `v0` is kept"));
    git(&["checkout", "--quiet", "main"]);
    assert!(watching.line().ends_with("runs/v2"));
    watching.signal("TERM");
    let ended = watching.finish();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

fn the_command_runs_for_each_version_and_may_fail() {
    let (_folder, path) = example();
    let script = "echo \"$REGISTRY_MODEL $REGISTRY_STAGE $REGISTRY_VERSION $REGISTRY_ARTIFACT_PATH\"; \
                  test \"$REGISTRY_VERSION\" != v1 || kill -s KILL $$; exit 3";
    let watching = Watching::start(&mut watch(&path, &["--exec", script]));
    let failed = |version: &str, how: &str| {
        format!("warning: the command failed for version `{version}`: {how}")
    };
    assert_eq!(watching.line(), "runs/v2");
    assert_eq!(watching.message(), "m prod v2 runs/v2");
    assert_eq!(watching.message(), failed("v2", "exit code 3"));
    promote(&path, "v1", "prod");
    assert_eq!(watching.line(), "runs/v1");
    assert_eq!(watching.message(), "m prod v1 runs/v1");
    assert_eq!(watching.message(), failed("v1", "ended by signal 9"));
    promote(&path, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
    assert_eq!(watching.message(), "m prod v0 runs/v0");
}

fn the_command_runs_one_at_a_time_for_the_newest_version() {
    let (folder, path) = example();
    let gate = folder.file("gate");
    run(program("mkfifo").arg(&gate)).code(0);
    // Open for reading too, so that opening and writing never wait for the command.
    let mut open = OpenOptions::new().read(true).write(true).open(&gate).expect("the gate");
    let script = format!("echo begin $REGISTRY_VERSION; read go < '{}'; echo end", gate.display());
    let watching = Watching::start(&mut watch(&path, &["--exec", &script]));
    assert_eq!(watching.message(), "begin v2");
    assert_eq!(watching.line(), "runs/v2");
    for version in ["v0", "v1"] {
        promote(&path, version, "prod");
        assert_eq!(watching.line(), format!("runs/{version}"));
    }
    // Opening the gate lets the command end.
    open.write_all(b"go\n").expect("the gate");
    assert_eq!(watching.message(), "end");
    assert_eq!(watching.message(), "begin v1");
    open.write_all(b"go\n").expect("the gate");
    assert_eq!(watching.message(), "end");
    promote(&path, "v2", "prod");
    assert_eq!(watching.message(), "begin v2");
    open.write_all(b"go\n").expect("the gate");
    assert_eq!(watching.message(), "end");
}

fn signals_end_the_watch() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let (_folder, path) = example();
        let watching = Watching::start(&mut watch(&path, &[]));
        assert_eq!(watching.line(), "runs/v2");
        watching.signal(name);
        let ended = watching.finish();
        assert_eq!((ended.signal, ended.stdout.as_str()), (Some(number), ""), "{ended:?}");
        assert_eq!(ended.stderr, "");
    }
}

fn a_signal_reaches_the_command_and_what_it_started() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let (_folder, path) = example();
        let script = "trap 'echo bye; exit 0' INT TERM; sh -c 'echo began; exec sleep 1000' & wait";
        let watching = Watching::start(&mut watch(&path, &["--exec", script]));
        assert_eq!(watching.message(), "began");
        watching.signal(name);
        // The messages end when nothing has standard error open any more, `sleep` included.
        let ended = watching.finish();
        assert_eq!((ended.signal, ended.stderr.as_str()), (Some(number), "bye\n"), "{ended:?}");
    }
}

fn a_second_signal_kills_a_command_that_ignores_the_first() {
    let (_folder, path) = example();
    let script = "trap '' INT TERM; echo began; sleep 1000";
    let watching = Watching::start(&mut watch(&path, &["--exec", script]));
    assert_eq!(watching.message(), "began");
    watching.signal("INT");
    watching.signal("TERM");
    let ended = watching.finish();
    assert!(matches!(ended.signal, Some(2 | 15)), "{ended:?}");
    assert_eq!(ended.stderr, "");
}

fn the_end_of_the_reader_ends_the_watch() {
    let (_folder, path) = example();
    let script = "echo began; sleep 1000";
    let (watching, output) = Watching::unread(&mut watch(&path, &["--exec", script]));
    assert_eq!(watching.message(), "began");
    drop(output);
    assert_eq!(watching.finish().code(0).stderr, "");
    // One that has no version to print notices it, too.
    let (watching, output) = Watching::unread(&mut watch(&path, &["--stage", "staging"]));
    assert!(watching.message().ends_with("has no version in staging; waiting"));
    drop(output);
    assert_eq!(watching.finish().code(0).stderr, "");
}

fn without_notifications_it_looks_by_itself() {
    let (_folder, path) = example();
    let mut command = registry(&path);
    command.args(["watch", "m", "--poll", "0.05"]);
    let (trace, inject) = ("trace=inotify_init1", "inject=inotify_init1:error=EMFILE");
    let options = ["-f", "-o", "/dev/null", "-e", trace, "-e", inject];
    let watching = Watching::start(&mut strace(&command, &options));
    let message = watching.message();
    assert!(message.starts_with("note: no notifications of changes: "), "{message}");
    assert!(message.ends_with("; looking every 0.05 s"), "{message}");
    assert_eq!(watching.line(), "runs/v2");
    promote(&path, "v0", "prod");
    assert_eq!(watching.line(), "runs/v0");
    let good = fs::read(&path).expect("the manifest");
    fs::write(&path, "[]").expect("a bad manifest");
    assert!(watching.message().contains("expected an object"));
    fs::write(&path, good).expect("the manifest");
    promote(&path, "v1", "prod");
    assert_eq!(watching.line(), "runs/v1");
}

fn an_interval_of_zero_is_a_usage_error() {
    let (_folder, path) = example();
    for arguments in [&["--poll", "0"][..], &["--poll", "-1"], &["--stage", "dev"]] {
        run(registry(&path).args(["watch", "m"]).args(arguments)).code(2);
    }
    run(registry(&path).args(["watch", "m", "--at", "HEAD"]))
        .code(2)
        .reports("cannot be used with");
    run(registry(Path::new("-")).args(["watch", "m"])).code(2).reports("does not change");
}
