//! Many programs at once, with and without the lock.

pub(crate) mod histories;
mod interference;
mod lock;
mod parallel;
mod promotion;
mod writers;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    [
        interference::trials(),
        lock::trials(),
        parallel::trials(),
        promotion::trials(),
        writers::trials(),
        histories::suite::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
