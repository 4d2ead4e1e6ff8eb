//! Looks at artifacts for gates, before the manifest is locked where possible.

use std::cell::RefCell;
use std::collections::HashMap;

use model_registry::artifact::State;
use model_registry::{ArtifactDemand, ModelVersion};

use crate::context::Context;

/// An artifact path, its registered digest, and the demand of the gate.
type Key = (String, Option<String>, ArtifactDemand);

/// Remembers what was found, so that a long artifact is read once, and not while others wait for
/// the lock.
pub(super) struct ArtifactGate<'c> {
    context: &'c Context,
    found: RefCell<HashMap<Key, State>>,
}

impl<'c> ArtifactGate<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context, found: RefCell::default() }
    }

    /// Returns the state of an artifact, as closely as a gate requires.
    pub(super) fn look(&self, version: &ModelVersion, demand: ArtifactDemand) -> State {
        let digest = version.get("artifact_digest").map(|digest| digest.to_string());
        let key = (version.artifact_path().into_owned(), digest, demand);
        if let Some(state) = self.found.borrow().get(&key) {
            return state.clone();
        }
        let state = match demand {
            ArtifactDemand::Verified => self.context.verify(&[version], None).pop(),
            ArtifactDemand::Exists => None,
        };
        let state = state.unwrap_or_else(|| self.context.presence(version));
        self.found.borrow_mut().insert(key, state.clone());
        state
    }
}
