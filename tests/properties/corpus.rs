//! The inputs that the fuzzer found worth keeping, as plain tests: `cargo test` needs no fuzzer.
//!
//! `fuzz/corpus` has a folder for each target of `fuzz/fuzz_targets`; its checks are those of
//! `tests/checks`, which the targets call too.
//!
//! Sabotage that it caught: duplicates sought among keys as written instead of as meant
//! (`documents`, input `twice_key`); a metric named like a field shown without quotes (`rules`);
//! the fault of a rule placed twice as far into it (`policies`); models that only their side added
//! left out (`merges`).

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::{Folder, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![documents, rules, policies, merges,]
}

/// Calls a check with every input of a target.
#[track_caller]
fn each(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let shown = folder.display();
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    assert!(paths.len() >= 10, "{shown} holds only {} inputs", paths.len());
    for path in paths {
        let bytes = fs::read(&path).expect("an input");
        let held = catch_unwind(AssertUnwindSafe(|| check(&bytes)));
        assert!(held.is_ok(), "what failed above failed with {}", path.display());
    }
}

/// Calls a check of texts; the fuzzer skips invalid UTF-8.
#[track_caller]
fn each_text(target: &str, check: impl Fn(&str)) {
    each(target, |bytes| {
        let _ = std::str::from_utf8(bytes).map(&check);
    });
}

fn documents() {
    let folder = Folder::new();
    each("document", |bytes| {
        crate::checks::grammar(bytes);
        crate::checks::document(bytes, &folder.file("manifest.json"));
    });
}

fn rules() {
    each_text("rule", crate::checks::rule);
}

fn policies() {
    each_text("policy", crate::checks::policy);
}

fn merges() {
    each_text("merge", crate::checks::merge);
}
