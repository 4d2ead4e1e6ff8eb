//! A model registry in one JSON file.
//!
//! The manifest holds the versions of a project's models and says which of them is in production.
//! [`Store`] reads and changes the file, safely beside other processes; [`Manifest`] is what the
//! file says. This library prints nothing and reads neither the clock nor the environment: time
//! is an argument.
//!
//! ```
//! use model_registry::{Provenance, Registration, Stage, Store, Timestamp};
//!
//! # let folder = std::env::temp_dir().join(format!("registry-doc-{}", std::process::id()));
//! let store = Store::new(folder.join("manifest.json"));
//! let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a time");
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
//! A service that scores looks up what is in production. Nothing there is not a failure: the
//! service keeps the model that it has.
//!
//! ```
//! use model_registry::{Error, Result, Store};
//!
//! /// Keeps the path of the model that a service scores with.
//! struct Scorer {
//!     store: Store,
//!     artifact: Option<String>,
//! }
//!
//! impl Scorer {
//!     /// Looks for another model in production, and returns its path if there is one.
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
//! A file uses only what stands above it in this list.
//!
//! 1. `stage`, `error`: the stages, and what can go wrong
//! 2. `manifest/fault`, `manifest/depth`: what is wrong with a manifest, how deep its parts are nested
//! 3. `manifest/timestamp`, `manifest/version`, `manifest/history`: points in time, a version, the
//!    moves on record
//! 4. `manifest/model`, `manifest`: a model, and the document
//! 5. `manifest/lifecycle`, `manifest/changes`: every change, and what it changes
//! 6. `manifest/stream`, `manifest/store`: one model out of a large file, and every byte on disk
//! 7. `compare`: how two versions differ
//! 8. `gate/ast`, `gate/parse`: rules, and how they are written
//! 9. `gate/judge`, `gate/policy`: gates, which judge a planned move, and the policy file
//! 10. [`diff`]: how two manifests differ
//! 11. [`check`]: what is wrong with one
//! 12. [`merge`]: what two sides made of one
//! 13. [`git`]: the manifest as of a revision, and what a clone needs for its merges
//! 14. [`report`]: a metric over the versions of a model

mod batch;
pub mod check;
mod compare;
pub mod diff;
mod error;
mod gate;
pub mod git;
mod manifest;
pub mod merge;
#[cfg(feature = "cli")]
pub mod report;
mod stage;

pub use batch::{Batch, Expected, Note, Operation, OperationResult, Promotion};
pub use check::{Finding, Severity};
pub use compare::{Comparison, FieldComparison, MetricComparison, compare};
pub use diff::Diff;
pub use error::{DocumentErrorKind, Error, FileKind, Login, RemoteReason, Result, RollbackRefusal};
pub use gate::{Better, Gate, Policy, Rule, Verdict, judge};
pub use manifest::{
    Action, AliasChange, Described, Event, FieldChange, Manifest, Metric, Model, ModelVersion,
    Move, Notes, Number, ParseNumberError, ParseTimestampError, Preview, Provenance, ReadMetrics,
    RecordedStage, Registered, Registration, Remote, Revision, SkippedMetric, Store, Timestamp,
    Value, files,
};
pub use merge::{Conflict, Merged};
pub use stage::{ParseStageError, Stage};
