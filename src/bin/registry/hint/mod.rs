//! Hints for errors, with a command wherever one helps.

mod document;
mod missing;
mod refused;
mod storage;

use model_registry::Error;

use crate::context::Context;

/// Returns a hint for an error. Its commands work when pasted.
pub(crate) fn hint(error: &Error, context: &Context) -> Option<String> {
    if (context.at.is_some() || context.is_stdin()) && needs_a_change(error) {
        return None;
    }
    missing::hint(error, context)
        .or_else(|| refused::hint(error, context))
        .or_else(|| document::hint(error, context))
        .or_else(|| storage::hint(error, context))
}

/// Returns whether the hint suggests a change, which is not possible with an old revision.
fn needs_a_change(error: &Error) -> bool {
    match error {
        Error::ModelNotFound { present, .. } => present.is_empty(),
        Error::NothingInStage { .. }
        | Error::NoVersions { .. }
        | Error::BadDocument { .. }
        | Error::DanglingPointer { .. } => true,
        _ => false,
    }
}
