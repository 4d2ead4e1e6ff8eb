//! What the check calls clean is what every command accepts.

use model_registry::check::check;
use model_registry::{Error, Manifest, Provenance, Severity, Stage, Timestamp};

use super::parse_again;

/// How many versions of a model are moved, so that a check takes no time that is seen.
const MOVES: usize = 3;

/// Every command either does its work on this manifest and leaves one that can be read, or
/// refuses; on one in which the check finds no problem, never for the sake of the manifest.
pub(crate) fn commands(manifest: &Manifest) {
    let clean = !check(manifest).iter().any(|finding| finding.severity == Severity::Problem);
    let about_the_manifest =
        |error: &Error| matches!(error, Error::BadDocument { .. } | Error::DanglingPointer { .. });
    let judge = |error: Error| {
        assert!(!(clean && about_the_manifest(&error)), "clean, and refused: {error}");
    };
    let now = Timestamp::parse("2100-01-01T00:00:00+00:00").expect("a time");
    for model in manifest.models() {
        let name = model.name();
        for stage in [Stage::Prod, Stage::Staging] {
            let _ = model.current_version(stage).map_err(judge);
            let _ = manifest.expect_current(name, stage, None).map_err(judge);
        }
        for reference in ["@prod", "@staging", "@latest"] {
            let _ = model.resolve(reference).map_err(judge);
        }
        let mut after = manifest.clone();
        match after.rollback(name, None, &Provenance::at(now)) {
            Ok(moved) => served(&after, name, &moved.version, Stage::Prod),
            Err(error) => judge(error),
        }
        for version in model.versions().iter().take(MOVES) {
            for stage in Stage::ALL {
                let mut after = manifest.clone();
                match after.promote(name, version.version(), stage, &Provenance::at(now)) {
                    Ok(moved) => served(&after, name, &moved.version, stage),
                    Err(error) => judge(error),
                }
            }
        }
    }
}

/// The version is current in the stage to which it was moved, in the text as well.
fn served(manifest: &Manifest, model: &str, version: &str, stage: Stage) {
    let again = parse_again(&manifest.to_text());
    assert_eq!(again.to_text(), manifest.to_text());
    let expected = (stage != Stage::Dev).then_some(stage);
    for manifest in [manifest, &again] {
        let model = manifest.model(model).expect("the model");
        assert_eq!(model.current_stage(version), expected, "`{version}`");
        assert_eq!(model.version(version).expect("the version").stage(), stage);
    }
}
