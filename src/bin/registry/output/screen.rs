//! What a terminal can show.

/// Capabilities of a terminal.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    /// Width in characters.
    pub(crate) columns: usize,
    /// Whether it can show characters outside ASCII.
    pub(crate) unicode: bool,
}
