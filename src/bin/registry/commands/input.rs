//! Reads an argument that names a file, or with `-` standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Result;
use model_registry::files;

use crate::output::StreamFailed;

/// Reads a file or standard input. Returns the text, and the name of its source for messages.
/// `action` is used in the error for standard input, such as `read the metrics from`.
pub(super) fn read<'n>(file: &'n str, action: &'static str) -> Result<(String, &'n Path)> {
    if file != "-" {
        let path = Path::new(file);
        return Ok((files::read_text(path)?, path));
    }
    let (mut text, path) = (String::new(), "standard input");
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|source| StreamFailed { action, path, source })?;
    Ok((text, Path::new(path)))
}
