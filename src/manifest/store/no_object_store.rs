//! Replaces object stores in a build without them: a URL is an error.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::super::Manifest;
use super::location::ObjectUrl;
use super::remote::Remote;
use super::revision::IfChanged;
use crate::error::{Error, RemoteReason, Result};

/// An object in a store, which this build never has.
pub(super) enum Object {}

impl Object {
    pub(super) fn find(path: &Path, _: &Remote, _: Duration) -> Result<Option<Self>> {
        let Some(url) = ObjectUrl::parse(path)? else { return Ok(None) };
        let (url, reason) = (url.to_string(), RemoteReason::NotBuilt);
        let problem = "this build does not include object stores".to_owned();
        Err(Error::Remote { action: "open", url, reason, problem })
    }

    pub(super) fn read<R>(&self, _: impl FnMut(&mut dyn Read) -> Result<R>) -> Result<Option<R>> {
        match *self {}
    }

    pub(super) fn read_if_changed<R>(
        &self,
        _: Option<&str>,
        _: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<IfChanged<R>> {
        match *self {}
    }

    pub(super) fn is_in_bucket_of(&self, _: &ObjectUrl) -> bool {
        match *self {}
    }

    pub(super) fn read_other<R>(
        &self,
        _: &ObjectUrl,
        _: impl FnMut(u64, &mut dyn Read) -> Result<R>,
    ) -> Result<Option<R>> {
        match *self {}
    }

    pub(super) fn other_exists(&self, _: &ObjectUrl) -> Result<bool> {
        match *self {}
    }

    pub(super) fn read_beside<R>(
        &self,
        _: &str,
        _: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<Option<(String, R)>> {
        match *self {}
    }

    pub(super) fn update<T>(&self, _: impl FnMut(&mut Manifest) -> Result<T>) -> Result<T> {
        match *self {}
    }
}
