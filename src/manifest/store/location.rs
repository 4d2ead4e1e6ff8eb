//! Parses the URLs of objects in object stores, and distinguishes them from file paths.

#![cfg_attr(not(feature = "remote"), allow(dead_code, reason = "only object stores read it"))]

use std::fmt;
use std::path::Path;

use crate::error::{Error, Result};

/// URL schemes of object stores, each with its protocol.
const SCHEMES: [(&str, Family); 8] = [
    ("s3", Family::S3),
    ("s3a", Family::S3),
    ("s3+http", Family::S3),
    ("s3+https", Family::S3),
    ("gs", Family::Google),
    ("az", Family::Azure),
    ("abfs", Family::Azure),
    ("abfss", Family::Azure),
];

/// Length of the longest key that S3 and Google Cloud Storage accept, in bytes.
const LONGEST_KEY: usize = 1024;

/// Protocol of an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    S3,
    Google,
    Azure,
}

/// The URL of an object in an object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectUrl {
    pub(super) family: Family,
    /// Server, if the URL names one: `http://host:port`.
    pub(super) endpoint: Option<String>,
    /// Storage account, if the URL names one (Azure).
    pub(super) account: Option<String>,
    /// Bucket or container.
    pub(super) bucket: String,
    pub(super) key: String,
    /// Part of the URL before the key.
    prefix: String,
}

impl ObjectUrl {
    /// Parses a path as a URL; returns `None` for the path of a file.
    ///
    /// The key is taken literally: `%20` is not a space.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a URL that does not name an object.
    pub(super) fn parse(path: &Path) -> Result<Option<Self>> {
        let Some((scheme, rest)) = path.to_str().and_then(split_scheme) else { return Ok(None) };
        let invalid = |problem| {
            // The message must not contain anything that could be a secret.
            let shown = rest.split_once('?').map_or(rest, |(before, _)| before);
            let host = shown.split('/').next().unwrap_or_default();
            let shown = match host.rfind('@') {
                Some(at) if scheme.starts_with("s3") || host[..at].contains(':') => {
                    &shown[at + 1..]
                }
                _ => shown,
            };
            let value = format!("{scheme}://{shown}");
            Err(Error::Invalid { field: "URL", value, problem })
        };
        let Some((_, family)) = SCHEMES.into_iter().find(|(known, _)| *known == scheme) else {
            return invalid("has an unknown scheme; use s3, gs, az or abfss");
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if rest.contains(['?', '#']) {
            return invalid("must not contain a query; credentials belong in the environment");
        }
        if rest.chars().any(char::is_control) {
            return invalid("contains a control character");
        }
        let (endpoint, account, bucket, key) = match (scheme.split_once('+'), host.split_once('@'))
        {
            (_, Some(_)) if family != Family::Azure || host.contains(':') => {
                return invalid("must not contain credentials; they belong in the environment");
            }
            (Some((_, transport)), _) => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (Some(format!("{transport}://{host}")), None, bucket, key)
            }
            (None, Some((container, server))) => {
                let account = server.split('.').next().unwrap_or_default();
                (None, Some(account.to_owned()), container, path)
            }
            (None, None) => (None, None, host, path),
        };
        if host.is_empty() || bucket.is_empty() {
            return invalid("names no bucket");
        }
        if key.is_empty() || key.ends_with('/') {
            return invalid("names a folder, not an object");
        }
        if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return invalid("has an empty part, `.` or `..` in its path");
        }
        if key.len() > LONGEST_KEY {
            return invalid("is longer than 1024 bytes");
        }
        let prefix = format!("{scheme}://{}", &rest[..rest.len() - key.len()]);
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(Some(Self { family, endpoint, account, bucket, key, prefix }))
    }

    /// Returns whether both objects are in the same bucket of the same server.
    pub(super) fn is_in_bucket_of(&self, other: &Self) -> bool {
        let bucket = |url: &Self| {
            (url.family, url.endpoint.clone(), url.account.clone(), url.bucket.clone())
        };
        bucket(self) == bucket(other)
    }

    /// Returns the URL of another object in the same folder.
    pub(super) fn sibling(&self, name: &str) -> Self {
        let folder = self.key.rfind('/').map_or("", |slash| &self.key[..=slash]);
        Self { key: format!("{folder}{name}"), ..self.clone() }
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.prefix, self.key)
    }
}

/// Returns whether a path is a URL, such as `s3://bucket/manifest.json`.
pub(super) fn is_url(path: &Path) -> bool {
    path.to_str().and_then(split_scheme).is_some()
}

/// Splits a URL into its scheme and the rest. A Windows drive letter is not a scheme.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '+';
    (scheme.len() > 1 && scheme.chars().all(valid)).then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<ObjectUrl>> {
        ObjectUrl::parse(Path::new(text))
    }

    #[test]
    fn a_url_names_a_bucket_and_a_key() {
        for (text, family, endpoint, account, bucket, key) in [
            ("s3://b/registry/m.json", Family::S3, None, None, "b", "registry/m.json"),
            (
                "s3+http://127.0.0.1:9000/b/m.json",
                Family::S3,
                Some("http://127.0.0.1:9000"),
                None,
                "b",
                "m.json",
            ),
            (
                "s3+https://minio.example/b/a/m.json",
                Family::S3,
                Some("https://minio.example"),
                None,
                "b",
                "a/m.json",
            ),
            ("gs://b/a b/é%20.json", Family::Google, None, None, "b", "a b/é%20.json"),
            ("az://container/m.json", Family::Azure, None, None, "container", "m.json"),
            (
                "abfss://c@acct.dfs.core.windows.net/m.json",
                Family::Azure,
                None,
                Some("acct"),
                "c",
                "m.json",
            ),
        ] {
            let url = parse(text).expect(text).expect(text);
            assert_eq!((url.family, url.bucket.as_str(), url.key.as_str()), (family, bucket, key));
            assert_eq!((url.endpoint.as_deref(), url.account.as_deref()), (endpoint, account));
            assert_eq!(url.to_string(), text);
            assert_eq!(
                url.sibling("policy.toml").to_string(),
                text.rsplit_once('/').expect("/").0.to_owned() + "/policy.toml"
            );
        }
    }

    #[test]
    fn a_path_is_not_a_url() {
        for text in ["manifest.json", "/a/b.json", "C:\\x://y", "-", "a b://c", "S3://b/k"] {
            assert_eq!(parse(text).expect("no URL"), None, "{text}");
        }
    }

    #[test]
    fn a_url_without_an_object_is_refused_and_no_secret_is_repeated() {
        for (text, expected) in [
            ("s3://b", "names a folder"),
            ("s3://b/", "names a folder"),
            ("s3://b/a/", "names a folder"),
            ("s3:///k", "names no bucket"),
            ("s3+http://h:1", "names no bucket"),
            ("s3://b/a//k", "empty part"),
            ("s3://b/../k", "empty part"),
            ("ftp://b/k", "unknown scheme"),
            ("https://b/k", "unknown scheme"),
            ("s3://hunter2@b/k", "credentials"),
            ("s3+http://me:hunter2@h/b/k", "credentials"),
            ("abfss://c:hunter2@a.dfs.core.windows.net/k", "credentials"),
            ("https://me:hunter2@h/b/k", "unknown scheme"),
            ("az://c/k?sig=hunter2", "query"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
    }
}
