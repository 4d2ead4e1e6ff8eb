//! The manual pages: one a verb, and without a warning of the programs that show them.

use std::fs;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, program, run, trials, verbs};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_verb_has_a_manual_page,
        [Need::Program("groff")] => groff_shows_each_page_without_a_warning,
        [Need::Program("mandoc")] => mandoc_shows_each_page_without_a_warning,
    ]
}

fn pages() -> Folder {
    let folder = Folder::new();
    run(program("registry").arg("__man").arg(folder.file("man"))).code(0).quiet();
    folder
}

fn every_verb_has_a_manual_page() {
    let folder = pages();
    let mut expected: Vec<_> = verbs().iter().map(|verb| format!("registry-{verb}.1")).collect();
    expected.push("registry.1".to_owned());
    expected.sort();
    let found = fs::read_dir(folder.file("man")).expect("the pages");
    let mut found: Vec<_> = found
        .map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, expected);
    for (page, parts) in [
        (
            "registry-promote.1",
            &["EXAMPLES", "\\-\\-require", "RULES", "\\fBregistry promote\\fR"][..],
        ),
        ("registry-list.1", &["EXAMPLES", "\\-\\-sort\\-by", "SEE ALSO"]),
        ("registry.1", &["registry\\-promote(1)", "EXIT STATUS", "\\-\\-manifest"]),
    ] {
        let text = fs::read_to_string(folder.file("man").join(page)).expect("a page");
        for part in parts {
            assert!(text.contains(part), "{page} does not contain {part}:\n{text}");
        }
    }
}

/// Runs a program on each page, which prints a warning if it has one, and returns the shown text.
fn show(arguments: &[&str], page_of: &str) -> String {
    let folder = pages();
    let mut shown = String::new();
    for entry in fs::read_dir(folder.file("man")).expect("the pages") {
        let path = entry.expect("a page").path();
        let mut command = program(arguments[0]);
        let ran = run(command.args(&arguments[1..]).arg(&path).env("LC_ALL", "C.UTF-8"));
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", path.display());
        if path.ends_with(page_of) {
            shown.clone_from(&ran.stdout);
        }
    }
    shown
}

fn groff_shows_each_page_without_a_warning() {
    let shown = show(&["groff", "-man", "-ww", "-Tutf8", "-P-cbou"], "registry-promote.1");
    assert!(shown.contains("registry promote minutes_v1_lgbm @staging --stage prod"), "{shown}");
    assert!(shown.contains("--require 'val_mae <= prod * 1.02'"), "{shown}");
    let option = shown.split("--manifest <PATH>").nth(1).expect("the option").trim_start();
    assert!(option.starts_with("The manifest; "), "{shown}");
    let head = shown.trim_start().lines().next().expect("a line");
    assert!(head.contains("registry-promote(1)  ") && head.contains(" Model registry "), "{head}");
    assert!(shown.contains("VALUE  a number, a \"string\","), "{shown}");
}

fn mandoc_shows_each_page_without_a_warning() {
    show(&["mandoc", "-T", "lint", "-W", "warning"], "registry.1");
}
