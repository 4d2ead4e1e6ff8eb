//! Decides whether a version may enter a stage: rules and a planned move in, verdicts out.
//!
//! The manifest is mechanism, a gate is policy. A gate moves nothing and reads no file. Judge a
//! plan inside the update that applies it, so that both see the same document.

mod ast;
mod better;
mod judge;
mod parse;
mod policy;

pub use ast::Rule;
pub use better::Better;
pub use judge::{Gate, Verdict, judge};
pub use policy::Policy;
