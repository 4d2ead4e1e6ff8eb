//! The conflicts of a merge and their messages.

use std::fmt;

use json_document::Raw;
use serde::Serialize;

use crate::error::{listed, named};
use crate::manifest::{Stage, Value};

/// A conflict between the two sides of a merge. The merged manifest has our side's value, unless
/// the message states otherwise.
///
/// The three values are JSON on one line; `None` stands for a missing value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Conflict {
    /// The model, or `None` for a field of the document.
    pub model: Option<String>,
    /// The version, if the conflict is about one.
    pub version: Option<String>,
    /// The field, if the conflict is about one: a metric is `metrics.NAME`, a pointer
    /// `current_prod`.
    pub field: Option<String>,
    /// Value in the common ancestor.
    pub base: Option<String>,
    /// Value of our side.
    pub ours: Option<String>,
    /// Value of their side.
    pub theirs: Option<String>,
    /// Kind of the conflict.
    pub kind: Dispute,
}

/// The kind of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispute {
    /// Both changed a field, differently.
    Field,
    /// Both changed which version is current in a stage.
    Pointer(Stage),
    /// Both moved a version, to different stages.
    Stage {
        /// Stage on our side.
        ours: Stage,
        /// Stage on their side.
        theirs: Stage,
    },
    /// One side retired a version that the other moved to a stage.
    Retired {
        /// Side that retired it.
        by: Side,
        /// Stage on the other side.
        stage: Stage,
    },
    /// One side deleted a model or a version that the other changed.
    Deleted {
        /// Side that deleted it.
        by: Side,
        /// Names of the fields that the other side changed. Empty if it only still points to the
        /// version.
        changes: Vec<String>,
        /// Whether the merged manifest contains it. Ours wins, but a version is kept while a
        /// pointer names it.
        kept: bool,
    },
}

/// A side of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The side that is merged into.
    Ours,
    /// The side that is merged.
    Theirs,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Ours => Self::Theirs,
            Self::Theirs => Self::Ours,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        })
    }
}

impl Conflict {
    /// Returns the promotion that resolves the conflict with their side's value: a version and a
    /// stage. If it returns `None`, edit the manifest instead. Our side's value is already in
    /// place.
    ///
    /// ```
    /// use model_registry::{Conflict, Stage, merge::Dispute};
    ///
    /// let conflict = Conflict {
    ///     model: Some("minutes v1".into()),
    ///     version: None,
    ///     field: Some("current_prod".into()),
    ///     base: Some("\"1\"".into()),
    ///     ours: Some("\"2\"".into()),
    ///     theirs: Some("\"3\"".into()),
    ///     kind: Dispute::Pointer(Stage::Prod),
    /// };
    /// assert_eq!(
    ///     conflict.to_string(),
    ///     "ours makes `2` the current prod version of model `minutes v1`, theirs makes it `3` \
    ///      (previously `1`); ours is kept"
    /// );
    /// assert_eq!(conflict.promotion(), Some(("3".into(), Stage::Prod)));
    /// ```
    pub fn promotion(&self) -> Option<(String, Stage)> {
        match &self.kind {
            Dispute::Pointer(stage) => match version_of(self.theirs.as_deref()) {
                Some(theirs) => Some((theirs, *stage)),
                // Theirs has no version in the stage, so ours has to leave it.
                None => Some((version_of(self.ours.as_deref())?, Stage::Dev)),
            },
            Dispute::Stage { theirs, .. } => Some((self.version.clone()?, *theirs)),
            Dispute::Field | Dispute::Retired { .. } | Dispute::Deleted { .. } => None,
        }
    }

    fn subject(&self) -> String {
        match (&self.model, &self.version) {
            (Some(model), Some(version)) => format!("version `{version}` of model `{model}`"),
            (Some(model), None) => format!("model `{model}`"),
            _ => "the manifest".to_owned(),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject();
        match &self.kind {
            Dispute::Field => {
                let field = self.field.as_deref().unwrap_or_default();
                let action = |value: &Option<String>| match value {
                    Some(value) => format!("sets it to {value}"),
                    None => "removes it".to_owned(),
                };
                let (ours, theirs) = (action(&self.ours), action(&self.theirs));
                write!(
                    formatter,
                    "both sides changed `{field}` of {subject}: ours {ours}, theirs {theirs}"
                )?;
                match &self.base {
                    Some(base) => write!(formatter, " (previously {base}); ours is kept"),
                    None => formatter.write_str("; ours is kept"),
                }
            }
            Dispute::Pointer(stage) => {
                let name = |value: &Option<String>| named(version_of(value.as_deref()).as_deref());
                write!(
                    formatter,
                    "ours makes {} the current {stage} version of {subject}, theirs makes it {} \
                     (previously {}); ours is kept",
                    name(&self.ours),
                    name(&self.theirs),
                    name(&self.base)
                )
            }
            Dispute::Stage { ours, theirs } => {
                write!(
                    formatter,
                    "ours has {subject} in {ours}, theirs has it in {theirs}; ours is kept"
                )
            }
            Dispute::Retired { by, stage } => {
                let other = by.other();
                write!(
                    formatter,
                    "{by} retired {subject}, {other} moved it to {stage}; ours is kept"
                )
            }
            Dispute::Deleted { by, changes, kept } => {
                let other = by.other();
                write!(formatter, "{by} deleted {subject}, ")?;
                if changes.is_empty() {
                    write!(formatter, "which {other} still points to")?;
                } else {
                    write!(formatter, "{other} changed it ({})", listed(changes))?;
                }
                formatter.write_str(if *kept { "; it is kept" } else { "; it stays deleted" })
            }
        }
    }
}

/// Returns the version that the JSON of a pointer names.
fn version_of(json: Option<&str>) -> Option<String> {
    match Raw::new(json?).value() {
        Value::String(name) => Some(name.into_owned()),
        _ => None,
    }
}
