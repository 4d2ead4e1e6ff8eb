//! Which global options a verb uses.

use crate::cli::Global;
use crate::errors::Usage;

/// The global options that a verb uses. Help and completions list no others.
#[derive(Clone, Copy)]
pub(crate) struct Uses {
    manifest: bool,
    at: bool,
    lock_timeout: bool,
}

impl Uses {
    /// The verb needs no manifest.
    pub(super) const NONE: Self = Self { manifest: false, at: false, lock_timeout: false };
    /// The verb reads the manifest.
    pub(super) const READS: Self = Self { manifest: true, at: true, ..Self::NONE };
    /// The verb changes the manifest, so it cannot use one of a revision.
    pub(super) const CHANGES: Self = Self { manifest: true, lock_timeout: true, ..Self::NONE };
    /// The verb reads or changes the manifest, as its other arguments require.
    pub(super) const EITHER: Self = Self { at: true, ..Self::CHANGES };
    /// The verb needs the path of the manifest, and does not read it.
    pub(super) const PATH: Self = Self { manifest: true, ..Self::NONE };
    /// The verb writes manifests that its arguments name.
    pub(super) const WRITES_OTHERS: Self = Self { lock_timeout: true, ..Self::NONE };

    /// Returns whether the verb uses the option with this id.
    pub(crate) fn has(self, option: &str) -> bool {
        match option {
            "manifest" => self.manifest,
            "at" => self.at,
            "lock_timeout" => self.lock_timeout,
            _ => true,
        }
    }

    /// Refuses options that the verb would ignore, although the user expects another result. A lock
    /// timeout is only a limit, so it is accepted everywhere.
    pub(crate) fn check(self, verb: &str, given: &Global) -> Result<(), Usage> {
        let refused = |option: &str| Err(Usage(format!("`{verb}` cannot be used with {option}")));
        if given.at.is_some() && !self.at {
            if self.manifest && self.lock_timeout {
                return Err(Usage::read_only_revision());
            }
            return refused("a revision (--at)");
        }
        if given.manifest.is_some() && !self.manifest { refused("--manifest") } else { Ok(()) }
    }
}
