//! Finds problems in a manifest: all of them, not only the first.
//!
//! A parsed manifest has a valid form; this module checks its content.

mod against;
mod artifacts;
mod clock;
mod explained;
mod finding;
mod model;
mod replay;
mod sound;
mod values;
mod version;

pub use against::against;
pub use artifacts::artifacts;
pub use clock::ahead;
pub use explained::explained;
pub use finding::{Finding, Severity};
pub use replay::{Strictness, replay};

use crate::manifest::{Manifest, Value};
use finding::Subject;
use model::check_model;
use values::time;

/// Finds problems in a manifest, in its order.
///
/// ```
/// use model_registry::{Manifest, check::check};
///
/// let text = r#"{"models": {"m": {"name": "m", "versions": [], "current_prod": "1"}}}"#;
/// let findings = check(&Manifest::parse(text.into(), "manifest.json".as_ref())?);
/// assert_eq!(
///     findings[0].message,
///     "the current prod version of model `m` is `1`, which does not exist"
/// );
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn check(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    match manifest.get("updated_at") {
        None | Some(Value::Null) => {}
        Some(value) if time(&value).is_some() => {}
        Some(value) => {
            let subject = Subject { model: None, version: None };
            findings.push(
                subject.problem("updated_at", format!("`updated_at` {value} is not a timestamp")),
            );
        }
    }
    for model in manifest.models() {
        check_model(model, &mut findings);
    }
    findings
}
