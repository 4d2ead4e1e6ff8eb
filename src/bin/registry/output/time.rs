//! Formats times for tables.

use model_registry::Timestamp;

/// Formats a time for a table. On a terminal, seconds are left out to save space.
pub(crate) fn format_time(time: Timestamp, terminal: bool) -> String {
    let mut text = time.readable();
    if terminal {
        text.truncate("2025-12-06 06:00".len());
    }
    text
}
