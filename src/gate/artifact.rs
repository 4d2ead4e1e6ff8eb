//! Requirements of a gate on the artifact of a version.

use std::str::FromStr;

use json_document::Value;

use super::judge::Gate;
use crate::artifact::State;
use crate::manifest::ModelVersion;
use crate::secret::redact;
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
        let demand = [Self::Exists, Self::Verified].into_iter().find(|d| d.as_str() == text);
        demand.ok_or("expected exists or verified")
    }
}

impl ArtifactDemand {
    /// Returns the word in a policy.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Verified => "verified",
        }
    }

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
            State::Missing => {
                Some(format!("`{}` does not exist", redact(&version.artifact_path())))
            }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::artifact::Digest;
    use crate::manifest::Manifest;

    #[test]
    fn each_state_meets_the_demands_that_it_should() {
        let text = r#"{"models": {"m": {"versions": [
            {"version": "1", "run_id": "1", "artifact_path": "a"}
        ]}}}"#;
        let manifest = Manifest::parse(text.into(), Path::new("m.json")).expect("valid");
        let version = &manifest.model("m").expect("the model").versions()[0];
        let found_digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().expect("a digest");
        let problem = || "why".to_owned();
        let changed = format!("its digest is {found_digest}");
        let no_digest = "no digest is registered";
        for (state, exists, verified, note) in [
            (State::Ok, true, true, ""),
            (State::NoDigest, true, false, no_digest),
            (State::Changed { found_digest, found_size: 1 }, true, false, &changed),
            (State::Missing, false, false, "`a` does not exist"),
            (State::NotLocal, false, false, no_digest),
            (State::NotChecked { problem: problem() }, false, false, "not checked: why"),
            (State::BadDigest { problem: problem() }, false, false, "why"),
            (State::Unreadable { problem: problem() }, false, false, "why"),
        ] {
            for (demand, met) in
                [(ArtifactDemand::Exists, exists), (ArtifactDemand::Verified, verified)]
            {
                let verdict = demand.judge(version, &state);
                let note = Some(note).filter(|_| !met);
                assert_eq!(
                    (verdict.met, verdict.note.as_deref()),
                    (met, note),
                    "{state} {demand:?}"
                );
            }
        }
    }
}
