//! Reads texts other than the manifest, such as a policy, from files or objects.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::object_store::Object;
use super::read::read_all;
use super::{Store, file, files};
use crate::error::{Error, Result};

impl Store {
    /// Reads a text from a path or a URL, such as a policy.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`](crate::files::read_text), and [`Error::Remote`].
    pub fn read_named(&self, path: &Path) -> Result<String> {
        self.read_other(path, files::read_text, |body| read_all(body, path))
    }

    /// Reads a text of at most a megabyte from a path or a URL, such as a policy.
    ///
    /// # Errors
    ///
    /// Those of [`Store::read_named`], and [`Error::BadDocument`] for a larger text, which is not
    /// read to its end.
    pub fn read_small(&self, path: &Path) -> Result<String> {
        self.read_other(path, files::read_small_text, |body| files::read_small(body, path))
    }

    fn read_other(
        &self,
        path: &Path,
        read_file: fn(&Path) -> Result<String>,
        read_object: impl FnMut(&mut dyn Read) -> Result<String>,
    ) -> Result<String> {
        let Some(object) = Object::find(path, &self.remote, self.lock_timeout)? else {
            return read_file(path);
        };
        object.read(read_object)?.ok_or_else(|| Error::Io {
            action: "read",
            path: path.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })
    }

    /// Reads a text file of at most a megabyte beside the manifest, such as its policy.
    ///
    /// Returns `None` if nothing has this name. If the manifest is a link, the file is searched
    /// beside the link first, then beside its target.
    ///
    /// # Errors
    ///
    /// Those of [`Store::read_small`]. A dangling link is [`Error::Io`].
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads files")]
    pub fn read_beside(&self, name: &str) -> Result<Option<(PathBuf, String)>> {
        if let Some(object) = self.object()? {
            let found =
                object.read_beside(name, |body| files::read_small(body, Path::new(name)))?;
            return Ok(found.map(|(url, text)| (PathBuf::from(url), text)));
        }
        for manifest in [self.path.clone(), file::target(&self.path)?] {
            let path = manifest.with_file_name(name);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::Io { action: "read", path, source }),
                Ok(_) => {
                    let text = files::read_small_text(&path)?;
                    return Ok(Some((path, text)));
                }
            }
        }
        Ok(None)
    }
}
