//! The manifest in object stores: the same commands, exit codes and promises as in a file.
//!
//! The stores are moto (S3), Azurite (Azure) and a server of these tests, which plays S3, Google
//! Cloud Storage and Azure, with faults on demand. `.ci/remote` installs moto, Azurite and s3rver,
//! and names their folder in `REGISTRY_TEST_SERVERS`. A test whose server is missing is reported as
//! ignored.
//!
//! What was broken on purpose, and the tests that failed:
//! - a writer that does not look for its own id: `a_move_is_recorded_once_even_if_the_response_is_lost`
//!   in memory, and `a_write_is_recorded_once_even_if_its_response_is_lost` with a server;
//! - no probe: `a_store_that_ignores_conditions_is_refused`, `a_probe_is_sent_once_for_a_bucket`;
//! - a read that is not repeated: `a_read_is_repeated`, `the_store_chooses_the_pause`.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, unused_imports, reason = "the suite of files uses the rest")]
#[path = "../faults/concurrency/histories/mod.rs"]
mod histories;

mod artifacts;
mod contract;
mod credentials;
mod faults;
#[cfg(target_os = "linux")]
mod memory;
mod parallel;
mod probe;
mod sources;
mod stores;
mod tls;
#[cfg(unix)]
mod watch;

fn main() -> std::process::ExitCode {
    let trials = [
        artifacts::trials(),
        contract::trials(),
        credentials::trials(),
        faults::trials(),
        #[cfg(target_os = "linux")]
        memory::trials(),
        parallel::trials(),
        probe::trials(),
        sources::trials(),
        tls::trials(),
        #[cfg(unix)]
        watch::trials(),
    ];
    support::main_of(trials.into_iter().flatten().collect())
}
