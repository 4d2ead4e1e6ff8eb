//! The ends of the program: a signal, or a reader that is gone.

use std::io;
use std::sync::mpsc::Sender;

use super::Event;

/// Reports SIGINT and SIGTERM. The third one ends the process at once.
#[cfg(unix)]
pub(crate) fn on_signals(events: Sender<Event>) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for (count, signal) in signals.forever().enumerate() {
            if count == 2 || events.send(Event::Signal(signal)).is_err() {
                end_by(signal);
            }
        }
    });
    Ok(())
}

/// Ends the process by the default action of a signal, so that the caller sees which one.
#[cfg(unix)]
pub(crate) fn end_by(signal: i32) {
    // Returns only for a signal that does not end a process.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Reports that nobody reads standard output any more: a watch that has nothing to print would not
/// notice.
#[cfg(unix)]
pub(crate) fn on_closed_output(events: Sender<Event>) {
    use rustix::event::{PollFd, PollFlags, poll};
    std::thread::spawn(move || {
        let stdout = io::stdout();
        loop {
            // Errors and the end of the reader are reported without asking for them.
            let mut output = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut output, None) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) if output[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => break,
                _ => return,
            }
        }
        let _ = events.send(Event::OutputClosed);
    });
}

/// Ctrl-C ends the process and its command.
#[cfg(not(unix))]
pub(crate) fn on_signals(_: Sender<Event>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn end_by(_: i32) {}

/// The next line that cannot be printed ends the process.
#[cfg(not(unix))]
pub(crate) fn on_closed_output(_: Sender<Event>) {}
