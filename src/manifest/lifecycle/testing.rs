//! Fixtures for the tests of the changes.

use super::super::{Manifest, Registration, Timestamp};

/// Returns a timestamp.
pub(super) fn at(second: u32) -> Timestamp {
    Timestamp::parse(&format!("2025-12-01T05:00:{second:02}+00:00")).expect("a time")
}

/// Returns the registration of a training run.
pub(super) fn trained(version: &str) -> Registration {
    Registration::new(format!("runs/{version}"))
        .version(version)
        .metric("val_mae", 3.5)
        .metric("rows", 10_u64)
}

/// Returns a manifest with these versions of the model `m`.
pub(super) fn with_versions(names: &[&str]) -> Manifest {
    let mut manifest = Manifest::default();
    for name in names {
        manifest.register("m", &trained(name), at(0)).expect("a valid version");
    }
    manifest
}
