//! Reads a manifest again only if it has changed, for programs that watch it.

use super::file::Snapshot;
use super::read::open;
use super::{Manifest, Store};
use crate::error::Result;

/// The state of a manifest when it was read, from [`Store::load_if_changed`].
pub struct Revision(State);

enum State {
    File(Snapshot),
    /// ETag of the object, or `None` if it does not exist.
    Object(Option<String>),
}

/// The result of a conditional read.
#[cfg_attr(not(feature = "remote"), allow(dead_code, reason = "only object stores use it"))]
pub(super) enum IfChanged<R> {
    Unchanged,
    /// The content and the `ETag`, or `None` for both if the object does not exist.
    Changed(Option<R>, Option<String>),
}

impl Store {
    /// Reads the manifest if it has changed since `seen`, which the previous call returned.
    ///
    /// Returns `None` if it has not changed. Without `seen`, the manifest is always read. For a
    /// file, this checks the metadata; for an object, it is one conditional request.
    ///
    /// # Errors
    ///
    /// Those of [`Store::load`].
    pub fn load_if_changed(&self, seen: Option<&Revision>) -> Result<Option<(Manifest, Revision)>> {
        let Some(object) = self.object()? else {
            return self.load_file_if_changed(seen);
        };
        let tag = match seen {
            Some(Revision(State::Object(tag))) => tag.as_deref(),
            _ => None,
        };
        let read = |body: &mut dyn std::io::Read| Manifest::from_reader(body, &self.path);
        match object.read_if_changed(tag, read)? {
            IfChanged::Unchanged if seen.is_some() => Ok(None),
            IfChanged::Unchanged => Ok(Some((Manifest::default(), Revision(State::Object(None))))),
            IfChanged::Changed(manifest, tag) => {
                Ok(Some((manifest.unwrap_or_default(), Revision(State::Object(tag)))))
            }
        }
    }

    fn load_file_if_changed(
        &self,
        seen: Option<&Revision>,
    ) -> Result<Option<(Manifest, Revision)>> {
        if let Some(Revision(State::File(seen))) = seen {
            let now = match open(&self.path)? {
                Some((_, metadata)) => Snapshot::of(&metadata),
                None => Snapshot::absent(),
            };
            if now == *seen {
                return Ok(None);
            }
        }
        let (manifest, snapshot) = self.load_snapshot()?;
        Ok(Some((manifest.unwrap_or_default(), Revision(State::File(snapshot)))))
    }
}

impl Revision {
    /// Returns whether the manifest existed. A missing manifest is read as one without models.
    pub const fn exists(&self) -> bool {
        match &self.0 {
            State::File(state) => state.exists(),
            State::Object(tag) => tag.is_some(),
        }
    }
}

impl std::fmt::Debug for Revision {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Revision").finish_non_exhaustive()
    }
}
