//! Settings for access to object stores, which the caller provides.

#![cfg_attr(not(feature = "remote"), allow(dead_code, reason = "only object stores read it"))]

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::location::ObjectUrl;

/// Settings for access to object stores, and a folder for cached results.
#[derive(Clone, Default)]
pub struct Remote {
    environment: HashMap<String, String>,
    cache: Option<PathBuf>,
    /// Server that the URL of the manifest names.
    server: Option<String>,
}

impl Remote {
    /// Creates settings from the environment variables of the clouds' own tools, such as
    /// `AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS` and `AZURE_STORAGE_CONNECTION_STRING`.
    #[must_use]
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let environment = environment.into_iter().filter(|(_, value)| !value.is_empty());
        Self { environment: environment.collect(), ..Self::default() }
    }

    /// Sets the folder that caches which stores support conditional writes.
    ///
    /// Without it, the first write of every process tests the store again.
    #[must_use]
    pub fn cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Allows artifact URLs to name the server that the URL of this manifest names.
    ///
    /// Requests are signed with the user's credentials, so an artifact URL such as
    /// `s3+http://server/bucket/model.bin` is not followed to any server that a manifest names.
    #[must_use]
    pub fn beside(mut self, manifest: &Path) -> Self {
        self.server = ObjectUrl::parse(manifest).ok().flatten().and_then(|url| url.endpoint);
        self
    }

    /// Returns the server that a URL names, if neither the manifest's URL nor the environment does.
    pub(crate) fn foreign_server(&self, url: &str) -> Option<String> {
        let named = ObjectUrl::parse(Path::new(url)).ok().flatten()?.endpoint?;
        let known = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].map(|name| self.get(name));
        let known = known.into_iter().chain([self.server.as_deref()]).flatten();
        let is_known = known.into_iter().any(|known| known.trim_end_matches('/') == named);
        (!is_known).then_some(named)
    }

    pub(super) fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// Returns whether a variable is set to 1 or true.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "1" | "true" | "TRUE" | "True"))
    }

    /// Returns all variables.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Removes every secret of the environment from a text.
    pub(super) fn redact(&self, text: &str) -> String {
        let secret = |name: &str| {
            // The path of a file is not a secret, and messages contain it.
            !name.ends_with("_FILE")
                && ["SECRET", "TOKEN", "KEY", "PASSWORD", "CONNECTION_STRING", "SAS"]
                    .iter()
                    .any(|word| name.contains(word))
        };
        let mut text = text.to_owned();
        for (name, value) in &self.environment {
            if !secret(name) {
                continue;
            }
            // The parts of a connection string and of a signature contain secrets.
            let parts =
                value.split([';', '&', '?']).filter_map(|part| Some(part.split_once('=')?.1));
            for secret in parts.chain([value.as_str()]).filter(|part| part.len() >= 8) {
                text = text.replace(secret, "[redacted]");
            }
        }
        text
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of variables are secrets.
        formatter.debug_struct("Remote").field("cache", &self.cache).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let pairs = [("AWS_SECRET_ACCESS_KEY", "hunter2hunter2"), ("AWS_REGION", "eu-west-1")];
        let remote = Remote::new(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert!(!format!("{remote:?}").contains("hunter2"));
        assert_eq!(remote.redact("key hunter2hunter2 in eu-west-1"), "key [redacted] in eu-west-1");
    }
}
