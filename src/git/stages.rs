//! Reads the three sides of a file that git keeps while a merge is unresolved.

use std::path::Path;

use super::repository_path::RepositoryPath;
use crate::error::{Error, Result};
use crate::manifest::Manifest;

/// Reads the manifests of an unresolved merge: the base, ours and theirs.
///
/// # Errors
/// [`Error::NotUnmerged`] if git has no conflict in the file, or one side deleted it; those of
/// [`baseline_at`](super::baseline_at).
pub fn unmerged(path: &Path) -> Result<[Manifest; 3]> {
    let location = RepositoryPath::find(path)?;
    let read = |stage: u8, name: &str| -> Result<Option<Manifest>> {
        let object = format!(":{stage}:{}", location.path);
        let output = location.git.run(&["cat-file", "blob", &object], b"")?;
        if !output.status.success() {
            return Ok(None);
        }
        Manifest::from_reader(&*output.stdout, Path::new(&format!("{name}:{}", location.path)))
            .map(Some)
    };
    let missing = || Error::NotUnmerged { path: path.to_owned() };
    let ours = read(2, "ours")?.ok_or_else(missing)?;
    let theirs = read(3, "theirs")?.ok_or_else(missing)?;
    // There is no base if both sides added the file.
    let base = read(1, "base")?.unwrap_or_default();
    Ok([base, ours, theirs])
}
