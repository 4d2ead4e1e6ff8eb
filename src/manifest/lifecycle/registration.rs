//! The result of a training run, to register as a version.

use json_document::Number;

use super::super::timestamp::Timestamp;
use super::super::valid;
use crate::error::Result;

/// A metric of a training run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Metric {
    /// Name of the metric.
    pub name: String,
    /// Value, or `None` if it is unknown or was not finite.
    pub value: Option<Number<'static>>,
}

impl Metric {
    /// Creates a metric with a value.
    pub fn new(name: impl Into<String>, value: impl Into<Number<'static>>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }
}

/// The result of a training run, to register as a version.
///
/// ```
/// use model_registry::Registration;
///
/// let trained = Registration::new("runs/20251214/model.txt")
///     .run_id("20251214")
///     .metric("val_mae", 3.54);
/// assert_eq!(trained.metrics[0].name, "val_mae");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Registration {
    /// Name of the version. The default is the run id, or the time: `20241204T220000Z`.
    pub version: Option<String>,
    /// Id of the training run. The default is the name of the version.
    pub run_id: Option<String>,
    /// Path or URL of the trained model.
    pub artifact_path: String,
    /// First day of the training window.
    pub training_start: Option<String>,
    /// Last day of the training window.
    pub training_end: Option<String>,
    /// Version of the feature schema.
    pub feature_schema_version: Option<String>,
    /// Hash of the features.
    pub feature_hash: Option<String>,
    /// Metrics, in the order to store them in.
    pub metrics: Vec<Metric>,
    /// Description.
    pub description: String,
    /// Tags, each with its value.
    pub tags: Vec<(String, String)>,
    /// Digest of the artifact: `sha256:` and 64 hexadecimal digits.
    pub artifact_digest: Option<String>,
    /// Size of the artifact in bytes.
    pub artifact_size: Option<u64>,
    /// Time of the training, for runs that are imported; the time of the registration if it is
    /// left out.
    pub created_at: Option<Timestamp>,
}

impl Registration {
    /// Creates a registration of the artifact at a path or a URL. The other fields are empty and
    /// can be set.
    pub fn new(artifact_path: impl Into<String>) -> Self {
        Self {
            version: None,
            run_id: None,
            artifact_path: artifact_path.into(),
            training_start: None,
            training_end: None,
            feature_schema_version: None,
            feature_hash: None,
            metrics: Vec::new(),
            description: String::new(),
            tags: Vec::new(),
            artifact_digest: None,
            artifact_size: None,
            created_at: None,
        }
    }

    /// Sets the name of the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the id of the training run.
    #[must_use]
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// Adds a metric.
    #[must_use]
    pub fn metric(mut self, name: impl Into<String>, value: impl Into<Number<'static>>) -> Self {
        self.metrics.push(Metric::new(name, value));
        self
    }

    /// Makes sure that the values can be registered, as far as that does not depend on the manifest.
    ///
    /// A URL with a secret is refused: a presigned URL, one with a shared access signature, or one
    /// with a password. The manifest is shared, and its URLs should open longer than a signature.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) for an unsafe path or tag, a training date that is
    /// not a date, or a training window that ends before it starts. The value in it does not contain
    /// the secret.
    pub fn validate(&self) -> Result<()> {
        valid::artifact_path(&self.artifact_path)?;
        for (name, _) in &self.tags {
            valid::name("tag", name)?;
        }
        valid::date("training start", self.training_start.as_deref())?;
        valid::date("training end", self.training_end.as_deref())?;
        valid::window(self.training_start.as_deref(), self.training_end.as_deref())
    }
}
