//! Laws that hold for random documents, merges and moves, and for the corpus of the fuzzer.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

mod checks;
#[path = "../support/mod.rs"]
mod support;

mod clean;
mod corpus;
mod damaged;
mod lifecycle;
mod merge;
mod page;
mod python_json;

fn main() -> std::process::ExitCode {
    let trials = [
        clean::trials(),
        corpus::trials(),
        damaged::trials(),
        lifecycle::trials(),
        merge::trials(),
        page::trials(),
        python_json::trials(),
    ];
    support::main_of(trials.into_iter().flatten().collect())
}
