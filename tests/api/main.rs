//! The library as its users call it: one case after the other.

#![allow(clippy::disallowed_methods, reason = "tests set up files")]

mod changes;
mod check;
mod clocks;
mod diff;
mod gate;
mod merge;
#[path = "../support/original.rs"]
mod original;
mod policy;
mod production;
mod replay;
#[cfg(feature = "cli")]
mod report;
mod resolve;
mod restore;
mod retired;
