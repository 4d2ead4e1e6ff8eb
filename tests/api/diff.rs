//! Diffs of two manifests.

use model_registry::diff::diff;
use model_registry::{Manifest, Stage, Value};
use serde_json::json;

const OLD: &str = include_str!("../data/before.json");

fn parse(text: &str) -> Manifest {
    Manifest::parse(text.to_owned(), "manifest.json".as_ref()).expect("a valid manifest")
}

/// The old manifest with pieces of its text replaced, each of which must be there.
fn edited(edits: &[(&str, &str)]) -> Manifest {
    let mut text = OLD.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    parse(&text)
}

#[test]
fn layout_order_notation_and_updated_at_are_not_differences() {
    let old = parse(OLD);
    let compact: serde_json::Value = serde_json::from_str(OLD).expect("JSON");
    for new in [
        parse(&compact.to_string()),
        edited(&[("2025-12-14T06:05:21", "2026-01-01T00:00:00")]),
        edited(&[("3.62", "3.620"), ("\"rows\": 6079", "\"rows\": 6079.0")]),
        edited(&[("\"current_staging\": null,\n", "\n")]),
        edited(&[("          \"feature_hash\": null,\n", "")]),
        edited(&[("\"team\": \"caf\\u00e9\"", "\"team\": \"café\"")]),
    ] {
        let diff = diff(&old, &new);
        assert!(diff.is_empty(), "{diff:?}");
    }
}

#[test]
fn a_promotion_is_a_move_and_nothing_else() {
    let old = parse(OLD);
    let new = edited(&[
        ("\"stage\": \"dev\"", "\"stage\": \"prod\""),
        ("\"promoted_at\": null", "\"promoted_at\": \"2025-12-14T07:00:00+00:00\""),
        ("\"current_prod\": \"20251205\"", "\"current_prod\": \"20251214\""),
    ]);
    let told = diff(&old, &new);
    let moved = &told.moves[0];
    assert_eq!((moved.model, moved.stage), ("minutes_v1_lgbm", Stage::Prod));
    assert_eq!((moved.from.as_deref(), moved.to.as_deref()), (Some("20251205"), Some("20251214")));
    let metrics: Vec<_> = moved
        .metrics
        .iter()
        .map(|metric| {
            let relative = metric.relative.map(|part| format!("{:+.1} %", part * 100.0));
            (&*metric.name, metric.old.text(), metric.new.text(), relative)
        })
        .collect();
    assert_eq!(
        metrics,
        [("val_mae", "3.62", "3.54", Some("-2.2 %".to_owned())), ("bias", "0.0", "0.1", None),]
    );
    let mut alone = told.clone();
    alone.moves.clear();
    assert!(told.moves.len() == 1 && alone.is_empty(), "{alone:?}");
}

#[test]
fn what_may_not_change_is_set_apart() {
    let told_of = |edits: &[(&str, &str)]| {
        serde_json::to_value(diff(&parse(OLD), &edited(edits))).expect("JSON")
    };
    let told = told_of(&[
        ("runs/20251205", "runs/other"),
        ("\"val_mae\": 3.62", "\"val_mae\": 3.5, \"new\": 1"),
        ("            \"rows\": 6079,\n", ""),
        ("Monday's run", "Tuesday's run"),
        ("\"tag\": 1", "\"tag\": [2]"),
        ("\"owner\": \"ada\"", "\"contact\": \"bob\""),
        ("\"team\": \"caf\\u00e9\"", "\"team\": null"),
    ]);
    let change = |field: &str, old: serde_json::Value, new: serde_json::Value| {
        let mut change = json!({"model": "minutes_v1_lgbm", "version": "20251205", "field": field});
        for (key, value) in [("old", old), ("new", new)] {
            if value != json!("-") {
                change[key] = value;
            }
        }
        change
    };
    assert_eq!(
        told["rewritten"],
        json!([
            change("artifact_path", json!("runs/20251205"), json!("runs/other")),
            change("metrics.val_mae", json!(3.62), json!(3.5)),
            change("metrics.new", json!("-"), json!(1)),
            change("metrics.rows", json!(6079), json!("-")),
        ])
    );
    assert_eq!(
        told["changed"],
        json!([change("description", json!("Monday's run"), json!("Tuesday's run"))])
    );
    let model = |field: &str| json!({"model": "minutes_v1_lgbm", "version": null, "field": field});
    let mut expected = [
        json!({"model": null, "version": null, "field": "team", "old": "café", "new": null}),
        model("contact"),
        model("owner"),
        change("tag", json!(1), json!([2])),
    ];
    expected[1]["new"] = json!("bob");
    expected[2]["old"] = json!("ada");
    assert_eq!(told["unknown"], json!(expected));
    assert_eq!(told["moves"], json!([]));
}

#[test]
fn models_and_versions_come_and_go() {
    let (old, empty) = (parse(OLD), Manifest::default());
    let come = diff(&empty, &old);
    assert_eq!(come.models_added, ["minutes_v1_lgbm", "empty"]);
    let names: Vec<_> = come.versions_registered.iter().map(|listed| listed.version).collect();
    assert_eq!(names, ["20251205", "20251214"]);
    assert_eq!(come.versions_registered[0].description, "Monday's run");
    assert_eq!((come.moves.len(), come.moves[0].to.as_deref()), (1, Some("20251205")));
    let gone = diff(&old, &empty);
    assert_eq!(
        (gone.models_gone, gone.versions_gone),
        (come.models_added, come.versions_registered)
    );
}

#[test]
fn a_label_is_reported_if_no_move_explains_it() {
    let new = edited(&[
        ("\"stage\": \"dev\"", "\"stage\": \"staging\""),
        ("\"promoted_at\": null", "\"promoted_at\": \"2025-12-14T07:00:00+00:00\""),
    ]);
    let old = parse(OLD);
    let told = diff(&old, &new);
    assert_eq!((told.labels[0].from, told.labels[0].to), (Stage::Dev, Stage::Staging));
    assert!(told.changed.is_empty() && told.moves.is_empty());

    let new =
        edited(&[("\"promoted_at\": null", "\"promoted_at\": \"2025-12-14T07:00:00+00:00\"")]);
    let told = diff(&old, &new);
    assert_eq!(told.changed[0].field, "promoted_at");
    assert!(told.labels.is_empty());
}

#[test]
fn a_move_explains_the_label_of_its_own_version_only() {
    // `20251214` is current in staging and labelled prod, `20251205` is labelled staging.
    let new = edited(&[
        ("\"stage\": \"prod\"", "\"stage\": \"staging\""),
        ("\"stage\": \"dev\"", "\"stage\": \"prod\""),
        ("\"current_staging\": null", "\"current_staging\": \"20251214\""),
    ]);
    let old = parse(OLD);
    let labels: Vec<_> = diff(&old, &new).labels.iter().map(|l| (l.version, l.to)).collect();
    assert_eq!(labels, [("20251205", Stage::Staging), ("20251214", Stage::Prod)]);
}

#[test]
fn a_missing_name_is_that_of_the_model() {
    let old = parse(OLD);
    let (name, other) = ("\"name\": \"empty\"", "\"name\": \"other\"");
    let without = edited(&[("\"name\": \"empty\",\n      ", "")]);
    assert!(diff(&old, &without).is_empty() && diff(&without, &old).is_empty());
    let renamed = edited(&[(name, other)]);
    for old in [&old, &without] {
        let told = diff(old, &renamed);
        let change = &told.changed[0];
        let json = |value: &Option<Value<'_>>| value.as_ref().map(ToString::to_string);
        let values = (json(&change.old), json(&change.new));
        assert_eq!(values, (Some("\"empty\"".into()), Some("\"other\"".into())));
        assert!(told.unknown.is_empty());
    }
}

#[test]
fn events_come_and_go() {
    let event = r#"{"at": "2025-12-05T07:00:00+00:00", "version": "20251205", "to": "prod"}"#;
    let with = |events: &str| {
        edited(&[("\"owner\": \"ada\"", &format!("\"owner\": \"ada\", \"history\": [{events}]"))])
    };
    let twice = format!("{event}, {event}");
    let reordered = r#"{"to": "prod", "at": "2025-12-05T07:00:00+00:00", "version": "20251205"}"#;
    let other = with(&format!("{{\"at\": null}}, {event}"));
    let (none, one, two) = (parse(OLD), with(event), with(&twice));
    for (old, new, added, gone) in [
        (&none, &one, 1, 0),
        (&one, &two, 1, 0),
        (&two, &none, 0, 2),
        (&other, &two, 1, 1),
        (&one, &with(reordered), 0, 0),
    ] {
        let told = diff(old, new);
        assert_eq!((told.events_added.len(), told.events_gone.len()), (added, gone));
        assert_eq!(told.is_empty(), added + gone == 0);
    }
    assert!(diff(&none, &with("")).is_empty());
}

#[test]
fn each_field_that_registration_sets_is_set_apart() {
    for field in [
        "run_id",
        "artifact_path",
        "created_at",
        "training_start",
        "training_end",
        "feature_schema_version",
        "feature_hash",
        "artifact_digest",
        "artifact_size",
    ] {
        let manifest = |value: &str| {
            let text = r#"{"models": {"m": {"versions": [
                {"version": "1", "run_id": "r", "artifact_path": "p"}]}}}"#;
            let mut text: serde_json::Value = serde_json::from_str(text).expect("JSON");
            text["models"]["m"]["versions"][0][field] = value.into();
            parse(&text.to_string())
        };
        let (old, new) = (manifest("one"), manifest("two"));
        let diff = diff(&old, &new);
        let fields: Vec<_> = diff.rewritten.iter().map(|change| &*change.field).collect();
        assert_eq!(fields, [field]);
    }
}
