//! Bad files and bad surroundings: refused with the path and the reason, and nothing is changed.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

mod support;

#[path = "bad_files/damaged.rs"]
mod damaged;
#[path = "bad_files/documents.rs"]
mod documents;
#[path = "bad_files/odd_paths.rs"]
mod odd_paths;
#[path = "bad_files/output.rs"]
mod output;
