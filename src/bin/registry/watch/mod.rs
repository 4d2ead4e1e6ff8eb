//! Waits for another version in a stage, for the `watch` command.
//!
//! One thread observes the manifest, one waits for signals, one for the end of the reader, and one
//! for the end of the running command. Each sends events to the main thread, which alone prints and
//! starts programs.

mod end;
mod hook;
mod notifications;
mod observer;
mod process;

pub(crate) use end::{end_by, on_closed_output, on_signals};
pub(crate) use hook::Hook;
pub(crate) use observer::{Current, Observation, Observer};

/// An event that the command reacts to.
pub(crate) enum Event {
    /// The stage or the manifest has changed.
    Observed(Observation),
    /// The command that was started has ended.
    Exited,
    /// This signal arrived.
    Signal(i32),
    /// The reader of standard output is gone.
    OutputClosed,
}
