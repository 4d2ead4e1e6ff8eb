//! Faults: crashes, concurrent programs, bad input, large input, and the file system.
//!
//! Each test asserts the exit code, the message, and the bytes of the manifest afterwards. What the
//! machine lacks (root, mounts, strace, git, python3) is reported as ignored, with the reason.
//!
//! What was broken on purpose, and the tests that failed:
//! - no lock: `fifty_parallel_writers`, `the_lock_file_is_deleted_while_it_is_held`,
//!   `writers_through_a_link_and_its_target`, `the_lock_holder_hangs`, `the_lock_holder_is_killed`,
//!   `signals`;
//! - a save in place instead of a rename: `a_file_that_is_a_mount_point`, `signals`,
//!   `leftovers_and_a_planted_link`;
//! - the answer printed before the save: `refused`, `a_lone_surrogate`, `the_lock_holder_hangs`,
//!   `a_limit_on_the_size_of_files`, `a_closed_or_full_output`, `signals`;
//! - no fsync of the file: `another_program_writes_between_load_and_rename`,
//!   `the_lock_holder_is_killed` and `signals`, which stop the process there;
//! - no check of the file just before the rename: `another_program_writes_between_load_and_rename`;
//! - temporary files left after an error: `another_program_writes_between_load_and_rename`,
//!   `a_full_disk`, `a_file_that_is_a_mount_point`; after a kill: `the_lock_holder_is_killed`,
//!   `a_limit_on_the_size_of_files`, `leftovers_and_a_planted_link`;
//! - no check of duplicate keys: `duplicate_keys_after_a_clean_merge`; an empty file read as a
//!   missing manifest: `an_empty_manifest`;
//! - `--expect-current` ignored: `a_failing_command_writes_nothing`; mode and owner not kept:
//!   `mode_and_umask`, `owner_and_group`; a read-only file replaced: `a_read_only_file`; a link
//!   replaced: `writers_through_a_link_and_its_target`, `odd_paths`.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]
#![allow(clippy::print_stdout, reason = "the soak test and the table of sizes report")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(unix)]
mod artifacts;
#[cfg(unix)]
mod bad_input;
#[cfg(unix)]
mod concurrency;
#[cfg(unix)]
mod crash;
#[cfg(unix)]
mod filesystem;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod soak;

/// All of it needs signals, modes, links or a Unix shell.
fn trials() -> Vec<libtest_mimic::Trial> {
    #[cfg(not(unix))]
    return vec![support::ignored("faults", "needs a Unix system")];
    #[cfg(unix)]
    [
        artifacts::trials(),
        bad_input::trials(),
        concurrency::trials(),
        crash::trials(),
        filesystem::trials(),
        limits::trials(),
        soak::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> std::process::ExitCode {
    support::main_of(trials())
}
