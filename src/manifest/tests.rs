use super::*;

fn problem(text: &str) -> String {
    match Manifest::parse(text.to_owned(), "m.json".as_ref()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted: {text}"),
    }
}

#[test]
fn a_bad_document_is_refused_with_line_and_column() {
    let version = r#"{"version": "1", "run_id": "r", "artifact_path": "p"}"#;
    let twice = format!(r#"{{"models": {{"a": {{"versions": [{version},{version}]}}}}}}"#);
    for (text, expected) in [
        ("", "line 1, column 1: the file is empty"),
        (" \n", "line 1, column 1: the file is empty"),
        ("[]", "line 1, column 1: expected an object"),
        ("null", "line 1, column 1: expected an object"),
        ("{\"models\": []}", "line 1, column 12: expected an object"),
        ("{\n\"models\": {\"a\": 1}}", "line 2, column 17: expected an object"),
        ("{\"models\": {\"a\": {\"versions\": {}}}}", "expected an array"),
        ("{\"models\": {\"a\": {\"versions\": [\"1\"]}}}", "expected an object"),
        ("{\"models\": {\"a\": {\"current_prod\": 1}}}", "`current_prod` is not a string"),
        ("{\"models\": {\"a\": {\"history\": 1}}}", "`history` is not an array"),
        (
            "{\"models\": {\"a\": {},\n \"a\": {}}}",
            "line 2, column 2: duplicate key `a`, first on line 1",
        ),
        (&twice, "duplicate version `1`, first on line 1"),
        ("{\"models\": {", "the file ends too early"),
        ("{} x", "expected the end of the file"),
        ("{\"schema_version\": \"2.0.0\"}", "schema version 2.0.0 is newer than this program"),
        ("{\"schema_version\": 1}", "`schema_version` is not a string"),
        ("{\n<<<<<<< HEAD\n}", "line 2, column 1: unresolved merge conflict at line 2"),
        ("{\"a\": 1,\n<<<<<<< HEAD\n\"b\": 1}", "unresolved merge conflict at line 2"),
    ] {
        let problem = problem(text);
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn a_parsed_text_is_written_back_unchanged() {
    let python = include_str!("../../tests/data/every_kind.json");
    let raw = python.replace("caf\\u00e9", "café");
    for text in [python.to_owned(), python.replace('\n', "\r\n"), raw, format!("{python}\n")] {
        let manifest = Manifest::parse(text.clone(), "m.json".as_ref()).expect("valid");
        assert_eq!(manifest.to_text(), text);
    }
}
