//! The changes to a manifest. Each is a function of the manifest and its arguments, so that it can
//! run again if another program has changed the manifest first.

mod alias;
mod describe;
mod differences;
mod metrics;
mod moves;
mod promote;
mod prune;
mod register;
mod registration;
mod retire;
mod rollback;
#[cfg(test)]
mod testing;
mod undo;

use super::Fault;
use crate::error::Error;

pub use alias::AliasChange;
pub use describe::{Described, Notes};
pub use metrics::{ReadMetrics, SkippedMetric};
pub use moves::Move;
pub use prune::{Age, ParseAgeError, Prune, Pruned, PrunedVersion};
pub use register::Registered;
pub use registration::{Metric, Registration};
pub use retire::{Retired, Retirement};

/// The error of a change that would make a version unreadable.
fn unwritable(version: &str, fault: &Fault) -> Error {
    Error::Invalid {
        field: "version",
        value: format!("{version} ({})", fault.problem),
        problem: "cannot be written",
    }
}
