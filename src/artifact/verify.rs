//! Compares artifacts with what was registered.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use serde::Serialize;

use super::digest::{Digest, ParseDigestError};
use super::hash::{Measured, Work};
use super::remote::failure;
use super::root::ProjectRoot;
use super::tree;
use crate::error::{Error, Result};
use crate::manifest::{ModelVersion, Value};
use crate::secret::redact;

/// How an artifact compares with what was registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The digest is the registered one.
    Ok,
    /// The artifact exists and is not what was registered.
    Changed {
        /// The digest that it has now.
        found_digest: Digest,
        /// The size that it has now, in bytes.
        found_size: u64,
    },
    /// Nothing is at the path.
    Missing,
    /// The artifact exists, and no digest is registered.
    NoDigest,
    /// The path is a URL, and no digest is registered.
    NotLocal,
    /// The path is a URL that cannot be read here: this build does not include object stores, there
    /// are no credentials, or the URL does not name an object in a store.
    NotChecked {
        /// Why not.
        problem: String,
    },
    /// The registered digest cannot be used.
    BadDigest {
        /// Why it cannot be used.
        problem: String,
    },
    /// The artifact cannot be read.
    Unreadable {
        /// Why not.
        problem: String,
    },
}

impl State {
    /// Returns whether the artifact differs from what was registered, or could not be compared.
    pub const fn is_failure(&self) -> bool {
        !matches!(self, Self::Ok | Self::NoDigest | Self::NotLocal)
    }

    /// Returns the state as one or two words: `ok`, `changed`, `missing`, `no digest`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed { .. } => "changed",
            Self::Missing => "missing",
            Self::NoDigest => "no digest",
            Self::NotLocal => "not local",
            Self::NotChecked { .. } => "not checked",
            Self::BadDigest { .. } => "bad digest",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// Returns why an artifact could not be compared.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::BadDigest { problem }
            | Self::NotChecked { problem }
            | Self::Unreadable { problem } => Some(problem),
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

impl ModelVersion {
    /// Returns the registered digest of the artifact; `None` if there is none.
    ///
    /// # Errors
    /// [`ParseDigestError`] for a value that is not a SHA-256 digest.
    pub fn artifact_digest(&self) -> Result<Option<Digest>, ParseDigestError> {
        match self.get("artifact_digest") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some),
            Some(_) => Err(ParseDigestError::Malformed),
        }
    }

    /// Returns the registered size of the artifact in bytes.
    pub fn artifact_size(&self) -> Option<u64> {
        match self.get("artifact_size") {
            Some(Value::Number(number)) => number.text().parse().ok(),
            _ => None,
        }
    }
}

impl ProjectRoot {
    /// Compares the artifacts of versions with what was registered. A path that several versions
    /// name is read once. One that is a URL is read if a digest is registered, with the settings of
    /// [`Work::remote`].
    pub fn verify(&self, versions: &[&ModelVersion], work: &Work<'_>) -> Vec<State> {
        let (mut paths, mut urls) = (Distinct::default(), Distinct::default());
        // The registered sizes of the objects together, in bytes.
        let mut size = 0_u64;
        let plans: Vec<_> = versions
            .iter()
            .map(|version| match version.artifact_digest() {
                Err(error) => Err(State::BadDigest { problem: error.to_string() }),
                Ok(None) => Err(self.presence(version)),
                Ok(Some(digest)) => {
                    let artifact_path = version.artifact_path();
                    let Some(path) = self.resolve(&artifact_path) else {
                        if let Some(refusal) = work.refusal(&artifact_path) {
                            return Err(refusal);
                        }
                        let place = urls.add(artifact_path.into_owned());
                        if place.is_new {
                            size = size.saturating_add(version.artifact_size().unwrap_or(0));
                        }
                        return Ok((Place::Object(place.index), digest));
                    };
                    Ok((Place::File(paths.add(path).index), digest))
                }
            })
            .collect();
        let found = work.digests_with(&paths.items, size);
        let urls: Vec<_> = urls.items.iter().map(String::as_str).collect();
        let found_objects = work.object_digests(&urls);
        let state = |plan| match plan {
            Ok((Place::File(place), digest)) => compare(digest, found.get(place)),
            Ok((Place::Object(place), digest)) => compare(digest, found_objects.get(place)),
            Err(state) => state,
        };
        plans.into_iter().map(state).collect()
    }

    /// Returns whether an artifact exists: [`State::NoDigest`], [`State::Missing`],
    /// [`State::NotLocal`] or [`State::Unreadable`]. Its content is not read, and for a URL, no
    /// request is sent.
    pub fn presence(&self, version: &ModelVersion) -> State {
        let Some(path) = self.resolve(&version.artifact_path()) else { return State::NotLocal };
        match tree::look(&path) {
            Ok(_) => State::NoDigest,
            Err(error) if tree::is_missing(&error) => State::Missing,
            Err(error) => {
                State::Unreadable { problem: tree::cannot_read(&path, error).to_string() }
            }
        }
    }

    /// Returns whether an artifact exists, like [`ProjectRoot::presence`], and asks the object
    /// store if its path is a URL. That can also be [`State::NotChecked`].
    pub fn presence_anywhere(&self, version: &ModelVersion, work: &Work<'_>) -> State {
        match self.presence(version) {
            State::NotLocal => work.object_presence(&version.artifact_path()),
            state => state,
        }
    }
}

/// Index of an artifact among the files or the objects to be hashed.
enum Place {
    File(usize),
    Object(usize),
}

/// Values in the order in which they were first added, each once.
struct Distinct<T> {
    items: Vec<T>,
    places: HashMap<T, usize>,
}

/// The index of a value, and whether it was added just now.
struct Added {
    index: usize,
    is_new: bool,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    fn add(&mut self, item: T) -> Added {
        let next = self.items.len();
        let index = *self.places.entry(item).or_insert_with_key(|item| {
            self.items.push(item.clone());
            next
        });
        Added { index, is_new: index == next }
    }
}

fn compare(registered: Digest, found: Option<&Result<Option<Measured>, Error>>) -> State {
    match found {
        Some(Ok(Some(found))) if found.digest == registered => State::Ok,
        Some(Ok(Some(found))) => {
            State::Changed { found_digest: found.digest, found_size: found.size }
        }
        Some(Ok(None)) | None => State::Missing,
        Some(Err(error @ (Error::Remote { .. } | Error::Invalid { .. }))) => failure(error),
        Some(Err(error)) => State::Unreadable { problem: error.to_string() },
    }
}

impl State {
    /// Returns an error unless the artifact is what was registered.
    ///
    /// # Errors
    /// [`Error::ArtifactChanged`], [`Error::ArtifactMissing`] or [`Error::ArtifactNotVerified`].
    pub fn require_ok(&self, model: &str, version: &ModelVersion) -> Result<()> {
        let (model, path) = (model.to_owned(), redact(&version.artifact_path()).into_owned());
        let registered = version.string("artifact_digest").unwrap_or_default().into_owned();
        let version = version.version().to_owned();
        let problem = match self {
            Self::Ok => return Ok(()),
            Self::Changed { found_digest, .. } => {
                let found = found_digest.to_string();
                return Err(Error::ArtifactChanged { model, version, path, registered, found });
            }
            Self::Missing => return Err(Error::ArtifactMissing { model, version, path }),
            Self::NoDigest => "no digest is registered".to_owned(),
            Self::NotLocal => "it is a URL, and no digest is registered".to_owned(),
            Self::NotChecked { problem } => format!("it was not checked: {problem}"),
            Self::BadDigest { problem } => format!("`artifact_digest` {problem}"),
            Self::Unreadable { problem } => problem.clone(),
        };
        Err(Error::ArtifactNotVerified { model, version, path, problem })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::artifact::Progress;
    use crate::manifest::Manifest;

    /// A model with one version for each set of fields, all with the path `Cargo.toml`.
    fn manifest(fields: &[&str]) -> Manifest {
        let version = |(index, fields): (usize, &&str)| {
            format!(
                r#"{{"version": "{index}", "run_id": "{index}", "artifact_path": "Cargo.toml"{fields}}}"#
            )
        };
        let versions: Vec<_> = fields.iter().enumerate().map(version).collect();
        let text = format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(","));
        Manifest::parse(text, Path::new("m.json")).expect("valid")
    }

    #[test]
    fn a_size_is_a_whole_number_of_bytes() {
        let manifest = manifest(&[
            r#", "artifact_size": 7, "artifact_digest": null"#,
            r#", "artifact_size": -7"#,
            r#", "artifact_size": 7.5"#,
            r#", "artifact_size": "7""#,
        ]);
        let versions = manifest.model("m").expect("the model").versions();
        let sizes: Vec<_> = versions.iter().map(ModelVersion::artifact_size).collect();
        assert_eq!(sizes, [Some(7), None, None, None]);
        // `null` counts as no digest.
        assert_eq!(versions[0].artifact_digest(), Ok(None));
        let states = ProjectRoot::of(Path::new("m.json")).verify(&[&versions[0]], &Work::default());
        assert_eq!(states, [State::NoDigest]);
    }

    /// The bytes to hash.
    #[derive(Default)]
    struct Bytes(Mutex<u64>);

    impl Progress for Bytes {
        fn start(&self, bytes: u64) {
            *self.0.lock().expect("a lock") += bytes;
        }

        fn advance(&self, _: u64) {}
    }

    #[test]
    fn a_file_that_several_versions_name_is_read_once() {
        let digest = format!(r#", "artifact_digest": "sha256:{}""#, "0".repeat(64));
        let manifest = manifest(&[&digest, &digest, ""]);
        let versions: Vec<_> = manifest.model("m").expect("the model").versions().iter().collect();
        let bytes = Bytes::default();
        let root = ProjectRoot::of(Path::new("m.json"));
        let states = root.verify(&versions, &Work::default().progress(&bytes));
        assert_eq!(states[0], states[1]);
        let State::Changed { found_size, .. } = states[0] else { panic!("{states:?}") };
        assert_eq!(*bytes.0.lock().expect("a lock"), found_size);
    }
}
