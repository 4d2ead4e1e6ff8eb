//! Files that are not manifests, odd manifests, and values that no command accepts.

mod documents;
mod foreign;
mod kept;
mod refused;
mod values;

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::{assert_bytes, registry, run};

pub(crate) fn trials() -> Vec<Trial> {
    [documents::trials(), foreign::trials(), kept::trials(), refused::trials(), values::trials()]
        .into_iter()
        .flatten()
        .collect()
}

/// Every kind of command refuses this file, with its path and these words, and does not change it.
#[track_caller]
pub(crate) fn refuses(path: &Path, words: &[&str]) {
    let before = fs::read(path).expect("the file is there");
    for verb in [
        &["list"][..],
        &["production", "m"],
        &["register", "m", "--artifact-path", "s3://p", "--version", "new"],
        &["promote", "m", "v0", "--stage", "prod"],
        &["rollback", "m"],
    ] {
        let ran = run(registry(path).args(verb));
        ran.code(1).reports(&format!("error: `{}`, line ", path.display()));
        for words in words {
            ran.reports(words);
        }
        assert_eq!(ran.stdout, "", "{verb:?}");
        assert_bytes(path, &before);
    }
}
