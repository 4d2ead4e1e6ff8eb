//! Processes that are killed, stopped or hit by failing system calls.

mod kill;
mod signals;
mod system_calls;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    [kill::trials(), signals::trials(), system_calls::trials()].into_iter().flatten().collect()
}
