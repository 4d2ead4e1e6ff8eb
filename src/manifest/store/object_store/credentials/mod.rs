//! Opens a store with the credentials that its users have.
//!
//! The `object_store` crate is given its settings here and nowhere else. They come from
//! [`Remote`], which the caller fills: this library reads no environment.

mod azure;
mod google;
mod profile;
mod s3;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::super::location::{Family, ObjectUrl};
use super::super::remote::Remote;
use super::http::Connector;
use super::refusal::innermost;
use crate::error::Login;

/// A store, and where its credentials come from.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ObjectStore>,
    /// The server and the bucket, for the memory of probes.
    pub(super) identity: String,
    /// The places that were searched for credentials before the one that is used.
    pub(super) tried: Vec<String>,
    /// Service that issues the credentials, unless they are known already.
    pub(super) source: Option<&'static str>,
    /// Where credentials can come from.
    pub(super) login: Login,
    /// The region that is assumed (S3).
    pub(super) region: Option<String>,
}

/// Why a store cannot be opened.
pub(super) struct Unusable {
    pub(super) problem: String,
    /// Where credentials can come from, if they are what is missing.
    pub(super) login: Option<Login>,
}

impl From<object_store::Error> for Unusable {
    fn from(error: object_store::Error) -> Self {
        // The crate wraps its errors; the innermost one names the cause.
        Self { problem: innermost(&error), login: None }
    }
}

/// Opens the store of an object.
pub(super) fn open(
    url: &ObjectUrl,
    remote: &Remote,
    connector: Connector,
) -> Result<Opened, Unusable> {
    match url.family {
        Family::S3 => s3::open(url, remote, connector),
        Family::Google => google::open(url, remote, connector),
        Family::Azure => azure::open(url, remote, connector),
    }
}

/// This client repeats requests itself, where that is safe.
fn no_retries() -> RetryConfig {
    let retry_timeout = std::time::Duration::ZERO;
    RetryConfig { max_retries: 0, retry_timeout, backoff: BackoffConfig::default() }
}

/// Returns the host and the port of services, from the variables with their URLs.
fn authorities_of(remote: &Remote, variables: &[&str]) -> Arc<Vec<String>> {
    let urls = variables.iter().filter_map(|name| remote.get(name));
    let authority = |url: &str| {
        let (_, rest) = url.split_once("://")?;
        rest.split(['/', '?']).next().map(ToOwned::to_owned)
    };
    Arc::new(urls.filter_map(authority).collect())
}

/// Makes sure that the URL of a server contains no secret: it is part of messages, and remembered.
fn require_plain(name: &str, endpoint: &str) -> Result<(), Unusable> {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    if host.contains('@') || endpoint.contains(['?', '#']) {
        let problem = format!("{name} must not contain credentials; set them in their variables");
        return Err(Unusable { problem, login: None });
    }
    Ok(())
}

/// Reads a file that need not exist.
#[expect(clippy::disallowed_methods, reason = "credentials can be in files")]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn home(remote: &Remote, rest: &str) -> Option<PathBuf> {
    remote.get("HOME").or_else(|| remote.get("USERPROFILE")).map(|home| Path::new(home).join(rest))
}

/// Reads the certificates to trust besides those of the system, if a variable names their file.
#[expect(clippy::disallowed_methods, reason = "certificates are in files")]
pub(super) fn authorities(remote: &Remote) -> Result<Vec<u8>, Unusable> {
    let named = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];
    let Some(path) = named.into_iter().find_map(|name| remote.get(name)) else {
        return Ok(Vec::new());
    };
    fs::read(path).map_err(|error| {
        let problem = format!("cannot read the certificates in `{path}`: {error}");
        Unusable { problem, login: None }
    })
}
