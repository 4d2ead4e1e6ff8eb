//! Requirements of a gate on the artifact of a version.

use std::str::FromStr;

use json_document::Value;

use super::judge::Gate;
use crate::artifact::State;
use crate::manifest::ModelVersion;
use crate::verdict::Verdict;

/// Requirement of a gate on an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactDemand {
    /// The artifact exists.
    Exists,
    /// The artifact has the registered digest.
    Verified,
}

impl FromStr for ArtifactDemand {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "exists" => Ok(Self::Exists),
            "verified" => Ok(Self::Verified),
            _ => Err("expected exists or verified"),
        }
    }
}

impl ArtifactDemand {
    /// Returns the strictest demand of some gates; `None` if they require nothing of the artifact.
    pub fn of(gates: &[Gate]) -> Option<Self> {
        gates.iter().filter_map(|gate| gate.artifact).max()
    }

    /// Judges the artifact of a version by its state.
    ///
    /// [`judge`](super::judge()) does not read files, so the caller adds this verdict to the
    /// others.
    pub fn judge(self, version: &ModelVersion, state: &State) -> Verdict {
        let met = match self {
            Self::Exists => {
                matches!(state, State::Ok | State::NoDigest | State::Changed { .. })
            }
            Self::Verified => *state == State::Ok,
        };
        let note = match state {
            _ if met => None,
            State::Missing => Some(format!("`{}` does not exist", version.artifact_path())),
            State::Changed { found_digest, .. } => Some(format!("its digest is {found_digest}")),
            State::NotChecked { problem } => Some(format!("not checked: {problem}")),
            State::NotLocal | State::NoDigest => Some("no digest is registered".to_owned()),
            state => state.problem().map(ToOwned::to_owned),
        };
        Verdict {
            rule: match self {
                Self::Exists => "the artifact exists".to_owned(),
                Self::Verified => "the artifact is verified".to_owned(),
            },
            value: Value::String(
                if met && self == Self::Exists { "exists" } else { state.word() }.into(),
            ),
            limit: Value::Null,
            met,
            note,
        }
    }
}
