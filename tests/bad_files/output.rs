//! Standard output that is full, closed, or read by nobody.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use crate::support::{Folder, assert_bytes, manifest, registry, run, versions_in};

const READING: [&[&str]; 5] =
    [&["list"], &["list", "m"], &["show", "m"], &["production", "m"], &["list", "--json"]];

const REGISTER: [&str; 6] = ["register", "m", "--artifact-path", "p", "--version", "new"];

/// A device that is always full.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("every Linux has it").into()
}

/// A pipe whose reader has gone.
fn broken() -> Stdio {
    let (_, writer) = std::io::pipe().expect("a pipe");
    writer.into()
}

#[test]
fn a_full_output_is_an_error() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    for verb in READING.into_iter().chain([&["--help"][..], &["--version"]]) {
        let mut command = registry(&path);
        let child = command.args(verb).stdout(full()).stderr(Stdio::piped()).spawn();
        let ran = crate::support::finish(child.expect("it runs"));
        ran.code(1);
        if !verb[0].starts_with('-') {
            ran.says("cannot write to standard output: No space left on device");
        }
    }
}

#[test]
fn a_change_that_cannot_be_reported_is_in_place() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut command = registry(&path);
    let child = command.args(REGISTER).stdout(full()).stderr(Stdio::piped()).spawn();
    let ran = crate::support::finish(child.expect("it runs"));
    ran.code(1).says("cannot write to standard output");
    assert_eq!(versions_in(&path), ["v0", "new"]);
    // So a job that is run again finds its version and is content.
    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
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
    let mut command = Command::new("bash");
    command.args(["-c", script, env!("CARGO_BIN_EXE_registry")]).arg(&path);
    let ran = run(&mut command);
    assert_eq!(ran.code(0).quiet().stdout.lines().count(), 1);
}

#[test]
fn a_change_whose_reader_has_gone_is_in_place() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut command = registry(&path);
    let child = command.args(REGISTER).stdout(broken()).stderr(Stdio::piped()).spawn();
    crate::support::finish(child.expect("it runs")).code(0).quiet();
    assert_eq!(versions_in(&path), ["v0", "new"]);
}

#[test]
fn a_closed_output_does_no_harm() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    for (verb, closed) in [("list", ">&-"), ("list", "2>&-"), ("production m", ">&- 2>&- <&-")] {
        let script = format!("exec \"$0\" -m \"$1\" {verb} {closed}");
        let mut command = Command::new("sh");
        run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path)).code(0);
    }
    // The first file that is opened must not become the standard output.
    let script = format!("exec \"$0\" -m \"$1\" {} >&- 2>&- <&-", REGISTER.join(" "));
    let mut command = Command::new("sh");
    run(command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(&path)).code(0);
    assert_eq!(versions_in(&path), ["v0", "v1", "new"]);
}
