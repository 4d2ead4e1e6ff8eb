//! Decides whether a version may enter a stage.
//!
//! A gate does not move versions or read files. Judge a plan inside the update that applies it, so
//! that both see the same document.

mod artifact;
mod ast;
mod better;
mod changes;
mod judge;
mod parse;
mod policy;

pub use artifact::ArtifactDemand;
pub use ast::Rule;
pub use better::Better;
pub use changes::PolicyChange;
pub use judge::{Gate, judge};
#[cfg(test)]
pub(crate) use policy::Document;
pub use policy::Policy;

pub use crate::verdict::Verdict;
