//! Opens a file in the user's browser. `watch --exec` and git start the other programs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Program that opens a file with the user's default application.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer.exe"
} else {
    "xdg-open"
};

/// Opens a file. There is no shell, and an absolute path cannot be mistaken for an option.
#[expect(clippy::disallowed_methods, reason = "--open starts the program that shows a page")]
pub(crate) fn open(path: &Path) -> Result<()> {
    let path = std::path::absolute(path)?;
    let mut command = Command::new(OPENER);
    command.arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start `{OPENER}`"))?;
    // Explorer exits with 1 even on success.
    if !status.success() && !cfg!(windows) {
        bail!("`{OPENER}` could not open `{}`: {status}", path.display());
    }
    Ok(())
}
