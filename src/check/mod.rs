//! Finds problems in a manifest: all of them, not only the first.
//!
//! A parsed manifest has a valid form; this module checks its content.

mod against;
mod artifacts;
mod clock;
mod document;
mod explained;
mod finding;
mod model;
mod names;
mod replay;
mod settled;
mod sound;
mod values;
mod version;

pub use against::against;
pub use artifacts::artifacts;
pub use document::{check, check_at};
pub use explained::explained;
pub use finding::{Finding, Severity};
pub use replay::{Strictness, replay};
pub use settled::lower_published;
