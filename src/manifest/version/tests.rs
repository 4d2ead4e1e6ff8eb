use json_document::decode;

use super::*;

fn read(text: &str) -> Result<ModelVersion, Fault> {
    ModelVersion::from_text(&text.into())
}

#[test]
fn missing_fields_have_defaults() {
    let version =
        read(r#"{"version": "1", "run_id": "r", "artifact_path": "p"}"#).expect("complete");
    assert_eq!((version.stage(), &*version.description()), (Stage::Dev, ""));
    assert!(version.metrics().is_empty() && version.created_at().is_none());
    let names: Vec<_> = version.fields().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, FIELDS.map(|(name, _)| name));
}

#[test]
fn unusual_values_in_optional_fields_are_accepted() {
    for odd in ["\"metrics\": null", "\"created_at\": 5", "\"feature_hash\": [1]"] {
        let text = format!(r#"{{"version": "1", "run_id": "r", "artifact_path": "p", {odd}}}"#);
        let version = read(&text).expect("kept as it is");
        assert!(version.created_at().is_none() && version.metrics().is_empty());
        assert_eq!(&**version.text(), text);
    }
}

#[test]
fn an_invalid_field_is_refused_by_name() {
    let cases = [
        (r#"{"run_id": "r", "artifact_path": "p"}"#, "this version has no `version`"),
        (r#"{"version": "1", "artifact_path": "p"}"#, "this version has no `run_id`"),
        (r#"{"version": "1", "run_id": "r"}"#, "this version has no `artifact_path`"),
        (r#"{"version": 1}"#, "`version` is not a string"),
        (
            r#"{"version": "\udce9"}"#,
            "`version` contains a lone surrogate, which is not a character",
        ),
        (r#"{"stage": "live"}"#, "unknown stage `live`, expected dev, staging or prod"),
        (r#"{"metrics": []}"#, "`metrics` is not an object"),
        (r#"{"metrics": {"a": 1, "a": 2}}"#, "duplicate key `a`, first on line 1"),
        (r#""1""#, "expected an object"),
    ];
    for (text, problem) in cases {
        assert_eq!(read(text).expect_err(text).message(text), problem);
    }
}

#[test]
fn metrics_keep_their_digits_and_may_be_missing() {
    let text = r#"{"version": "1", "run_id": "r", "artifact_path": "p",
        "metrics": {"a": 1e-07, "b": null, "c": NaN, "d": 6079, "e": true, "f": {"g": 1}}}"#;
    let version = read(text).expect("valid");
    let digits = |name| version.metric(name).map(|number| number.text().to_owned());
    assert_eq!(digits("a").as_deref(), Some("1e-07"));
    assert_eq!(digits("b"), None);
    assert!(!version.metric("c").expect("a number").is_finite());
    assert_eq!((digits("e"), digits("f")), (None, None));
    assert_eq!(version.metrics().len(), 6);
}

#[test]
fn the_run_id_is_read_in_every_notation() {
    let quoted = [
        r#""r""#,
        r#""ré""#,
        r#""\u0072""#,
        r#""\\a""#,
        r#""a\\""#,
        r#""\"""#,
        r#""\u00e9é""#,
        r#"" ""#,
    ];
    let version = |run_id: &&str| {
        format!(r#"{{"version": {run_id}, "run_id": {run_id}, "artifact_path": "p"}}"#)
    };
    // In a model, all versions but the first have the shape of the one before.
    let names =
        ["1", "2", "3", "4", "5", "6", "7", "8"].map(|name| format!("\"version\": \"{name}\""));
    let versions: Vec<_> = quoted.iter().map(version).collect();
    let numbered = versions.iter().zip(&quoted).zip(&names);
    let numbered =
        numbered.map(|((text, id), name)| text.replacen(&format!("\"version\": {id}"), name, 1));
    let text = format!(
        r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#,
        numbered.collect::<Vec<_>>().join(",")
    );
    let manifest: super::super::Manifest = text.parse().expect("a manifest");
    for (index, quoted) in quoted.iter().enumerate() {
        let expected = decode(quoted);
        let alone = read(&versions[index]).expect("a version");
        assert_eq!((&*alone.run_id(), alone.version()), (&*expected, &*expected), "{quoted}");
        let among_others = &manifest.models()[0].versions()[index];
        assert_eq!(among_others.run_id(), expected, "{quoted}");
        assert_eq!(*among_others, read(among_others.text()).expect("a version"), "{quoted}");
    }
}
