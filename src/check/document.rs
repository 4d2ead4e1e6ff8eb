//! Checks a whole manifest.

use super::clock::Limit;
use super::finding::{Finding, Subject};
use super::model::check_model;
use super::names::check_names_of_models;
use super::values::time;
use crate::manifest::{Manifest, Timestamp, Value};

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
    check_up_to(Limit::NONE, manifest)
}

/// Finds what [`check`] finds, and warns of times that are more than a day ahead of `now`, such as
/// those that a machine with a wrong clock wrote.
///
/// ```
/// use model_registry::{Manifest, Timestamp, check::check_at};
///
/// let text = r#"{"models": {"m": {"name": "m", "versions": [{"version": "1", "run_id": "1",
///     "artifact_path": "p", "created_at": "2099-01-01T00:00:00.000000+00:00"}]}}}"#;
/// let now: Timestamp = "2025-12-06T06:00:40Z".parse()?;
/// let findings = check_at(now, &text.parse::<Manifest>()?);
/// assert!(findings[0].message.ends_with("which is in the future"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_at(now: Timestamp, manifest: &Manifest) -> Vec<Finding> {
    check_up_to(Limit::at(now), manifest)
}

fn check_up_to(limit: Limit, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    match manifest.get("updated_at") {
        None | Some(Value::Null) => {}
        Some(value) if time(&value).is_some() => {}
        Some(value) => {
            let message = format!("`updated_at` {value} is not a timestamp");
            findings.push(Subject::DOCUMENT.problem("updated_at", message));
        }
    }
    if !manifest.is_manifest() {
        let message = "this is not a manifest: it has no `models`".to_owned();
        findings.push(Subject::DOCUMENT.problem("models", message));
    }
    check_names_of_models(manifest, &mut findings);
    for model in manifest.models() {
        check_model(model, limit, &mut findings);
    }
    findings
}
