//! Detects what ends a watch: a signal, or a closed standard output.

use std::io;
use std::sync::mpsc::Sender;

use super::Event;

/// Sends an event for each SIGINT and SIGTERM. The third signal ends the process at once.
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

/// Ends the process by the default action of a signal, so that its parent sees which one.
#[cfg(unix)]
pub(crate) fn end_by(signal: i32) {
    // Returns only for a signal that does not end a process.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// Sends an event when the reader of standard output is gone. A watch that has nothing to print
/// would not notice otherwise.
#[cfg(unix)]
pub(crate) fn on_closed_output(events: Sender<Event>) {
    use rustix::event::{PollFd, PollFlags, poll};
    std::thread::spawn(move || {
        let stdout = io::stdout();
        loop {
            // `poll` reports errors and hang-ups even if they are not requested.
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

/// Does nothing: Ctrl-C ends the process and its command.
#[cfg(not(unix))]
pub(crate) fn on_signals(_: Sender<Event>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn end_by(_: i32) {}

/// Does nothing: the process ends at the next line that it cannot print.
#[cfg(not(unix))]
pub(crate) fn on_closed_output(_: Sender<Event>) {}
