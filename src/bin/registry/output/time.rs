//! Times in tables.

use model_registry::Timestamp;

/// Returns a time for a table. On a terminal minutes are enough to read, and save room.
pub(crate) fn when(time: Timestamp, terminal: bool) -> String {
    let mut text = time.readable();
    if terminal {
        text.truncate("2025-12-06 06:00".len());
    }
    text
}
