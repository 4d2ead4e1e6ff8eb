//! What `check` calls clean is what every command accepts, on random manifests of which about
//! half are damaged in some way.
//!
//! Sabotage that it caught: a check that ignores pointers to missing versions.

use libtest_mimic::Trial;
use model_registry::check::check;
use model_registry::{Error, Manifest, Severity, Store};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Folder, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        many_manifests_are_clean_and_many_are_not,
        what_is_clean_is_accepted,
        what_is_clean_is_read_and_changed_in_its_file,
    ]
}

/// Mostly the first of two values, else one of the others.
fn mostly(usual: Value, odd: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop_oneof![12 => Just(usual), 1 => select(odd.to_vec())]
}

fn time(second: u8) -> Value {
    json!(format!("2025-12-01T05:00:{second:02}.000000+00:00"))
}

fn version(number: u8) -> impl Strategy<Value = Value> {
    let stage = prop_oneof![
        4 => Just(Value::Null),
        1 => select(vec![json!("dev"), json!("staging"), json!("prod")]),
    ];
    let name = mostly(json!(format!("v{number}")), &[json!("@prod"), json!("v0 "), json!("r0")]);
    let run = mostly(json!(format!("r{number}")), &[json!("r0"), json!("v1")]);
    let created = mostly(time(number), &[json!("yesterday"), Value::Null, json!(1)]);
    let promoted = mostly(Value::Null, &[time(59), time(0), json!("")]);
    let window = mostly(json!("2024-06-30"), &[json!("2022-01-01"), json!("June"), Value::Null]);
    let metrics = mostly(json!({"a": 1, "b": 0.5}), &[json!({}), json!({"a": null})]);
    (name, run, stage, created, promoted, window, metrics).prop_map(
        |(name, run, stage, created, promoted, window, metrics)| {
            let mut version = json!({
                "version": name, "run_id": run, "artifact_path": "runs",
                "created_at": created, "promoted_at": promoted,
                "training_start": "2024-01-01", "training_end": window, "metrics": metrics,
            });
            if stage != Value::Null {
                version["stage"] = stage;
            }
            version
        },
    )
}

fn event() -> impl Strategy<Value = Value> {
    let at = (0..60_u8).prop_map(time);
    let at = prop_oneof![6 => at, 1 => select(vec![Value::Null, json!("noon")])];
    let action = select(vec![json!("promote"), json!("rollback"), json!("delete")]);
    let name = || select(vec![json!("v0"), json!("v1"), json!("v9"), Value::Null]);
    (at, action, name(), name()).prop_map(|(at, action, version, replaced)| {
        json!({"at": at, "action": action, "version": version, "to": "prod", "replaced": replaced})
    })
}

/// A model whose pointers mostly name versions that are labelled so.
fn model() -> impl Strategy<Value = Value> {
    let versions = (0..4_u8).prop_flat_map(|count| (0..count).map(version).collect::<Vec<_>>());
    let pointer = || prop_oneof![3 => Just(0_u8), 3 => Just(1), 2 => Just(2), 1 => Just(9)];
    let events = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(event(), 0..3),
    ];
    let name = mostly(json!("m"), &[json!("n"), Value::Null]);
    (versions, pointer(), pointer(), 0..8_u8, events, name).prop_map(
        |(mut versions, prod, staging, careless, history, name)| {
            let mut model = json!({"name": name, "current_prod": null, "current_staging": null});
            for (field, place, stage) in
                [("current_prod", prod, "prod"), ("current_staging", staging, "staging")]
            {
                if let Some(version) = versions.get_mut(usize::from(place)) {
                    if careless > 0 {
                        version["stage"] = json!(stage);
                    }
                    model[field] = version["version"].clone();
                } else if place == 9 {
                    model[field] = json!("v9");
                }
            }
            model["versions"] = json!(versions);
            if !history.is_empty() {
                model["history"] = json!(history);
            }
            model
        },
    )
}

fn manifest() -> impl Strategy<Value = String> {
    let updated = mostly(time(59), &[json!("today"), Value::Null]);
    (updated, model(), proptest::option::of(model())).prop_map(|(updated, one, two)| {
        let mut models = json!({"m": one});
        if let Some(mut two) = two {
            two["name"] = json!("n");
            models["n"] = two;
        }
        let document = json!({"schema_version": "1.0.0", "updated_at": updated, "models": models});
        serde_json::to_string_pretty(&document).expect("JSON")
    })
}

fn parse(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(text.to_owned(), "manifest.json".as_ref())
}

fn is_clean(manifest: &Manifest) -> bool {
    !check(manifest).iter().any(|finding| finding.severity == Severity::Problem)
}

/// Asserts that enough of the manifests are clean for the law to mean something.
fn many_manifests_are_clean_and_many_are_not() {
    let mut runner = TestRunner::deterministic();
    let (mut clean, mut damaged) = (0, 0);
    for _ in 0..400 {
        let text = manifest().new_tree(&mut runner).expect("a manifest").current();
        match parse(&text) {
            Ok(manifest) if is_clean(&manifest) => clean += 1,
            Ok(_) => damaged += 1,
            Err(_) => {}
        }
    }
    assert!(clean > 50 && damaged > 50, "{clean} are clean, {damaged} are damaged");
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    fn what_is_clean_is_accepted(text in manifest()) {
        if let Ok(manifest) = parse(&text) {
            crate::checks::commands(&manifest);
        }
    }

    fn what_is_clean_is_read_and_changed_in_its_file(text in manifest()) {
        let folder = Folder::new();
        crate::checks::document(text.as_bytes(), &folder.file("manifest.json"));
        let Ok(manifest) = parse(&text) else { return Ok(()) };
        if !is_clean(&manifest) {
            return Ok(());
        }
        let store = Store::new(folder.file("manifest.json"));
        for model in manifest.models() {
            prop_assert!(store.load_model(model.name()).is_ok());
            let served = store.production(model.name());
            let nothing = matches!(served, Err(Error::NothingInStage { .. }));
            prop_assert!(served.is_ok() || nothing, "{served:?}");
        }
    }
}
