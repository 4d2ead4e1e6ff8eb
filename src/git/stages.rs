//! The three versions of a file that git keeps while a merge is unresolved.

use std::path::Path;

use super::place::Place;
use crate::error::{Error, Result};
use crate::manifest::Manifest;

/// The manifests that a merge started from, in their order: the base, ours and theirs.
///
/// # Errors
/// [`Error::NotUnmerged`] if git has no conflict in the file, or one side deleted it; those of
/// [`baseline_at`](super::baseline_at).
pub fn unmerged(path: &Path) -> Result<[Manifest; 3]> {
    let place = Place::find(path)?;
    let read = |stage: u8, name: &str| -> Result<Option<Manifest>> {
        let object = format!(":{stage}:{}", place.path);
        let output = place.git.run(&["cat-file", "blob", &object], b"")?;
        if !output.status.success() {
            return Ok(None);
        }
        Manifest::from_reader(&*output.stdout, Path::new(&format!("{name}:{}", place.path)))
            .map(Some)
    };
    let missing = || Error::NotUnmerged { path: path.to_owned() };
    let ours = read(2, "ours")?.ok_or_else(missing)?;
    let theirs = read(3, "theirs")?.ok_or_else(missing)?;
    // Both sides may have added the file.
    let base = read(1, "base")?.unwrap_or_default();
    Ok([base, ours, theirs])
}
