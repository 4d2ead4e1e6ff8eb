//! Modes, links, odd paths, disks, and standard output.

mod disks;
mod links;
mod modes;
mod output;
mod paths;
mod unchanged;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    [
        disks::trials(),
        links::trials(),
        modes::trials(),
        output::trials(),
        paths::trials(),
        unchanged::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
