//! Reads objects that are not the manifest, such as artifacts.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::location::ObjectUrl;
use super::object_store::Object;
use super::remote::Remote;
use crate::error::Result;

/// How long a store may take to respond, or to send the next part of an object.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Reads objects by their URLs, with one client for each bucket.
pub(crate) struct Objects<'r> {
    remote: &'r Remote,
    opened: Vec<Object>,
}

impl<'r> Objects<'r> {
    pub(crate) const fn new(remote: &'r Remote) -> Self {
        Self { remote, opened: Vec::new() }
    }

    /// Reads an object with `read`, which gets its size in bytes and its content; returns `None` if
    /// it does not exist.
    ///
    /// `read` runs again, from the start of the object, if the connection breaks.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) for a URL that does not name an object,
    /// [`Error::Remote`](crate::Error::Remote), and those of `read`.
    pub(crate) fn read<R>(
        &mut self,
        url: &str,
        read: impl FnMut(u64, &mut dyn Read) -> Result<R>,
    ) -> Result<Option<R>> {
        let Some((object, url)) = self.open(url)? else { return Ok(None) };
        object.read_other(&url, read)
    }

    /// Returns whether an object exists, without reading it.
    ///
    /// # Errors
    ///
    /// Those of [`Objects::read`].
    pub(crate) fn exists(&mut self, url: &str) -> Result<bool> {
        let Some((object, url)) = self.open(url)? else { return Ok(false) };
        object.other_exists(&url)
    }

    /// Returns the client for the bucket of a URL.
    fn open(&mut self, url: &str) -> Result<Option<(&Object, ObjectUrl)>> {
        let path = Path::new(url);
        let Some(url) = ObjectUrl::parse(path)? else { return Ok(None) };
        let known = self.opened.iter().position(|object| object.is_in_bucket_of(&url));
        let index = if let Some(index) = known {
            index
        } else {
            self.opened.extend(Object::find(path, self.remote, TIMEOUT)?);
            self.opened.len() - 1
        };
        Ok(self.opened.get(index).map(|object| (object, url)))
    }
}
