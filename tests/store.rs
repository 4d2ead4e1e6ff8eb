//! The store beside other processes: nothing is lost, nothing is torn, nothing is left behind,
//! and modes, owners and links stay as they were.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

mod support;

#[path = "store/interference.rs"]
mod interference;
#[path = "store/kill.rs"]
mod kill;
#[path = "store/links.rs"]
mod links;
#[path = "store/lock.rs"]
mod lock;
#[path = "store/modes.rs"]
mod modes;
#[path = "store/parallel.rs"]
mod parallel;
#[path = "store/quiet.rs"]
mod quiet;
