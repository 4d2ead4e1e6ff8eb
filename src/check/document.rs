//! Checks a whole manifest.

use super::finding::{Finding, Subject};
use super::model::check_model;
use super::values::time;
use crate::manifest::{Manifest, Value};

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
    if !manifest.is_manifest() {
        let subject = Subject { model: None, version: None };
        let message = "this is not a manifest: it has no `models`".to_owned();
        findings.push(subject.problem("models", message));
    }
    for model in manifest.models() {
        check_model(model, &mut findings);
    }
    findings
}
