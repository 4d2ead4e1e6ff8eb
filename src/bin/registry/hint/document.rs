//! Hints for a manifest that is not valid.

use model_registry::{DocumentErrorKind, Error};

use crate::context::Context;
use crate::output;

/// Returns a hint for a manifest that is not valid.
pub(super) fn hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::BadDocument { reason: DocumentErrorKind::MergeConflict, .. } => {
            format!("choose a side: {}", context.command("resolve", &["--ours"], &[]))
        }
        Error::BadDocument { reason: DocumentErrorKind::NewerSchema, .. } => {
            "install a newer version of this program".into()
        }
        Error::BadDocument { reason: DocumentErrorKind::NotAManifest, .. } => {
            "name the manifest with -m: registry list -m artifacts/registry/manifest.json".into()
        }
        Error::BadDocument { path, .. } if *path == context.manifest() => {
            let path = output::shell_word(&path.to_string_lossy());
            format!("restore the last committed manifest: git checkout -- {path}")
        }
        Error::DanglingPointer { model, stage, .. } => format!(
            "promote an existing version: {}",
            context.promote_command(model, "@latest", *stage)
        ),
        Error::DanglingAlias { model, alias, .. } => format!(
            "point it to an existing version: {}",
            context.command("alias", &[], &[model, alias, "@latest"])
        ),
        _ => return None,
    })
}
