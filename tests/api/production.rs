//! The version in production, which is found without reading the other versions.

use model_registry::{Error, Store};

/// Only the names of versions that are not in production are read, and a name that is there twice
/// makes it unclear which of them is meant.
#[test]
fn a_duplicate_version_that_is_not_in_production_is_an_error() {
    let version = |name: &str, stage: &str| {
        format!(
            r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p", "stage": "{stage}"}}"#
        )
    };
    let file = std::env::temp_dir().join(format!("registry-twice-{}.json", std::process::id()));
    for (twice, is_sound) in [("2", true), ("3", false)] {
        let versions = [version("1", "prod"), version("3", "dev"), version(twice, "dev")].join(",");
        let text =
            format!(r#"{{"models": {{"m": {{"versions": [{versions}], "current_prod": "1"}}}}}}"#);
        std::fs::write(&file, text).expect("a file");
        let found = Store::new(&file).production("m");
        match found {
            Ok(version) => assert!(is_sound && version.version() == "1"),
            Err(error) => {
                assert!(!is_sound && matches!(error, Error::BadDocument { .. }), "{error}");
            }
        }
    }
    std::fs::remove_file(&file).expect("the file of this test");
}
