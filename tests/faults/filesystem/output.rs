//! Standard output that is full, closed, or read by nobody.

use std::fs::OpenOptions;
use std::process::Stdio;

use libtest_mimic::Trial;

use crate::support::{
    Folder, REGISTER, assert_bytes, finish, manifest, program, registry, run, trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_full_output_is_an_error,
        a_change_that_cannot_be_reported_is_in_place,
        a_closed_pipe_is_not_an_error,
        a_change_whose_reader_has_gone_is_in_place,
        a_closed_output_does_no_harm,
        a_closed_or_full_output,
    ]
}

const READING: [&[&str]; 5] =
    [&["list"], &["list", "m"], &["show", "m"], &["production", "m"], &["list", "--json"]];

/// A device that is always full.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("every Linux has it").into()
}

/// A pipe whose reader has gone.
fn broken() -> Stdio {
    let (_, writer) = std::io::pipe().expect("a pipe");
    writer.into()
}

fn a_full_output_is_an_error() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    for verb in READING.into_iter().chain([&["--help"][..], &["--version"]]) {
        let mut command = registry(&path);
        let child = command.args(verb).stdout(full()).stderr(Stdio::piped()).spawn();
        let ran = crate::support::finish(child.expect("it runs"));
        ran.code(1);
        if !verb[0].starts_with('-') {
            ran.reports("cannot write to standard output: No space left on device");
        }
    }
}

fn a_change_that_cannot_be_reported_is_in_place() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut command = registry(&path);
    let child = command.args(REGISTER).stdout(full()).stderr(Stdio::piped()).spawn();
    let ran = crate::support::finish(child.expect("it runs"));
    ran.code(1).reports("cannot write to standard output");
    assert_eq!(versions_in(&path), ["v0", "new"]);
    // So a job that is run again finds its version and is content.
    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn a_closed_pipe_is_not_an_error() {
    let folder = Folder::new();
    // More than a pipe holds.
    let text = manifest(1000);
    let path = folder.write("manifest.json", &text);
    for verb in READING.into_iter().chain([&["--help"][..]]) {
        let mut command = registry(&path);
        let child = command.args(verb).stdout(broken()).stderr(Stdio::piped()).spawn();
        crate::support::finish(child.expect("it runs")).code(0).quiet();
    }
    assert_bytes(&path, text.as_bytes());

    let script = "set -o pipefail; \"$0\" -m \"$1\" list m | head -1";
    let mut command = program("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_registry")]).arg(&path);
    let ran = run(&mut command);
    assert_eq!(ran.code(0).quiet().stdout.lines().count(), 1);
}

fn a_change_whose_reader_has_gone_is_in_place() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut command = registry(&path);
    let child = command.args(REGISTER).stdout(broken()).stderr(Stdio::piped()).spawn();
    crate::support::finish(child.expect("it runs")).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

fn a_closed_output_does_no_harm() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    for (verb, closed) in [("list", ">&-"), ("list", "2>&-"), ("production m", ">&- 2>&- <&-")] {
        let script = format!("exec \"$0\" -m \"$1\" {verb} {closed}");
        let mut command = program("sh");
        run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path)).code(0);
    }
    // The first file that is opened must not become the standard output.
    let script = format!("exec \"$0\" -m \"$1\" {} >&- 2>&- <&-", REGISTER.join(" "));
    let mut command = program("sh");
    run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path)).code(0);
    assert_eq!(versions_in(&path), ["v0", "v1", "new"]);
}

fn a_closed_or_full_output() {
    let folder = Folder::new();
    // More than a pipe holds.
    let text = manifest(1_000);
    let path = folder.write("manifest.json", &text);
    let shell = |script: &str| {
        let mut command = program("bash");
        command.args(["-c", script, env!("CARGO_BIN_EXE_registry")]).arg(&path);
        run(&mut command)
    };
    let first = shell("set -o pipefail; \"$0\" -m \"$1\" list m | head -1");
    assert_eq!(first.code(0).quiet().stdout.lines().count(), 1);
    shell("\"$0\" -m \"$1\" list >&-").code(0);
    let full = shell("\"$0\" -m \"$1\" list > /dev/full");
    full.code(1).reports("error: cannot write to standard output: No space left on device");
    assert_bytes(&path, text.as_bytes());

    let register = REGISTER.join(" ");
    shell(&format!("set -o pipefail; \"$0\" -m \"$1\" {register} | true")).code(0).quiet();
    assert_eq!(versions_in(&path).len(), 1_001);

    let full = OpenOptions::new().write(true).open("/dev/full").expect("every Linux has it");
    let mut command = registry(&path);
    command.args(["register", "m", "--artifact-path", "s3://p", "--version", "last"]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn().expect("it runs");
    // The change is saved, but reporting it failed, which is an error.
    finish(child).code(1).reports("cannot write to standard output");
    assert_eq!(versions_in(&path).len(), 1_002);
}
