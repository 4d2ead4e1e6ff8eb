//! Forty cases of faults and bad input, those that concern a local file.
//!
//! Each asserts the exit code, the message, and that the file is byte for byte what it was, or what
//! it should be. Three (17 to 19) concern a manifest in remote storage, which there is not. What
//! the machine lacks (root, mounts, strace, git, python3) is counted as ignored, with the reason.
//!
//! | case | test |
//! |---|---|
//! | 1 zero bytes | [`damaged`] `case_01` |
//! | 2 truncated | [`damaged`] `case_02` |
//! | 3 NaN from Python | [`kept`] `case_03` |
//! | 4 fifty writers | [`writers`] `case_04` |
//! | 5 stale dump | [`writers`] `case_05`: there is no journal, so a later command cannot tell |
//! | 6 write between load and rename | [`writers`] `case_06` |
//! | 7 torn reads | `histories.rs` `case_07` |
//! | 8 kill at every system call | `system_calls.rs` `case_08` |
//! | 9 disk full | [`surroundings`] `case_09`, `system_calls.rs` `case_09` |
//! | 10 fsync fails | `system_calls.rs` `case_10`: exit code 1, as every failure of the disk |
//! | 11 order of the calls | `system_calls.rs` `case_11` |
//! | 12 duplicate keys after a merge | [`damaged`] `case_12`: every command refuses, readers too |
//! | 13 conflict markers | [`damaged`] `case_13` |
//! | 14 foreign fields | [`kept`] `case_14` |
//! | 15 number fidelity | [`kept`] `case_15` |
//! | 16 wrong shape | [`damaged`] `case_16`; many more in `bad_files.rs` |
//! | 20 lock deleted | [`writers`] `case_20` |
//! | 21 link | [`writers`] `case_21`; more in `store.rs` |
//! | 22 lone surrogate | [`kept`] `case_22`: kept exactly, refused in a name |
//! | 23 holder hangs | [`writers`] `case_23`: exit code 1 |
//! | 24 holder killed | [`writers`] `case_24` |
//! | 25 inherited lock | [`writers`] `case_25` |
//! | 26 no `flock` | `system_calls.rs` `case_26`: refused; there is no `--no-lock` |
//! | 27 mode and owner | [`surroundings`] `case_27` |
//! | 28 frozen file | [`surroundings`] `case_28` |
//! | 29 read-only folder | [`surroundings`] `case_29` |
//! | 30 bind mount | [`surroundings`] `case_30` |
//! | 31 file-size limit | [`surroundings`] `case_31` |
//! | 32 failing command | [`commands`] `case_32` |
//! | 33 style | [`kept`] `case_33` |
//! | 34 encodings | [`damaged`] `case_34`: a byte order mark is refused |
//! | 35 hostile names | [`commands`] `case_35`: names are keys, so `../../x` and long ones are allowed |
//! | 36 NaN from our flag | [`kept`] `case_36`: null, with a warning |
//! | 37 nesting, huge | [`damaged`] `case_37`: the limit is 4 GiB |
//! | 38 closed or full output | [`commands`] `case_38` |
//! | 39 odd path | [`surroundings`] `case_39`: a missing manifest is one without models, exit code 0 |
//! | 40 signals, times, leftovers | [`commands`] `case_40` |
//!
//! What was broken on purpose, and what failed then:
//! - no lock: 4, 20, 21, 23, 24, 40;
//! - a save in place instead of a rename: 30, 40; the answer before the save: 1, 2, 12, 13, 16, 22,
//!   23, 31, 34, 37, 38, 40;
//! - no fsync of the file: 6, 24 and 40, which stop the process there;
//! - no look at the file just before the rename: 6;
//! - temporary files left after an error: 6, 9, 30; after a kill: 24, 31, 40;
//! - no check of duplicate keys: 12; an empty file taken for no manifest: 1;
//! - `--expect-current` not asked: 32; mode and owner not kept: 27; a frozen file replaced: 28; a
//!   link replaced: 21, 39.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

mod support;

#[path = "forty_cases/commands.rs"]
mod commands;
#[path = "forty_cases/damaged.rs"]
mod damaged;
#[path = "forty_cases/kept.rs"]
mod kept;
#[path = "forty_cases/surroundings.rs"]
mod surroundings;
#[path = "forty_cases/writers.rs"]
mod writers;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use support::{assert_bytes, main_of, registry, run};

fn main() -> ExitCode {
    let mut trials = damaged::trials();
    trials.extend(kept::trials());
    trials.extend(writers::trials());
    trials.extend(surroundings::trials());
    trials.extend(commands::trials());
    main_of(trials)
}

/// Whatever reads and whatever changes refuses this file, with its path and these words, and
/// leaves it as it is.
#[track_caller]
fn refuses(path: &Path, words: &[&str]) {
    let before = fs::read(path).expect("the file is there");
    for verb in [
        &["list"][..],
        &["production", "m"],
        &["register", "m", "--artifact-path", "p", "--version", "new"],
        &["promote", "m", "v0", "--stage", "prod"],
        &["rollback", "m"],
    ] {
        let ran = run(registry(path).args(verb));
        ran.code(1).says(&format!("error: `{}`, line ", path.display()));
        for words in words {
            ran.says(words);
        }
        assert_eq!(ran.stdout, "", "{verb:?}");
        assert_bytes(path, &before);
    }
}
