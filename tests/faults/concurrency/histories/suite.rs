//! Parallel histories: sixteen processes at once register, promote, roll back and read, and some
//! are killed. Then the set of acknowledged changes is the set that is there, in an order that
//! the times of the commands allow; every chain of moves is linear, and what a move expected to be
//! current was; every read was a whole document.
//!
//! Beside them, in the second test, a Python program reads and dumps the file in place, as old
//! trainers do: no read fails, and only changes that the program overwrites are lost.
//!
//! `REGISTRY_TEST_SEED` repeats the choices of a failed run; the kernel's schedule it cannot.
//!
//! What was broken on purpose, and what failed then:
//! - no lock, `--expect-current` not asked, leftovers not removed: the first test;
//! - no lock, a save in place, no second read of a text that was cut short, an empty file taken for
//!   no manifest: the second.

use libtest_mimic::Trial;

use super::{Faults, Outcome, assert_none, beside_a_dumper, history, seed};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        sixteen_processes_and_some_are_killed,
        [Need::Program("python3")] => beside_a_program_that_dumps_in_place,
    ]
}

fn sixteen_processes_and_some_are_killed() {
    let seed = seed(1);
    let (journal, problems) = history(seed, 40, Faults::Kills);
    assert_none(&problems, seed);
    assert!(journal.operations >= 640 && journal.faults >= 30, "{} faults", journal.faults);
    let done = |expects: bool| {
        let changes = journal.changes.iter().filter(|c| c.expected.is_some() == expects);
        changes.filter(|change| change.outcome == Outcome::Done).count()
    };
    assert!(done(false) > 100 && done(true) > 10, "{} and {} changes", done(false), done(true));
}

fn beside_a_program_that_dumps_in_place() {
    let seed = seed(1);
    let (journal, problems) = beside_a_dumper(120, seed);
    assert_none(&problems, seed);
    assert!(journal.changes.len() > 20, "{} changes beside it", journal.changes.len());
}
