//! Real repositories: reading revisions, setting up clones, merging manifests.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

#[path = "../support/mod.rs"]
mod support;

mod criss_cross;
mod evaded;
mod forged;
mod hostile;
#[cfg(unix)]
mod linked;
mod merging;
mod original;
mod policy;
mod reading;
mod replay;
mod repository;
mod resolving;
mod setup;

fn main() -> std::process::ExitCode {
    let trials = [
        criss_cross::trials(),
        evaded::trials(),
        forged::trials(),
        hostile::trials(),
        #[cfg(unix)]
        linked::trials(),
        merging::trials(),
        original::trials(),
        policy::trials(),
        reading::trials(),
        replay::trials(),
        resolving::trials(),
        setup::trials(),
    ];
    support::main_of(trials.into_iter().flatten().collect())
}
