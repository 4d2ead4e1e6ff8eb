//! What holds for any text that is read as a policy file.

use std::path::Path;

use model_registry::{Policy, Stage};

use super::{problem, rule};

/// A policy is refused with a place that is in the text, or every rule that it names is one.
pub(crate) fn policy(text: &str) {
    match Policy::parse(text, Path::new("policy.toml")) {
        Ok(policy) => {
            for model in ["m", "a.b", ""] {
                for stage in Stage::ALL {
                    let gate = policy.gate(model, stage);
                    gate.require.iter().for_each(|demand| rule(&demand.to_string()));
                }
            }
        }
        Err(error) => {
            assert!(!problem(&error, text).is_empty());
        }
    }
}
