//! The findings of a check.

use std::fmt;

use serde::Serialize;

use crate::gate::Verdict;
use crate::manifest::{Model, ModelVersion};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The manifest can be used as it is, but someone should look at it.
    Warning,
    /// The content cannot be right, or published content has changed.
    Problem,
}

/// A problem in a manifest, or a value that someone should look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// Severity of the finding.
    pub severity: Severity,
    /// The model, or `None` for the document.
    pub model: Option<String>,
    /// The version, if the finding is about one.
    pub version: Option<String>,
    /// The field, if the finding is about one; a metric is `metrics.NAME`.
    pub field: Option<String>,
    /// Description of the problem, with the model and the version.
    pub message: String,
    /// The rules by which a move was judged, if the finding is about a move.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
}

impl Finding {
    /// Creates a finding about the file as a whole.
    pub const fn new(severity: Severity, message: String) -> Self {
        let (model, version, field) = (None, None, None);
        Self { severity, model, version, field, message, verdicts: Vec::new() }
    }
}

/// The subject of a finding.
#[derive(Clone, Copy)]
pub(super) struct Subject<'m> {
    pub(super) model: Option<&'m str>,
    pub(super) version: Option<&'m str>,
}

impl<'m> Subject<'m> {
    pub(super) const DOCUMENT: Self = Self { model: None, version: None };

    pub(super) const fn model(name: &'m str) -> Self {
        Self { model: Some(name), version: None }
    }

    pub(super) const fn version(model: &'m str, version: &'m str) -> Self {
        Self { model: Some(model), version: Some(version) }
    }

    pub(super) fn of(model: &'m Model, version: &'m ModelVersion) -> Self {
        Self::version(model.name(), version.version())
    }

    pub(super) fn finding(self, field: Option<String>, message: String) -> Finding {
        let (model, version) = (self.model.map(Into::into), self.version.map(Into::into));
        let verdicts = Vec::new();
        Finding { severity: Severity::Problem, model, version, field, message, verdicts }
    }

    pub(super) fn problem(self, field: &str, message: String) -> Finding {
        self.finding(Some(field.to_owned()), message)
    }

    pub(super) fn warning(self, field: &str, message: String) -> Finding {
        Finding { severity: Severity::Warning, ..self.problem(field, message) }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.model, self.version) {
            (Some(model), Some(version)) => {
                write!(formatter, "version `{version}` of model `{model}`")
            }
            (Some(model), None) => write!(formatter, "model `{model}`"),
            _ => formatter.write_str("the manifest"),
        }
    }
}
