//! Makes several changes in one write: operations, written as JSON lines.
//!
//! A batch is parsed whole before anything changes, and runs on one copy of the manifest. The
//! caller saves that copy only if every operation succeeded.

mod parse;
mod run;

use std::path::Path;

use serde::Serialize;

use crate::error::Result;
use crate::gate::Rule;
use crate::manifest::{Notes, Prune, Registration};
use crate::stage::Stage;

pub use run::ArtifactLookup;

/// One change of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Operation {
    /// Registers a version.
    Register {
        /// The model.
        model: String,
        /// The version.
        registration: Registration,
        /// Which digest of its artifact to compute.
        digest: DigestChoice,
    },
    /// Moves a version to a stage.
    Promote(Promotion),
    /// Returns production to an earlier version.
    Rollback {
        /// The model.
        model: String,
        /// A reference to the version to return to; `None` for the previous one.
        to: Option<String>,
        /// The version that must be in production now.
        expect_current: Option<Expected>,
        /// Who and why.
        note: Note,
    },
    /// Changes the description or the tags of a model or a version.
    Describe {
        /// The model.
        model: String,
        /// A reference to the version; `None` for the model itself.
        version: Option<String>,
        /// The changes.
        notes: Notes,
        /// Who and why.
        note: Note,
    },
    /// Retires a version, or restores it.
    Retire {
        /// The model.
        model: String,
        /// A reference to the version.
        version: String,
        /// `true` to restore the version instead of retiring it.
        undo: bool,
        /// Who and why.
        note: Note,
    },
    /// Removes versions.
    Prune {
        /// The model.
        model: String,
        /// Which versions to remove.
        prune: Prune,
        /// Who and why.
        note: Note,
    },
    /// Sets or deletes an alias.
    Alias {
        /// The model.
        model: String,
        /// The alias.
        name: String,
        /// A reference to the version; `None` deletes the alias.
        version: Option<String>,
        /// The version that the alias must name now.
        expect_current: Option<Expected>,
        /// Who and why.
        note: Note,
    },
}

/// The digests that a registration computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestChoice {
    /// Computes the digest of a local artifact that exists, and none of a URL.
    #[default]
    IfLocal,
    /// Computes the digest of a URL, too. It is an error if it cannot be computed.
    Required,
    /// Computes nothing, because no digest is stored or it is already known.
    Skipped,
}

/// The move of a version to a stage.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Promotion {
    /// The model.
    pub model: String,
    /// A reference to the version.
    pub version: String,
    /// The stage.
    pub stage: Stage,
    /// Rules that the version must meet, besides those of the policy.
    pub require: Vec<Rule>,
    /// The stage that the version must come from.
    pub from: Option<Stage>,
    /// Whether to override failed rules; needs a reason.
    pub force: bool,
    /// The version that must be current in the stage now.
    pub expect_current: Option<Expected>,
    /// Who and why.
    pub note: Note,
}

/// The version that a pointer or an alias must name; `None` for no version.
pub type Expected = Option<String>;

/// Who makes a change and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Note {
    /// Who; the caller of the batch if it is left out.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Operations to be run together.
///
/// ```
/// use model_registry::artifact::{ProjectRoot, Work};
/// use model_registry::{Batch, Manifest, ModelVersion, Policy, Provenance, Timestamp};
///
/// let lines = r#"{"op": "register", "model": "minutes", "version": "1", "artifact_path": "a"}
/// {"op": "promote", "model": "minutes", "version": "1", "stage": "prod"}
/// "#;
/// let batch = Batch::parse(lines, "-".as_ref())?;
/// let mut manifest = Manifest::default();
/// let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp");
/// let root = ProjectRoot::of("artifacts/registry/manifest.json".as_ref());
/// let lookup = |version: &ModelVersion, _| root.verify(&[version], &Work::default()).remove(0);
/// let results = batch.run(&mut manifest, &Policy::default(), &Provenance::at(now), &lookup)?;
/// assert!(results.iter().all(|result| result.changed));
/// assert_eq!(manifest.production("minutes")?.version(), "1");
/// # Ok::<(), model_registry::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The operations, each with its line number, from 1.
    operations: Vec<(usize, Operation)>,
}

impl Batch {
    /// Parses JSON lines; blank lines are skipped. `path` names the text in errors.
    ///
    /// # Errors
    /// [`Error::BadDocument`](crate::Error::BadDocument) for a line that is not a JSON object, or
    /// [`Error::AtLine`](crate::Error::AtLine) with what is wrong in it.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        parse::batch(text, path)
    }

    /// Returns the versions to register, each with its line number, so that the caller can add
    /// digests before the batch runs.
    pub fn registrations_mut(
        &mut self,
    ) -> impl Iterator<Item = (usize, &mut Registration, DigestChoice)> {
        self.operations.iter_mut().filter_map(|(line, operation)| match operation {
            Operation::Register { registration, digest, .. } => {
                Some((*line, registration, *digest))
            }
            _ => None,
        })
    }

    /// Returns the operations, each with its line number, from 1.
    pub fn operations(&self) -> &[(usize, Operation)] {
        &self.operations
    }
}

/// Outcome of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct OperationResult {
    /// The line of the operation, from 1.
    pub line: usize,
    /// The operation, such as `register`.
    pub op: &'static str,
    /// The model.
    pub model: String,
    /// The version, if the operation was about one.
    pub version: Option<String>,
    /// `false` if nothing changed.
    pub changed: bool,
    /// The version that was current, or that the alias named, before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// The versions that were removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Metrics that are stored as `null` because they are not finite.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_finite: Vec<String>,
}
