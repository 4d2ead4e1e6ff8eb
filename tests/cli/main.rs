//! Every command with its output, as the pages of this folder, README.md and docs show it, and the
//! examples in other languages.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

#[path = "../support/mod.rs"]
mod support;

mod ci_jobs;
#[cfg(unix)]
mod completion;
#[cfg(unix)]
mod escaping;
mod examples;
mod help;
mod json_errors;
mod man;
#[cfg(unix)]
mod promotion;
mod public_api;
#[cfg(unix)]
mod report;
mod sources;
#[cfg(unix)]
mod terminal;
mod transcripts;
#[cfg(unix)]
mod watch;
mod wording;

fn main() -> std::process::ExitCode {
    if std::env::args().nth(1).as_deref() == Some(examples::RUST_EXAMPLE) {
        return examples::run_rust_example();
    }
    let trials = [
        ci_jobs::trials(),
        #[cfg(unix)]
        completion::trials(),
        #[cfg(unix)]
        escaping::trials(),
        examples::trials(),
        help::trials(),
        json_errors::trials(),
        man::trials(),
        #[cfg(unix)]
        promotion::trials(),
        #[cfg(unix)]
        report::trials(),
        public_api::trials(),
        sources::trials(),
        #[cfg(unix)]
        terminal::trials(),
        transcripts::trials(),
        #[cfg(unix)]
        watch::trials(),
        wording::trials(),
    ];
    support::main_of(trials.into_iter().flatten().collect())
}
