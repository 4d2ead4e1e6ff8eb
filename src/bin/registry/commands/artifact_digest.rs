//! Computes the digest that a registration stores with its artifact.

use std::path::Path;

use model_registry::{DigestChoice, Error, Registration, Result};

use crate::context::Context;

/// Adds digest and size of the artifact to a registration. Returns `false` if the artifact is a
/// local file that does not exist here. That is not an error, since it may exist elsewhere.
pub(super) fn measure(
    registration: &mut Registration,
    choice: DigestChoice,
    context: &Context,
) -> Result<bool> {
    // A message about the digest would repeat what is refused, such as a secret in a URL.
    registration.validate()?;
    let path = &registration.artifact_path;
    let is_required = choice == DigestChoice::Required;
    if choice == DigestChoice::Skipped {
        return Ok(true);
    }
    let measured = match context.root().resolve(path) {
        None if !is_required => return Ok(true),
        None => context.measure_object(path),
        Some(file) => Context::measure(file),
    };
    let unreadable =
        |source| Error::ArtifactUnreadable { path: path.clone(), source: Box::new(source) };
    let measured = measured.map_err(unreadable)?;
    if measured.is_none() && is_required {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(unreadable(Error::Io { action: "read", path: path.into(), source }));
    }
    registration.artifact_digest = measured.map(|measured| measured.digest.to_string());
    registration.artifact_size = measured.map(|measured| measured.size);
    Ok(measured.is_some())
}

/// Largest number of missing artifacts that a warning names.
const NAMED: usize = 3;

/// Warns of artifacts that were registered and do not exist.
pub(super) fn warn_of_missing(paths: &[&str], context: &Context) {
    let root = context.root();
    let location = match root.folder() {
        folder if folder == Path::new(".") => String::new(),
        folder => format!(" in `{}`", folder.display()),
    };
    let named = paths.iter().take(NAMED).map(|path| format!("`{path}`"));
    let named = named.collect::<Vec<_>>().join(", ");
    let warning = match paths.len() {
        0 => return,
        1 => {
            format!(
                "the artifact {named} does not exist{location}; it is registered without a digest"
            )
        }
        count => {
            let more = if count > NAMED { ", ..." } else { "" };
            format!(
                "{count} artifacts do not exist{location}; they are registered without a digest: \
                 {named}{more}"
            )
        }
    };
    context.printer.warning(&warning);
}
