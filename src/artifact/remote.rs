//! Artifacts in object stores.

use sha2::{Digest as _, Sha256};

use super::digest::Digest;
use super::hash::{BUFFER, Measured, Work};
use super::pool::in_parallel;
use super::verify::State;
use crate::error::{Error, RemoteReason, Result};
use crate::manifest::{Objects, Remote};

impl Work<'_> {
    /// Computes the digest of the object at a URL while it is read; `None` if it does not exist.
    ///
    /// The object is not stored on disk, and does not have to fit into memory.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a URL that does not name an object in a store, and
    /// [`Error::Remote`], also if [`Work::remote`] was not called.
    pub fn object_digest(&self, url: &str) -> Result<Option<Measured>> {
        let remote = self.settings();
        let mut buffer = vec![0; BUFFER];
        let start = |size| self.progress.start(size);
        self.hash_object(&mut Objects::new(&remote), &mut buffer, url, &start)
    }

    /// Computes the digests of objects, several at once, as [`Work::object_digest`] does.
    pub(super) fn object_digests(&self, urls: &[&str]) -> Vec<Result<Option<Measured>>> {
        let remote = self.settings();
        let start = || (Objects::new(&remote), vec![0; BUFFER]);
        in_parallel(self.threads, urls.len(), start, |(objects, buffer), index| {
            self.hash_object(objects, buffer, urls[index], &|_| {})
        })
    }

    /// Returns whether an object exists, as a state: [`State::NoDigest`] if it does.
    pub(super) fn object_presence(&self, url: &str) -> State {
        let remote = self.settings();
        if let Some(state) = untrusted(&remote, url) {
            return state;
        }
        match Objects::new(&remote).exists(url) {
            Ok(true) => State::NoDigest,
            Ok(false) => State::Missing,
            Err(error) => failure(&error),
        }
    }

    /// Returns why an artifact URL is not followed.
    pub(super) fn refusal(&self, url: &str) -> Option<State> {
        untrusted(&self.settings(), url)
    }

    fn settings(&self) -> Remote {
        self.remote.cloned().unwrap_or_default()
    }

    fn hash_object(
        &self,
        objects: &mut Objects<'_>,
        buffer: &mut [u8],
        url: &str,
        start: &dyn Fn(u64),
    ) -> Result<Option<Measured>> {
        // After a connection that broke, the object is read again from its start.
        let mut reported = 0;
        objects.read(url, |size, body| {
            if reported == 0 {
                start(size);
            }
            let (mut hash, mut done) = (Sha256::new(), 0);
            loop {
                let read = body.read(buffer).map_err(|source| {
                    let path = url.into();
                    Error::Io { action: "read", path, source }
                })?;
                if read == 0 {
                    break;
                }
                hash.update(&buffer[..read]);
                done += read as u64;
                if done > reported {
                    self.progress.advance(done - reported);
                    reported = done;
                }
            }
            Ok(Measured { digest: Digest::new(hash.finalize().into()), size: done })
        })
    }
}

fn untrusted(remote: &Remote, url: &str) -> Option<State> {
    let server = remote.foreign_server(url)?;
    let problem = format!("the URL names the server {server}, which is not the manifest's server");
    Some(State::NotChecked { problem })
}

/// The state of an artifact that could not be read.
pub(super) fn failure(error: &Error) -> State {
    match error {
        Error::Invalid { .. } => State::NotChecked { problem: error.to_string() },
        Error::Remote { reason, problem, .. } => match reason {
            RemoteReason::NotBuilt
            | RemoteReason::NoCredentials { .. }
            | RemoteReason::CredentialsExpired { .. } => {
                State::NotChecked { problem: problem.clone() }
            }
            _ => State::Unreadable { problem: problem.clone() },
        },
        error => State::Unreadable { problem: error.to_string() },
    }
}
