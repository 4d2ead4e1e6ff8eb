//! Waits for another version in a stage, for the `watch` command.
//!
//! One thread looks at the manifest, one waits for signals, one for the end of the reader, and one
//! for the end of the command that runs. Each sends what it notices to the command's thread, which
//! alone prints and starts programs.

mod end;
mod hook;
mod look;
mod notices;
mod process;

pub(crate) use end::{end_by, on_closed_output, on_signals};
pub(crate) use hook::Hook;
pub(crate) use look::{Current, Look, Sight};

/// Something to react to.
pub(crate) enum Event {
    /// Another version is current, or the manifest cannot be read.
    Sight(Sight),
    /// The command that was started has ended.
    Exited,
    /// This signal arrived.
    Signal(i32),
    /// The reader of standard output is gone.
    OutputClosed,
}
