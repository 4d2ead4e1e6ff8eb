//! Every change to a manifest. Each is a function of the manifest and its arguments, so that it
//! can run again when another program was faster.

mod moves;
mod promote;
mod register;
mod rollback;
#[cfg(test)]
mod testing;

pub use moves::Move;
pub use register::{Metric, Registered, Registration};
