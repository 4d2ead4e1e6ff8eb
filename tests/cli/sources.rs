//! Rules for the sources of the tests themselves.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_test_is_in_a_list,
        only_support_starts_programs,
        the_library_names_no_option_of_a_command,
    ]
}

/// The Rust files below a folder of the tests, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    sources_in(&Path::new("tests").join(folder))
}

/// The Rust files below a folder of the project, with their text.
pub(crate) fn sources_in(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
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

/// A program that uses the library has other options, or none.
///
/// Seen to fail: "`none` is what --expect-current calls no version" in `register.rs`.
fn the_library_names_no_option_of_a_command() {
    let is_option = |literal: &str| {
        literal.match_indices("--").any(|(at, _)| {
            literal[at + 2..].starts_with(|next: char| next.is_ascii_lowercase())
                && !literal[..at]
                    .ends_with(|before: char| before == '-' || before.is_alphanumeric())
        })
    };
    let mut named = Vec::new();
    let mut seen = 0;
    for (path, text) in sources_in(Path::new("src")) {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a path below it");
        // Options of the command itself, and options that are passed to git.
        if name.starts_with("src/bin") || name.starts_with("src/git") {
            continue;
        }
        seen += 1;
        for (line, literal) in literals(&text) {
            if is_option(literal) {
                named.push(format!("{}:{line}: {literal}", name.display()));
            }
        }
    }
    assert!(named.is_empty(), "only the binary may name options: {named:#?}");
    assert!(seen > 20, "only {seen} sources were found");
    assert!(literals("// \"no\"\nx(\"a \\\" --b\\n\n c\")").eq([(2, "a \\\" --b\\n\n c")]));
    assert!(
        is_option("use --force") && is_option("--a") && !is_option("a--b") && !is_option("- --")
    );
}

/// The string literals of a source, each with its line. Comments are left out; a raw string counts
/// as a plain one.
fn literals(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match &bytes[at..] {
                [b'/', b'/', ..] => at += text[at..].find('\n').unwrap_or(text.len() - at),
                // A quote, or one after a backslash, as a character.
                [b'\'', b'"', b'\'', ..] => at += 3,
                [b'\'', b'\\', _, b'\'', ..] => at += 4,
                [b'"', ..] => {
                    let start = at + 1;
                    at = start;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    let literal = &text[start..at.min(text.len())];
                    at += 1;
                    return Some((text[..start].matches('\n').count() + 1, literal));
                }
                _ => at += 1,
            }
        }
        None
    })
}
