//! Arguments, outputs and signals.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use model_registry::{Error, Store};

use crate::support::{
    Folder, Need, REGISTER, Traced, assert_bytes, finish, manifest, registry, run, time, trained,
    trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [] => case_32_a_failing_command_writes_nothing,
        [] => case_35_hostile_names,
        [] => case_35_hostile_names_in_the_file,
        [] => case_38_a_closed_or_full_output,
        [Need::Strace] => case_40_signals,
        [] => case_40_times_without_zone_and_of_the_future,
        [] => case_40_leftovers_and_a_planted_link,
    ]
}

/// Everything about a file that a write would change.
fn look(path: &Path) -> (u64, i64, i64, Vec<u8>) {
    let metadata = fs::metadata(path).expect("the file is there");
    let content = fs::read(path).expect("the file can be read");
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), content)
}

fn case_32_a_failing_command_writes_nothing() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    let before = look(&path);
    let again = ["register", "m", "--artifact-path", "runs/v0", "--version", "v0"];
    let same = ["--metric", "val_mae=3.5", "--metric", "rows=10"];
    let stale = ["--stage", "prod", "--expect-current", "none"];
    for (arguments, code, words) in [
        (&[&again[..], &same].concat()[..], 0, ""),
        (&["promote", "m", "v1", "--stage", "prod"], 0, ""),
        (
            &[&again[..], &["--metric", "rows=11"]].concat(),
            4,
            "is registered already with different",
        ),
        (&["register", "m", "--artifact-path", ""], 2, "artifact path `` is empty"),
        (&["register", "m", "--no-such-option"], 2, "unexpected argument '--no-such-option'"),
        (&["promote", "m", "nine", "--stage", "prod"], 3, "model `m` has no version `nine`"),
        (&["promote", "n", "v0", "--stage", "prod"], 3, "model `n` is not in the manifest"),
        (&[&["promote", "m", "v0"][..], &stale].concat(), 4, "expected none as the current prod"),
        (&["rollback", "m"], 3, "has no other version that was in production before"),
    ] {
        run(registry(&path).args(arguments)).code(code).says(words);
        assert_eq!(look(&path), before, "{arguments:?}");
        assert_eq!(folder.leftovers(), [""; 0], "{arguments:?}");
    }
}

/// Names are keys and never paths, so `../../x`, long names and names that differ in case only are
/// names like others.
fn case_35_hostile_names() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    for (name, words) in [
        ("a\nb", "error: model `a\\nb` holds a control character"),
        ("\u{1b}[31m", "error: model `\\u{1b}[31m` holds a control character"),
        ("", "error: model `` is empty"),
        (" m", "has blanks around it"),
        ("@prod", "starts with `@`"),
    ] {
        for arguments in [
            ["register", name, "--artifact-path", "p", "--version", "v"],
            ["register", "m", "--artifact-path", "p", "--version", name],
        ] {
            let words =
                if arguments[1] == "m" { words.replace("model", "version") } else { words.into() };
            run(registry(&path).args(arguments)).code(2).says(&words);
            assert_bytes(&path, before.as_bytes());
        }
    }
    let long = "x".repeat(10_000);
    for name in ["../../x", "M", "a/b", "-", "caf\u{e9} \u{1f600}", &long] {
        let register = ["register", "--artifact-path", name, "--version", name, "--", name];
        run(registry(&path).args(register)).code(0).quiet();
        let shown = run(registry(&path).args(["path", "--", name, name]));
        assert_eq!(shown.code(0).stdout, format!("{name}\n"));
    }
    assert_eq!(versions_in(&path), ["v0"], "`M` is not `m`");
}

fn case_35_hostile_names_in_the_file() {
    let folder = Folder::new();
    let text = manifest(1)
        .replace("\"m\"", "\"a\\u001b[31m\\nb\"")
        .replace("\"v0\"", "\"v\\u009b0\\u007f\\r\"")
        .replace("\"description\": \"\"", "\"description\": \"\\u001b]0;title\\u0007\"");
    let path = folder.write("manifest.json", &text);
    for verb in
        [&["list"][..], &["list", "a\u{1b}[31m\nb"], &["show", "a\u{1b}[31m\nb"], &["show", "b"]]
    {
        let ran = run(registry(&path).args(verb));
        for stream in [&ran.stdout, &ran.stderr] {
            let raw = stream.chars().find(|&c| c.is_control() && c != '\n');
            assert_eq!(raw, None, "{verb:?}: {stream:?}");
        }
        assert!(verb == ["show", "b"] || ran.stdout.contains("\\u{1b}"), "{ran:?}");
    }
    assert_bytes(&path, text.as_bytes());
}

fn case_38_a_closed_or_full_output() {
    let folder = Folder::new();
    // More than a pipe holds.
    let text = manifest(1_000);
    let path = folder.write("manifest.json", &text);
    let shell = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-c", script, env!("CARGO_BIN_EXE_registry")]).arg(&path);
        run(&mut command)
    };
    let first = shell("set -o pipefail; \"$0\" -m \"$1\" list m | head -1");
    assert_eq!(first.code(0).quiet().stdout.lines().count(), 1);
    shell("\"$0\" -m \"$1\" list >&-").code(0);
    let full = shell("\"$0\" -m \"$1\" list > /dev/full");
    full.code(1).says("error: cannot write to standard output: No space left on device");
    assert_bytes(&path, text.as_bytes());

    let register = REGISTER.join(" ");
    shell(&format!("set -o pipefail; \"$0\" -m \"$1\" {register} | true")).code(0).quiet();
    assert_eq!(versions_in(&path).len(), 1_001);

    let full = OpenOptions::new().write(true).open("/dev/full").expect("every Linux has it");
    let mut command = registry(&path);
    command.args(["register", "m", "--artifact-path", "p", "--version", "last"]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn().expect("it runs");
    // The save stands; that it could not be reported is an error.
    finish(child).code(1).says("cannot write to standard output");
    assert_eq!(versions_in(&path).len(), 1_002);
}

/// A signal ends the process by its default action, which a shell reports as 130 or 143.
fn case_40_signals() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        // The second `fsync` is that of the folder, when the new file is in place.
        for (call, when, saved) in
            [("flock", 1, false), ("fsync", 1, false), ("rename", 1, true), ("fsync", 2, true)]
        {
            let traced = Traced::new();
            let stopped = traced.stop_after(call, when);
            stopped.signal(name);
            stopped.signal("CONT");
            let ran = stopped.finish();
            let name = format!("{name} after {call} {when}");
            assert_eq!((ran.signal, ran.code), (Some(number), None), "{name}: {ran:?}");
            assert_eq!((traced.saved(), ran.stdout.as_str()), (saved, ""), "{name}");
            traced.assert_next_works(&name);
        }
    }
}

fn case_40_times_without_zone_and_of_the_future() {
    let folder = Folder::new();
    let mut text = manifest(3);
    for (index, created) in
        ["2099-01-01T00:00:00", "2025-01-01 00:00:00", "yesterday"].iter().enumerate()
    {
        let known = format!("\"run_id\": \"v{index}\"");
        let place = text.find(&known).expect("the version");
        let field = "\"created_at\": \"2025-12-01T05:00:00.000000+00:00\"";
        let at = place + text[place..].find(field).expect("its time");
        text.replace_range(at..at + field.len(), &format!("\"created_at\": \"{created}\""));
    }
    let path = folder.write("manifest.json", &text);
    let ran = run(registry(&path).args(["list", "m", "--sort-by", "created", "--json"]));
    let listed: serde_json::Value =
        serde_json::from_str(&ran.code(0).quiet().stdout).expect("JSON");
    let order: Vec<_> =
        listed.as_array().expect("a list").iter().map(|v| v["version"].clone()).collect();
    assert_eq!(order.len(), 3);
    let place = |name: &str| order.iter().position(|found| found == name).expect("it is listed");
    assert!(place("v1") < place("v0"), "{order:?}");
    assert_bytes(&path, text.as_bytes());
}

fn case_40_leftovers_and_a_planted_link() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let victim = folder.write("victim", "precious");
    folder.write(".manifest.json.tmp.1", "half of a mani");
    // The library runs in this process, so its temporary name is known.
    let planted = folder.file(&format!(".manifest.json.tmp.{}", std::process::id()));
    let changed = Store::new(&path).update(|m| {
        symlink(&victim, &planted).expect("a link laid meanwhile");
        m.register("m", &trained("new"), time(0))
    });
    assert!(matches!(changed, Err(Error::Io { action: "write", .. })), "{changed:?}");
    assert_bytes(&path, before.as_bytes());
    assert_bytes(&victim, b"precious");

    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(folder.leftovers(), [""; 0]);
    assert_bytes(&victim, b"precious");
}
