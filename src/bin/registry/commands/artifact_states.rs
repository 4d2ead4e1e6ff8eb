//! States of artifacts, for the gates that require something of an artifact.

use std::cell::RefCell;
use std::collections::HashMap;

use model_registry::artifact::State;
use model_registry::{ArtifactDemand, ModelVersion};

use crate::context::Context;

/// An artifact path, its registered digest, and what the gate requires.
type Key = (String, Option<String>, ArtifactDemand);

/// Determines states and remembers them, so that a large artifact is read once, and not while
/// others wait for the lock.
pub(super) struct ArtifactStates<'c> {
    context: &'c Context,
    states: RefCell<HashMap<Key, State>>,
}

impl<'c> ArtifactStates<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context, states: RefCell::default() }
    }

    /// Returns the state of a version's artifact, as precisely as a gate requires.
    pub(super) fn get(&self, version: &ModelVersion, demand: ArtifactDemand) -> State {
        let digest = version.get("artifact_digest").map(|digest| digest.to_string());
        let key = (version.artifact_path().into_owned(), digest, demand);
        if let Some(state) = self.states.borrow().get(&key) {
            return state.clone();
        }
        let state = match demand {
            ArtifactDemand::Verified => self.context.verify(&[version], None).pop(),
            ArtifactDemand::Exists => None,
        };
        let state = state.unwrap_or_else(|| self.context.presence(version));
        self.states.borrow_mut().insert(key, state.clone());
        state
    }
}
