//! The location of the manifest: named, or found from the working directory.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use model_registry::files;

use crate::discovery;

/// Location of the manifest. Parent folders are searched only if that is needed.
pub(crate) struct Location {
    named: Option<PathBuf>,
    found: OnceCell<PathBuf>,
    working_directory: fn() -> PathBuf,
}

impl Location {
    /// Creates a location that an option or a variable names, or one to search for.
    pub(crate) fn new(named: Option<PathBuf>, working_directory: fn() -> PathBuf) -> Self {
        Self { named, found: OnceCell::new(), working_directory }
    }

    /// Returns the path or URL that is named, or the path that is found.
    pub(super) fn path(&self) -> &Path {
        self.named().unwrap_or_else(|| self.found())
    }

    /// Returns the path or URL that an option or a variable names.
    pub(super) fn named(&self) -> Option<&Path> {
        self.named.as_deref()
    }

    /// Returns the path that is used if none is named.
    pub(super) fn found(&self) -> &Path {
        self.found.get_or_init(|| discovery::find(&(self.working_directory)(), files::exists))
    }
}
