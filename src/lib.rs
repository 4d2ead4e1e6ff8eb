//! A model registry in one JSON file.
//!
//! The manifest contains the versions of a project's models, and records which of them are in
//! production. [`Store`] reads and changes the file and is safe to use from several processes;
//! [`Manifest`] is the content of the file. This library prints nothing and reads neither the clock
//! nor the environment: times are arguments.
//!
//! ```
//! use model_registry::{Provenance, Registration, Stage, Store, Timestamp};
//!
//! # let folder = std::env::temp_dir().join(format!("registry-doc-{}", std::process::id()));
//! let store = Store::new(folder.join("manifest.json"));
//! let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp");
//!
//! store.update(|manifest| {
//!     let trained = Registration::new("runs/20251214/model.txt")
//!         .run_id("20251214")
//!         .metric("val_mae", 3.54);
//!     manifest.register("minutes_v1_lgbm", &trained, now)?;
//!     manifest.promote("minutes_v1_lgbm", "20251214", Stage::Prod, &Provenance::at(now))
//! })?;
//!
//! let model = store.load_model("minutes_v1_lgbm")?;
//! assert_eq!(model.production()?.artifact_path(), "runs/20251214/model.txt");
//! # std::fs::remove_dir_all(folder).expect("the folder of this example");
//! # Ok::<(), model_registry::Error>(())
//! ```
//!
//! A scoring service looks up the version in production. If there is none, the service keeps the
//! model that it has.
//!
//! ```
//! use model_registry::{Error, Result, Store};
//!
//! /// Keeps the artifact path of the model in use.
//! struct Scorer {
//!     store: Store,
//!     artifact: Option<String>,
//! }
//!
//! impl Scorer {
//!     /// Looks up the version in production, and returns its artifact path if it has changed.
//!     fn refresh(&mut self) -> Result<Option<&str>> {
//!         match self.store.production("minutes_v1_lgbm") {
//!             Ok(version) if self.artifact.as_deref() == Some(&*version.artifact_path()) => Ok(None),
//!             Ok(version) => {
//!                 self.artifact = Some(version.artifact_path().into_owned());
//!                 Ok(self.artifact.as_deref())
//!             }
//!             Err(Error::NothingInStage { .. } | Error::ModelNotFound { .. }) => Ok(None),
//!             Err(error) => Err(error),
//!         }
//!     }
//! }
//!
//! # use model_registry::{Provenance, Registration, Stage, Timestamp};
//! # let folder = std::env::temp_dir().join(format!("registry-scorer-{}", std::process::id()));
//! # let store = Store::new(folder.join("manifest.json"));
//! # let now: Timestamp = "2025-12-14T06:05:21Z".parse().expect("a timestamp");
//! let mut scorer = Scorer { store: store.clone(), artifact: None };
//! assert_eq!(scorer.refresh()?, None);
//! # store.update(|manifest| {
//! #     let trained = Registration::new("runs/20251214/model.txt").version("20251214");
//! #     manifest.register("minutes_v1_lgbm", &trained, now)
//! # })?;
//! # assert_eq!(scorer.refresh()?, None);
//! store.update(|manifest| {
//!     manifest.promote("minutes_v1_lgbm", "20251214", Stage::Prod, &Provenance::at(now))
//! })?;
//! assert_eq!(scorer.refresh()?, Some("runs/20251214/model.txt"));
//! assert_eq!(scorer.refresh()?, None);
//! # std::fs::remove_dir_all(folder).expect("the folder of this example");
//! # Ok::<(), Error>(())
//! ```
//!
//! # Reading order
//!
//! A module uses only the modules above it in this list.
//!
//! 1. `stage`, `hidden`, `secret`, `verdict`, `error`: stages, characters that cannot be seen, secrets
//!    in URLs, verdicts of gates, and errors
//! 2. `manifest/fault`, `manifest/depth`: problems in a document, and the nesting of its parts
//! 3. `manifest/timestamp`, `manifest/version`, `manifest/history`: timestamps, versions and
//!    recorded changes
//! 4. `manifest/model`, `manifest`: models and the document
//! 5. `manifest/lifecycle`, `manifest/changes`: changes, and the fields that they change
//! 6. `manifest/stream`, `manifest/store`: reads one model of a large file, and reads and writes
//!    manifests
//! 7. [`artifact`]: digests of artifacts; `compare`: compares two versions
//! 8. `gate/ast`, `gate/parse`: rules and their syntax
//! 9. `gate/judge`, `gate/policy`: gates, which judge a planned move, and the policy file
//! 10. `batch`: makes several changes in one write; [`diff`]: compares two manifests
//! 11. [`merge`]: merges the changes of two sides
//! 12. [`check`]: finds problems in a manifest, and replays moves
//! 13. [`git`]: reads the manifest as of a revision, and sets up merging in a clone
//! 14. [`report`]: metrics over the versions of a model, and the HTML page

pub mod artifact;
mod batch;
pub mod check;
mod compare;
pub mod diff;
mod error;
mod gate;
pub mod git;
mod hidden;
mod manifest;
pub mod merge;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(test)]
mod schemas;
mod secret;
mod stage;
mod verdict;

pub use batch::{
    ArtifactLookup, Batch, DigestChoice, Expected, Note, Operation, OperationResult, Promotion,
};
pub use check::{Finding, Severity};
pub use compare::{Comparison, FieldComparison, MetricComparison, compare};
pub use diff::Diff;
pub use error::{DocumentErrorKind, Error, FileKind, Login, RemoteReason, Result, RollbackRefusal};
pub use gate::{ArtifactDemand, Better, Gate, Policy, PolicyChange, Rule, Verdict, judge};
pub use manifest::{
    Action, Age, AliasChange, Described, DroppedMove, Event, FieldChange, Manifest, Metric, Model,
    ModelVersion, Move, Notes, Number, ParseAgeError, ParseNumberError, ParseTimestampError,
    Preview, Provenance, Prune, Pruned, PrunedVersion, ReadMetrics, RecordedStage, Registered,
    Registration, Remote, Retired, Retirement, Revision, SkippedMetric, Store, Timestamp, Value,
    WatchedFolder, files,
};
pub use merge::{Conflict, Merged};
pub use stage::{ParseStageError, Stage};
