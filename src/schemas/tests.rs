//! Compares the schemas in `schemas/` with the code, by an independent validator.

#![allow(clippy::disallowed_methods, reason = "tests read fixtures")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use json_document as document;
use jsonschema::Validator;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{manifest, schema};
use crate::check::{Severity, check};
use crate::gate::{ArtifactDemand, Document, Policy, Rule};
use crate::manifest::{Action, DroppedMove, Event, FIELDS, Manifest, RecordedStage};
use crate::stage::Stage;

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every file below a folder of the project, with its content.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![file(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push((path.clone(), fs::read(path).expect("a file")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

fn committed(name: &str) -> Value {
    let path = file(&format!("schemas/{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON")
}

fn validator(name: &str) -> Validator {
    jsonschema::draft7::new(&committed(name)).expect("a valid schema")
}

/// Converts a value of a manifest. `NaN` and the infinities, which JSON lacks, become `null`.
fn to_json(value: document::Value<'_>) -> Value {
    match value {
        document::Value::Null => Value::Null,
        document::Value::Bool(value) => Value::Bool(value),
        document::Value::Number(number) => serde_json::from_str(number.text()).unwrap_or_default(),
        document::Value::String(text) => Value::String(text.into_owned()),
        document::Value::Array(elements) => elements.into_iter().map(to_json).collect(),
        document::Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(k, v)| (k.into_owned(), to_json(v))).collect())
        }
    }
}

fn manifest_as_json(text: &str) -> Value {
    to_json(document::Value::parse(text.trim()).expect("a document"))
}

fn why(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn keys_of<'v>(schema: &'v Value, name: &str) -> BTreeSet<&'v str> {
    let properties = if name.is_empty() {
        &schema["properties"]
    } else {
        &schema["definitions"][name]["properties"]
    };
    properties.as_object().expect(name).keys().map(String::as_str).collect()
}

fn words_of(schema: &Value, name: &str) -> Vec<String> {
    let words = &schema["definitions"][name]["oneOf"];
    let words = words.as_array().expect(name).iter();
    words.map(|word| word["const"].as_str().expect("a word").to_owned()).collect()
}

/// The words in the first column of the tables of a page.
fn documented(page: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(file(page)).expect("a page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let words = rows.flat_map(|cell| cell.split('`').step_by(2));
    let is_key = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    words.filter(|word| !word.is_empty()).filter(is_key).map(ToOwned::to_owned).collect()
}

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    fn compare<T: JsonSchema>(name: &str) {
        let text = serde_json::to_string_pretty(&schema::<T>(name)).expect("JSON") + "\n";
        let path = file(&format!("schemas/{name}.schema.json"));
        #[expect(clippy::disallowed_methods, reason = "a developer asks for it")]
        if std::env::var_os("REGISTRY_TEST_UPDATE").is_some() {
            fs::write(&path, &text).expect("the schema");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "the schema is not that of the code; `CONTRIBUTING.md` describes how to renew it"
        );
    }
    compare::<manifest::Manifest>("manifest");
    compare::<Document>("policy");
}

#[test]
fn the_schemas_know_every_word_of_the_code() {
    let (manifest, policy) = (committed("manifest"), committed("policy"));
    let stages = Stage::ALL.map(|stage| stage.as_str().to_owned());
    assert_eq!(words_of(&manifest, "Stage"), stages);
    assert_eq!(words_of(&policy, "Stage"), stages);
    let actions = Action::ALL.map(|action| action.as_str().to_owned());
    assert_eq!(words_of(&manifest, "Action"), actions);
    for demand in words_of(&policy, "ArtifactDemand") {
        demand.parse::<ArtifactDemand>().expect("a word of the policy");
    }
    let version = keys_of(&manifest, "Version");
    assert!(FIELDS.iter().all(|(field, _)| version.contains(field)), "{version:?}");

    let text = || Some("x".to_owned());
    let stage = || Some(RecordedStage::from(Stage::Prod));
    let event = Event {
        at: text(),
        version: "x".to_owned(),
        versions: vec!["x".to_owned()],
        from: stage(),
        to: stage(),
        replaced: text(),
        alias: text(),
        changed: vec!["x".to_owned()],
        by: text(),
        reason: text(),
        promoted_before: text(),
        forced: true,
        unmet: vec!["x".to_owned()],
        dropped: vec![DroppedMove { at: text(), version: "x".to_owned(), to: stage() }],
        action: Some(Action::Promote),
    };
    let written = to_json(event.to_value());
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let described = |name| keys_of(&manifest, name).into_iter().map(ToOwned::to_owned).collect();
    assert_eq!(keys(&written), described("Event"));
    assert_eq!(keys(&written["dropped"][0]), described("DroppedMove"));
}

#[test]
fn the_documentation_and_the_schemas_have_the_same_keys() {
    let (manifest, policy) = (committed("manifest"), committed("policy"));
    let words = |names: &[&str], schema: &Value| -> BTreeSet<String> {
        let keys = names.iter().flat_map(|name| keys_of(schema, name));
        keys.map(ToOwned::to_owned).collect()
    };
    assert_eq!(documented("docs/gates.md"), words(&["Gate"], &policy));
    let in_schema = words(&["", "Model", "Version", "Event", "DroppedMove"], &manifest);
    assert_eq!(documented("docs/file-format.md"), in_schema);
}

#[test]
fn every_manifest_of_the_project_is_valid() {
    let validator = validator("manifest");
    let mut manifests = files("tests/data", ".json");
    manifests.retain(|(path, _)| !path.ends_with("metrics.json"));
    manifests.extend(files("artifacts/registry", ".json"));
    // What the fuzzer found valid.
    manifests.extend(files("fuzz/corpus/document", ""));
    let mut seen = 0;
    for (path, text) in manifests {
        let Ok(text) = String::from_utf8(text) else { continue };
        let Ok(manifest) = Manifest::parse(text.clone(), &path) else { continue };
        if check(&manifest).iter().any(|finding| finding.severity == Severity::Problem) {
            continue;
        }
        seen += 1;
        let problems = why(&validator, &manifest_as_json(&text));
        assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_policy_that_is_accepted_is_valid() {
    let validator = validator("policy");
    let mut policies = files("fuzz/corpus/policy", "");
    policies.extend(files("tests", ".toml"));
    let mut seen = 0;
    for (path, text) in policies {
        let Ok(text) = String::from_utf8(text) else { continue };
        if Policy::parse(&text, &path).is_err() {
            continue;
        }
        seen += 1;
        let value: Value = toml::from_str(text.trim_start_matches('\u{feff}')).expect("TOML");
        let problems = why(&validator, &value);
        assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    }
    assert!(seen > 5, "{seen}");
    let rules = files("fuzz/corpus/rule", "").into_iter();
    let rules = rules.filter_map(|(_, text)| String::from_utf8(text).ok());
    let accepted: Vec<_> = rules.filter(|rule| rule.parse::<Rule>().is_ok()).collect();
    assert!(accepted.len() > 5);
    for rule in accepted {
        let problems = why(&validator, &json!({"prod": {"require": [rule]}}));
        assert!(problems.is_empty(), "{rule}: {problems:#?}");
    }
}

#[test]
fn what_the_policy_refuses_is_not_valid() {
    let validator = validator("policy");
    for policy in [
        "[production]",
        "[prod]\nfrm = 'dev'",
        "[models.m.live]",
        "[models.m]\nrequire = []",
        "[prod]\nreason = 1",
        "[prod]\nrequire = 'a < 1'",
        "[prod]\nrequire = ['a < 1', 3]",
        "[prod]\nrequire = ['a =< 1']",
        "[prod]\nrequire = ['a < dev']",
        "[prod]\nrequire = ['a < 1 2']",
        "[prod]\nrequire = ['']",
        "prod = 1",
        "models = []",
        "[prod]\nfrom = 'live'",
        "[prod]\nartifact = 'there'",
        "[prod]\nforce = 'no'",
    ] {
        assert!(Policy::parse(policy, "p".as_ref()).is_err(), "{policy}");
        let value: Value = toml::from_str(policy).expect("TOML");
        assert!(!validator.is_valid(&value), "{policy}");
    }
}

/// Replaces each value of a document, one after the other, by each of these.
fn mutations(value: &Value, by: &[Value]) -> Vec<Value> {
    let mut found = by.to_vec();
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                found.extend(mutations(member, by).into_iter().map(|changed| {
                    let mut members = members.clone();
                    members.insert(key.clone(), changed);
                    Value::Object(members)
                }));
                let mut without: Map<_, _> = members.clone();
                without.remove(key);
                found.push(Value::Object(without));
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                found.extend(mutations(element, by).into_iter().map(|changed| {
                    let mut elements = elements.clone();
                    elements[index] = changed;
                    Value::Array(elements)
                }));
            }
        }
        _ => {}
    }
    found
}

/// A schema cannot compare two places: a name with its key, a pointer with the versions, two times.
fn compares_places(problem: &str) -> bool {
    ["`name` of", "which does not exist", "which has stage", "before it", "duplicate version"]
        .iter()
        .any(|words| problem.contains(words))
}

#[test]
fn what_is_refused_or_a_problem_is_not_valid() {
    let validator = validator("manifest");
    let text = fs::read_to_string(file("artifacts/registry/manifest.json")).expect("the example");
    let mut example: Value = serde_json::from_str(&text).expect("JSON");
    let models = example["models"].as_object_mut().expect("models");
    models.retain(|name, _| name == "minutes_v1_lgbm");
    let model = &mut models["minutes_v1_lgbm"];
    model["history"] = json!([{"at": "2026-01-05 06:30:00", "action": "promote"}]);
    model["aliases"] = json!({"champion": "20251205T061430Z"});
    model["versions"].as_array_mut().expect("versions").truncate(2);
    model["versions"][0]["artifact_digest"] = json!(format!("sha256:{}", "0".repeat(64)));
    let replacements = [
        json!(null),
        json!(true),
        json!(1),
        json!(""),
        json!("x"),
        json!("2.0.0"),
        json!([]),
        json!(["x"]),
        json!({}),
        json!({"x": "y"}),
        json!("2025-13-01T00:00:00"),
        json!("sha256:0"),
    ];
    let (mut refused, mut problems, mut valid) = (0, 0, 0);
    for value in mutations(&example, &replacements) {
        let found = match Manifest::parse(value.to_string(), "m".as_ref()) {
            Err(error) => {
                refused += 1;
                error.to_string()
            }
            Ok(manifest) => {
                let mut found = check(&manifest).into_iter();
                let Some(finding) = found.find(|finding| {
                    finding.severity == Severity::Problem && !compares_places(&finding.message)
                }) else {
                    valid += usize::from(validator.is_valid(&value));
                    continue;
                };
                problems += 1;
                finding.message
            }
        };
        let valid = !compares_places(&found) && validator.is_valid(&value);
        assert!(!valid, "{found}: {value:#}");
    }
    assert!(refused > 100 && problems > 50 && valid > 100, "{refused} {problems} {valid}");
}
