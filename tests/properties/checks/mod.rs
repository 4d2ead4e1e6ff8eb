//! What must hold for any text that somebody hands to this library.
//!
//! The fuzz targets call these checks with texts that a fuzzer makes up, the suite `corpus` with
//! those that were worth keeping, and the suite `clean` with random manifests. A check panics
//! where something does not hold.

#![allow(dead_code, unused_imports, reason = "each suite and each target uses a part of it")]

mod commands;
mod document;
mod grammar;
mod json;
mod merge;
mod policy;
mod rule;

pub(crate) use commands::commands;
pub(crate) use document::document;
pub(crate) use grammar::grammar;
pub(crate) use merge::merge;
pub(crate) use policy::policy;
pub(crate) use rule::rule;

use std::path::Path;

use model_registry::{Error, Manifest};

fn parse(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(text.to_owned(), Path::new("manifest.json"))
}

/// A manifest whose text was accepted before, or comes from one that was.
#[track_caller]
fn parse_again(text: &str) -> Manifest {
    parse(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Returns the problem of an error, whose position must be inside the text.
#[track_caller]
fn problem(error: &Error, text: &str) -> String {
    let Error::BadDocument { line, column, problem, .. } = error else {
        panic!("not about the document: {error}");
    };
    let content = line.checked_sub(1).and_then(|line| text.split('\n').nth(line));
    let length = content.unwrap_or_else(|| panic!("no such line: {error}")).chars().count();
    assert!((1..=length + 1).contains(column), "no such column: {error}");
    problem.clone()
}
