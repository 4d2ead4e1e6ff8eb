//! Nesting depth of each part of a manifest, which determines its indentation.

/// Depth of the document.
pub(crate) const DOCUMENT: usize = 0;
/// Depth of a field of the document, such as `models`.
pub(crate) const FIELD: usize = 1;
/// Depth of a model.
pub(crate) const MODEL: usize = 2;
/// Depth of a field of a model, such as `versions` or `history`.
pub(crate) const MODEL_FIELD: usize = 3;
/// Depth of a version or an event.
pub(crate) const VERSION: usize = 4;
/// Depth of a field of a version, such as `metrics`.
pub(crate) const VERSION_FIELD: usize = 5;
