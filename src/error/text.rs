//! Parts of messages, and of errors as JSON.

use std::path::Path;
use std::time::Duration;

use serde::Serializer;

/// Returns the message of [`Error::ManifestMismatch`](super::Error::ManifestMismatch).
pub(super) fn mismatch(path: &Path, expected: Option<&str>, found: Option<&str>) -> String {
    let path = path.display();
    match (expected, found) {
        (None, Some(found)) => format!("`{path}` already has a manifest, updated at {found}"),
        (Some(_), None) => format!("`{path}` has no manifest"),
        (Some(expected), Some(found)) => {
            format!("the manifest at `{path}` was updated at {found}, not at {expected}")
        }
        (None, None) => format!("`{path}` has no manifest, as expected"),
    }
}

/// Serializes a path lossily: JSON cannot represent bytes that are not UTF-8.
pub(super) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Serializes a duration as a number of seconds.
pub(super) fn seconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Quotes a version for a message; `none` for no version.
pub(crate) fn named(version: Option<&str>) -> String {
    version.map_or("none".to_owned(), |version| format!("`{version}`"))
}

/// Quotes names for a message, and separates them with commas.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}
