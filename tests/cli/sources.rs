//! Rules for the sources of the tests themselves.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![every_test_is_in_a_list, only_support_starts_programs]
}

/// The Rust files below a folder of the tests, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    found
}

/// The lines, of any source below these folders, that begin with or contain a text.
fn places(folders: &[&str], fits: impl Fn(&str) -> bool) -> Vec<String> {
    let sources = folders.iter().flat_map(|folder| sources(folder));
    let places = sources.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| fits(line));
        lines.map(|(line, _)| format!("{}:{}", path.display(), line + 1)).collect::<Vec<_>>()
    });
    places.collect()
}

/// A suite without the standard harness drops functions that are marked with `#[test]`.
fn every_test_is_in_a_list() {
    let marked = places(&["cli", "faults", "git", "properties", "support"], |line| {
        line.trim_start().starts_with("#[test]")
    });
    assert!(
        marked.is_empty(),
        "these belong into the `trials![...]` of their modules: {marked:#?}"
    );
    assert!(!places(&["api"], |line| line == "#[test]").is_empty());
}

/// What it starts has an environment that does not depend on who runs the tests.
fn only_support_starts_programs() {
    let name = concat!("Command", "::new(");
    let started = places(&["api", "cli", "faults", "git", "properties"], |l| l.contains(name));
    assert!(started.is_empty(), "use `support::program` here: {started:#?}");
    assert!(!places(&["support"], |line| line.contains(name)).is_empty());
}
