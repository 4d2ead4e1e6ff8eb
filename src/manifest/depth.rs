//! How deep each part of a manifest is nested, which its indentation follows.

/// The document.
pub(crate) const DOCUMENT: usize = 0;
/// A field of the document, such as `models`.
pub(crate) const FIELD: usize = 1;
/// A model.
pub(crate) const MODEL: usize = 2;
/// A field of a model, such as `versions` or `history`.
pub(crate) const MODEL_FIELD: usize = 3;
/// A version or an event.
pub(crate) const VERSION: usize = 4;
/// A field of a version, such as `metrics`.
pub(crate) const VERSION_FIELD: usize = 5;
