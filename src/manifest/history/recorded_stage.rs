//! A stage as an event records it.

use std::fmt;

use serde::Serialize;

use crate::stage::Stage;

/// A stage in an event. A text from another tool that is not a stage is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RecordedStage {
    /// A stage.
    Stage(Stage),
    /// A text that is not a stage.
    Other(String),
}

impl RecordedStage {
    /// Returns the text in the manifest.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stage(stage) => stage.as_str(),
            Self::Other(text) => text,
        }
    }

    pub(super) const fn stage(&self) -> Option<Stage> {
        match self {
            Self::Stage(stage) => Some(*stage),
            Self::Other(_) => None,
        }
    }
}

impl From<Stage> for RecordedStage {
    fn from(stage: Stage) -> Self {
        Self::Stage(stage)
    }
}

impl From<String> for RecordedStage {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Other(text), Self::Stage)
    }
}

impl PartialEq<Stage> for RecordedStage {
    fn eq(&self, stage: &Stage) -> bool {
        matches!(self, Self::Stage(own) if own == stage)
    }
}

impl fmt::Display for RecordedStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for RecordedStage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
