//! Files that are not the manifest, such as a policy or a file of metrics.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::file;
use json_document::Position;

use crate::error::{DocumentErrorKind, Error, Result};

/// Returns whether a path is the URL of an object in a store, such as `s3://bucket/manifest.json`.
pub fn is_url(path: &Path) -> bool {
    super::location::is_url(path)
}

/// Returns whether a path leads to a file or a folder.
#[expect(clippy::disallowed_methods, reason = "this is the place that looks at files")]
pub fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

/// Returns the target of a link, as written in it; `None` for anything else.
#[expect(clippy::disallowed_methods, reason = "this is the place that looks at files")]
pub(crate) fn link_target(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

/// Resolves `.` and `..` in an absolute path by its text, so without following links.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// Reads a text file.
///
/// # Errors
///
/// [`Error::Io`], [`Error::NotAFile`], or [`Error::BadDocument`] if it is not UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
pub fn read_text(path: &Path) -> Result<String> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    file::require_file(path, &fs::metadata(path).map_err(failed)?)?;
    let mut file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    decode(bytes, path)
}

/// Size of the largest text that [`read_small_text`] reads, in bytes.
pub(crate) const SMALL: u64 = 1_000_000;

/// Reads a text file of at most [`SMALL`] bytes. A larger file is not read.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
pub(super) fn read_small_text(path: &Path) -> Result<String> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    file::require_file(path, &fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > SMALL {
        return Err(too_large(path));
    }
    read_small(file, path)
}

/// Reads a text of at most [`SMALL`] bytes.
pub(super) fn read_small(input: impl Read, path: &Path) -> Result<String> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let mut bytes = Vec::new();
    input.take(SMALL + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > SMALL { Err(too_large(path)) } else { decode(bytes, path) }
}

/// Returns the error for a text of more than [`SMALL`] bytes.
pub(crate) fn too_large(path: &Path) -> Error {
    Error::BadDocument {
        path: path.to_owned(),
        line: 1,
        column: 1,
        problem: "the file is larger than 1 MB".to_owned(),
        reason: DocumentErrorKind::InvalidField,
    }
}

/// Replaces a file atomically, and creates its folder if needed.
///
/// # Errors
///
/// [`Error::Io`], [`Error::NotAFile`], or [`Error::Unconfirmed`] if the file is in place but may
/// not survive a crash.
#[expect(clippy::disallowed_methods, reason = "this is the place that writes files")]
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|source| Error::Io {
            action: "create",
            path: folder.to_owned(),
            source,
        })?;
    }
    file::overwrite(&file::target(path)?, &|put| put(content))
}

/// Returns whether two paths lead to the same existing file.
#[expect(clippy::disallowed_methods, reason = "this is the place that looks at files")]
pub fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Appends lines to a text file, such as git's `.gitattributes`. The old text is kept byte for
/// byte.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
pub(crate) fn append_lines(path: &Path, lines: &[String]) -> Result<()> {
    let target = file::target(path)?;
    let old = match fs::read(&target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        result => {
            result.map_err(|source| Error::Io { action: "read", path: target.clone(), source })?
        }
    };
    file::overwrite(&target, &|put| put(&file::with_lines(&old, lines)))
}

/// Returns the file that a write replaces: where the path leads through links.
pub(crate) fn target(path: &Path) -> Result<PathBuf> {
    file::target(path)
}

/// Returns the names of the files beside the manifest that must not be committed: the lock file,
/// and a pattern for the temporary files of killed processes.
pub(crate) fn names_beside(target: &Path) -> [String; 2] {
    [".lock", ".tmp.*"].map(|ending| {
        let path = file::sibling(target, ending);
        path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    })
}

/// Decodes a file that must be UTF-8. The error names the encoding if it can be recognised.
pub(super) fn decode(bytes: Vec<u8>, path: &Path) -> Result<String> {
    let bad = |line, column, reason, problem: &str| Error::BadDocument {
        path: path.to_owned(),
        line,
        column,
        problem: problem.to_owned(),
        reason,
    };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        let problem = "the file begins with a byte order mark; it must be plain UTF-8";
        return Err(bad(1, 1, DocumentErrorKind::NotUtf8, problem));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let problem = "the file is UTF-16; it must be UTF-8";
        return Err(bad(1, 1, DocumentErrorKind::NotUtf8, problem));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let text = String::from_utf8_lossy(valid);
        let Position { line, column } = Position::of(&text, text.len());
        // A truncated last character may be one that another program is still writing.
        let reason = match error.utf8_error().error_len() {
            None => DocumentErrorKind::Truncated,
            Some(_) => DocumentErrorKind::NotUtf8,
        };
        bad(line, column, reason, "the file is not UTF-8")
    })
}
