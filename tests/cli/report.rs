//! `registry report --open`, with a program that only writes down what it is asked to open; and a
//! first look at the page in a browser. `tests/browser` has the rest.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, Page, manifest, program, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_page_is_opened_by_its_absolute_path,
        a_program_that_fails_or_is_missing_is_an_error,
        the_page_in_docs_is_that_of_the_example_manifest,
        [Need::Program("python3")] => the_notebook_example_reads_the_page_in_docs,
        [Need::Program("chromium")] => the_page_and_its_script_run_in_a_browser,
    ]
}

/// A folder with a manifest and with replacements for the program that opens files.
fn folder(script: &str) -> Folder {
    let folder = Folder::new();
    folder.write("manifest.json", manifest(2));
    for name in ["xdg-open", "open"] {
        let path = folder.write(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("an executable");
    }
    folder
}

fn report(folder: &Folder, path: &Path) -> std::process::Command {
    let mut command = registry(Path::new("manifest.json"));
    command.current_dir(folder.path()).env("PATH", path);
    command.args(["report", "--open", "--output=--page; touch harm.html"]);
    command
}

fn the_page_is_opened_by_its_absolute_path() {
    let folder = folder("for one in \"$@\"; do echo \"$one\" >> opened; done");
    run(&mut report(&folder, folder.path())).code(0).quiet();
    let page = folder.file("--page; touch harm.html");
    let opened = fs::read_to_string(folder.file("opened")).expect("it was started");
    assert_eq!(opened, format!("{}\n", page.display()));
    assert!(!folder.file("harm.html").exists());
    assert!(fs::read_to_string(page).expect("the page").starts_with("<!DOCTYPE html>"));
}

fn a_program_that_fails_or_is_missing_is_an_error() {
    let folder = folder("exit 3");
    run(&mut report(&folder, folder.path())).code(1).reports("could not open");
    run(&mut report(&folder, Path::new("/nonexistent"))).code(1).reports("cannot start");
}

/// `REGISTRY_TEST_UPDATE=1` writes the page anew.
fn the_page_in_docs_is_that_of_the_example_manifest() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = program(env!("CARGO_BIN_EXE_registry"));
    command.current_dir(root).args(["report", "--verify", "--policy=tests/data/policy.toml"]);
    let ran = run(command.arg("--now=2026-01-05T06:30:00Z"));
    ran.code(0);
    let path = root.join("docs/example-report.html");
    if std::env::var_os("REGISTRY_TEST_UPDATE").is_some() {
        fs::write(&path, &ran.stdout).expect("the page");
    }
    let found = fs::read_to_string(&path).expect("the page");
    assert!(
        found == ran.stdout,
        "docs/example-report.html is not the page of the example manifest; \
         REGISTRY_TEST_UPDATE=1 writes it anew"
    );
    assert!(found.len() < 100_000, "{} bytes", found.len());
}

fn the_notebook_example_reads_the_page_in_docs() {
    let folder = Folder::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(folder.file("public")).expect("a folder");
    fs::copy(root.join("docs/example-report.html"), folder.file("public/index.html"))
        .expect("the page");
    let code = Page::read("docs/report.md").blocks("python").remove(0);
    let ran = run(program("python3").args(["-c", &code]).current_dir(folder.path()));
    let lines: Vec<_> = ran.code(0).stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[2], "20251205T061430Z 3.6204417730961453");
}

/// Seen to fail: the hash of the style for the script.
fn the_page_and_its_script_run_in_a_browser() {
    let folder = folder("");
    let page = folder.file("page.html");
    run(registry(&folder.file("manifest.json")).args(["report", "-o"]).arg(&page)).code(0);
    let mut chromium = program("chromium");
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--dump-dom",
    ]);
    chromium.arg(format!("--user-data-dir={}", folder.file("profile").display()));
    let ran = run(chromium.arg(format!("file://{}", page.display())));
    ran.code(0);
    // Only the script adds the field.
    assert!(ran.stdout.contains("<input type=\"search\""), "{}", ran.stdout);
    assert!(!std::fs::read_to_string(page).expect("the page").contains("<input"));
}
