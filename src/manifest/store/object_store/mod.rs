//! The manifest as an object: read with one request, changed with two.
//!
//! There is no lock. A write is conditional on the version that was read, so of several writers
//! one wins, and the others load, change and write again.
//!
//! This folder alone uses the `object_store` crate and its asynchronous runtime, on the thread of
//! the caller.

mod body;
mod chain;
mod client;
mod credentials;
mod http;
mod pause;
mod probe;
mod refusal;
mod update;

use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use super::super::Manifest;
use super::location::ObjectUrl;
use super::remote::Remote;
use super::revision::IfChanged;
use crate::error::{Error, RemoteReason, Result};
use client::{Client, Fetched, Put, State};

/// How long a store may take to answer a request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Minimum time for a request, even with a shorter lock timeout.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(5);

/// An object in a store, which is opened when it is first used.
pub(super) struct Object {
    url: ObjectUrl,
    remote: Remote,
    timeout: Duration,
    client: OnceLock<Client>,
}

impl Object {
    /// The object that a path names; `None` if it names a file.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a URL that does not name an object.
    pub(super) fn find(path: &Path, remote: &Remote, timeout: Duration) -> Result<Option<Self>> {
        let url = ObjectUrl::parse(path)?;
        let remote = remote.clone();
        Ok(url.map(|url| Self { url, remote, timeout, client: OnceLock::new() }))
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let timeout = self.timeout.clamp(SHORTEST_TIMEOUT, TIMEOUT);
        let client = Client::open(&self.url, &self.remote, timeout)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Reads the object in one request; `None` if it is not there. `parse` may run again after a
    /// connection that broke.
    ///
    /// # Errors
    /// [`Error::Remote`], and those of `parse`.
    pub(super) fn read<R>(
        &self,
        mut parse: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<Option<R>> {
        Ok(self.client()?.read(&self.url, None, |body| parse(body))?.found())
    }

    pub(super) fn is_in_bucket_of(&self, url: &ObjectUrl) -> bool {
        self.url.is_in_bucket_of(url)
    }

    /// Reads another object of the bucket, with its size; `None` if it is not there. `read` may run
    /// again after a connection that broke.
    ///
    /// # Errors
    /// Those of [`Object::read`].
    pub(super) fn read_other<R>(
        &self,
        url: &ObjectUrl,
        mut read: impl FnMut(u64, &mut dyn Read) -> Result<R>,
    ) -> Result<Option<R>> {
        Ok(self.client()?.read(url, None, |body| read(body.size(), body))?.found())
    }

    /// Returns whether another object of the bucket exists.
    ///
    /// # Errors
    /// Those of [`Object::read`].
    pub(super) fn other_exists(&self, url: &ObjectUrl) -> Result<bool> {
        self.client()?.exists(url)
    }

    /// Reads the object unless it still has this tag; its new tag is returned beside it, and an
    /// object that is not there has none.
    ///
    /// # Errors
    /// Those of [`Object::read`].
    pub(super) fn read_if_changed<R>(
        &self,
        tag: Option<&str>,
        mut parse: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<IfChanged<R>> {
        Ok(match self.client()?.read(&self.url, tag, |body| parse(body))? {
            Fetched::Found(found, state) => {
                IfChanged::Changed(Some(found), state.tag().map(ToOwned::to_owned))
            }
            Fetched::Absent if tag.is_none() => IfChanged::Unchanged,
            Fetched::Absent => IfChanged::Changed(None, None),
            Fetched::Unchanged => IfChanged::Unchanged,
        })
    }

    /// Reads an object in the same folder.
    ///
    /// # Errors
    /// Those of [`Object::read`].
    pub(super) fn read_beside<R>(
        &self,
        name: &str,
        mut parse: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<Option<(String, R)>> {
        let url = self.url.sibling(name);
        let found = self.client()?.read(&url, None, |body| parse(body))?.found();
        Ok(found.map(|found| (url.to_string(), found)))
    }

    /// Changes the object, as [`Store::update`](super::Store::update) describes it.
    ///
    /// # Errors
    /// Those of `change`, [`Error::Remote`] and [`Error::Contended`].
    pub(super) fn update<T>(&self, change: impl FnMut(&mut Manifest) -> Result<T>) -> Result<T> {
        let object = Conditional { client: self.client()?, path: self.url.to_string() };
        update::update(&object, self.timeout, change)
    }
}

/// An object that is written only if it has not changed since it was read.
struct Conditional<'c> {
    client: &'c Client,
    path: String,
}

impl update::Object for Conditional<'_> {
    fn get(&self) -> Result<Option<(Manifest, State)>> {
        let name = Path::new(&self.path);
        let read = |body: &mut body::Body<'_>| Manifest::from_reader(body, name);
        Ok(match self.client.read(self.client.url(), None, read)? {
            Fetched::Found(manifest, state) => Some((manifest, state)),
            Fetched::Absent | Fetched::Unchanged => None,
        })
    }

    fn put(&self, manifest: &Manifest, base: Option<&State>, chain: &chain::Chain) -> Result<Put> {
        // Only a change is written, so a command that changes nothing needs no probe.
        probe::require_conditions(self.client)?;
        self.client.put(self.client.url(), manifest.to_text().into_bytes(), base, chain)
    }

    fn maybe_written(&self, problem: &str) -> Error {
        let problem = format!(
            "the store did not confirm the change, which may have been written or not: {problem}"
        );
        let problem = self.client.remote().redact(&problem);
        let (url, reason) = (self.path.clone(), RemoteReason::MaybeWritten);
        Error::Remote { action: "write", url, reason, problem }
    }

    fn throttled(&self, problem: &str) -> Error {
        let problem = self.client.remote().redact(problem);
        let (url, reason) = (self.path.clone(), RemoteReason::Unreachable);
        Error::Remote { action: "write", url, reason, problem }
    }

    fn contended(&self, attempts: u32) -> Error {
        Error::Contended { path: self.path.clone().into(), attempts }
    }
}
