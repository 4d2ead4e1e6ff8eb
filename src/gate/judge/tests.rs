use proptest::prelude::*;

use super::*;
use crate::gate::Gate;
use crate::manifest::Manifest;

/// Creates a model with these pointers and versions, each a name and its members.
fn model(versions: &[(&str, &str)], pointers: &str) -> Model {
    let versions: Vec<_> = versions
        .iter()
        .map(|(name, members)| {
            let comma = if members.is_empty() { "" } else { "," };
            let members = format!("{comma} {members}");
            format!(r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p"{members}}}"#)
        })
        .collect();
    let text =
        format!(r#"{{"models": {{"m": {{"versions": [{}], {pointers}}}}}}}"#, versions.join(","));
    let manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
    manifest.into_model("m").expect("the version")
}

fn judge(rule: &str, model: &Model, candidate: &str) -> Verdict {
    rule.parse::<Rule>().expect(rule).judge(model, model.resolve(candidate).expect("the version"))
}

/// Judges a version by its metric `a`, while the version in prod has another value.
fn meets(rule: &str, value: &str, prod: &str) -> bool {
    let metric = |value| format!(r#""metrics": {{"a": {value}}}"#);
    let model =
        model(&[("new", &metric(value)), ("old", &metric(prod))], r#""current_prod": "old""#);
    judge(rule, &model, "new").met
}

const OPERATORS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

#[test]
fn each_operator_handles_less_equal_and_greater() {
    let less = [true, true, false, false, false, true];
    let equal = [false, true, false, true, true, false];
    let greater = [false, false, true, true, false, true];
    for (value, limit, expected) in [
        ("1", "2", less),
        ("2", "2", equal),
        ("3", "2", greater),
        ("-2", "-1", less),
        ("-1.5", "-1.5", equal),
        ("-1", "1", less),
        ("5.0", "5", equal),
        ("5", "5.0", equal),
        ("5.000000000000001", "5", greater),
        ("-0.0", "0", equal),
        ("5e-324", "0", greater),
        ("1e-07", "0.0000001", equal),
        ("1e308", "1.7976931348623157e308", less),
        // Equal as floating point numbers, but not as integers.
        ("18446744073709551617", "18446744073709551616", greater),
        ("9007199254740993", "9007199254740992", greater),
        ("9007199254740993", "9007199254740992.0", greater),
    ] {
        for (operator, expected) in OPERATORS.into_iter().zip(expected) {
            let fixed = format!("a {operator} {limit}");
            assert_eq!(meets(&fixed, value, "0"), expected, "{value}: {fixed}");
            let relative = format!("a {operator} prod");
            assert_eq!(meets(&relative, value, limit), expected, "{value}: {relative} {limit}");
        }
    }
}

#[test]
fn each_relative_form_computes_its_limit() {
    let metric = |value| format!(r#""metrics": {{"a": {value}}}"#);
    let model = model(
        &[("new", &metric("4")), ("live", &metric("4")), ("trial", &metric("-0.5"))],
        r#""current_prod": "live", "current_staging": "trial""#,
    );
    for (rule, limit, met) in [
        ("a <= prod", "4", true),
        ("a < prod", "4", false),
        ("a <= prod * 1.5", "6.0", true),
        ("a <= prod * 0.5", "2.0", false),
        ("a <= prod / 8", "0.5", false),
        ("a == prod + 0", "4", true),
        ("a == prod + 0.0", "4.0", true),
        ("a < prod * 3", "12", true),
        ("a > prod - 0.1", "3.9", true),
        ("a > prod + 0.5", "4.5", false),
        ("a > staging", "-0.5", true),
        ("a <= staging * -10", "5.0", true),
        ("a > staging - 1", "-1.5", true),
        ("a <= prod * 1e-300", "4e-300", false),
    ] {
        let verdict = judge(rule, &model, "new");
        let found = verdict.limit.as_number().expect(rule).text();
        assert_eq!((found, verdict.met, verdict.note), (limit, met, None), "{rule}");
    }
}

#[test]
fn strings_are_compared_as_strings() {
    let model = model(
        &[
            (
                "new",
                r#""feature_hash": "a1", "feature_schema_version": "v2",
                    "training_end": "2024-06-30""#,
            ),
            (
                "old",
                r#""feature_hash": "\u0061\u0031", "feature_schema_version": "v1",
                    "training_end": "2024-05-31""#,
            ),
        ],
        r#""current_prod": "old""#,
    );
    for (rule, met) in [
        ("feature_hash == prod", true),
        ("feature_hash != prod", false),
        ("feature_hash == \"A1\"", false),
        ("feature_schema_version == prod", false),
        ("feature_schema_version != prod", true),
        ("feature_schema_version == \"v2\"", true),
        ("training_end > prod", true),
        ("training_end < prod", false),
        ("training_end >= \"2024-06-30\"", true),
        ("training_end > \"2024-06-30T00:00:00Z\"", false),
        ("training_end == \"2024-06-30T02:00:00+02:00\"", true),
        ("training_end < \"2024-06-30 00:00:01\"", true),
        ("training_end == \"June\"", false),
        ("training_end != \"June\"", true),
        ("training_end == staging", true),
    ] {
        assert_eq!(judge(rule, &model, "new").met, met, "{rule}");
    }
}

#[test]
fn a_training_end_that_is_not_a_date_meets_no_rule_about_the_order() {
    let versions =
        [("new", r#""training_end": "June""#), ("old", r#""training_end": "2024-06-30""#)];
    let model = model(&versions, r#""current_prod": "old""#);
    for (rule, met, note) in [
        ("training_end > prod", false, Some("`June` is not a date".to_owned())),
        ("training_end <= prod", false, Some("`June` is not a date".to_owned())),
        ("training_end == \"June\"", true, None),
        ("training_end != prod", true, None),
    ] {
        let verdict = judge(rule, &model, "new");
        assert_eq!((verdict.met, verdict.note), (met, note), "{rule}");
    }
}

#[test]
fn missing_and_infinite_values_never_meet_a_rule() {
    let bad = r#""metrics": {"null": null, "nan": NaN, "inf": -Infinity, "huge": 1e999}"#;
    let good = r#""metrics": {"null": 1, "nan": 1, "inf": 1, "huge": 1, "gone": 1},
        "feature_hash": "a1""#;
    let versions = [("bad", bad), ("good", good)];
    let alone = model(&versions, r#""current_prod": null"#);
    let beside_good = model(&versions, r#""current_prod": "good""#);
    let beside_bad = model(&versions, r#""current_prod": "bad""#);
    let behind = " in `bad`, the current version in prod";
    for (field, problem) in [
        ("null", "metric `null` is null"),
        ("nan", "metric `nan` is not finite"),
        ("inf", "metric `inf` is not finite"),
        ("huge", "metric `huge` is not finite"),
        ("gone", "metric `gone` is missing"),
        ("feature_hash", "`feature_hash` is missing"),
    ] {
        let operators = if field == "feature_hash" { &OPERATORS[4..] } else { &OPERATORS };
        for operator in operators {
            let rule = format!("{field} {operator} prod");
            for model in [&alone, &beside_good, &beside_bad] {
                let verdict = judge(&rule, model, "bad");
                assert_eq!((verdict.met, verdict.note.as_deref()), (false, Some(problem)));
                assert_eq!(verdict.value, Value::Null);
            }
            let verdict = judge(&rule, &beside_bad, "good");
            assert_eq!((verdict.met, verdict.note), (false, Some(format!("{problem}{behind}"))));
            assert_ne!(verdict.value, Value::Null);
        }
    }
    assert!(!judge("nan != 1", &alone, "bad").met);
    assert!(!judge("feature_hash != \"a1\"", &alone, "bad").met);
}

#[test]
fn an_infinite_limit_is_never_met() {
    for rule in ["a <= prod * 1e308", "a > prod * -1e308", "a != prod / 1e-308"] {
        assert!(!meets(rule, "1", "1e10"), "{rule}");
    }
    let model = model(&[("v", r#""metrics": {"a": 100}"#)], r#""current_prod": "v""#);
    let verdict = judge("a <= prod * 1e308", &model, "v");
    assert_eq!(verdict.note.as_deref(), Some("`prod * 1e308` is not finite"));
    assert_eq!(verdict.limit, Value::Null);
}

#[test]
fn the_first_promotion_meets_relative_rules_with_a_note() {
    let model = model(&[("first", r#""metrics": {"a": 4}, "feature_hash": "a1""#)], "\"x\": 1");
    for (rule, stage) in [
        ("a < prod", "prod"),
        ("a > prod * 2", "prod"),
        ("a == staging - 1", "staging"),
        ("feature_hash == prod", "prod"),
    ] {
        let verdict = judge(rule, &model, "first");
        let note = format!("no version is current in {stage}");
        assert_eq!((verdict.met, verdict.note), (true, Some(note)), "{rule}");
        assert_eq!(verdict.limit, Value::Null);
    }
    assert!(!judge("a < 4", &model, "first").met);
}

#[test]
fn a_dangling_pointer_is_not_a_first_promotion() {
    let model = model(&[("v", r#""metrics": {"a": 4}"#)], r#""current_prod": "gone""#);
    let verdict = judge("a == prod", &model, "v");
    assert!(!verdict.met);
    assert!(verdict.note.expect("a note").contains("prod version `gone` of model"));
}

#[test]
fn the_current_version_is_compared_with_itself() {
    let model = model(&[("v", r#""metrics": {"a": 4}"#)], r#""current_prod": "v""#);
    assert!(judge("a <= prod", &model, "v").met);
    assert!(!judge("a < prod", &model, "v").met);
}

#[test]
fn a_version_comes_from_where_it_is_current() {
    let model = model(
        &[
            ("live", r#""stage": "prod""#),
            ("trial", r#""stage": "staging""#),
            ("past", r#""stage": "staging""#),
            ("new", ""),
        ],
        r#""current_prod": "live", "current_staging": "trial""#,
    );
    let come = |from, model: &Model, candidate| {
        let gate = Gate { from: Some(from), ..Gate::default() };
        let [verdict] = &gate.judge(model, model.resolve(candidate).expect("the version"))[..]
        else {
            panic!("one verdict")
        };
        let place = verdict.value.as_str().expect("a place").to_owned();
        (verdict.met, place, verdict.note.clone().unwrap_or_default())
    };
    for (from, candidate, met, place, note) in [
        (Stage::Prod, "live", true, "prod", ""),
        (Stage::Staging, "live", false, "prod", "`live` is not the current version in staging"),
        (Stage::Dev, "live", false, "prod", "`live` has left dev"),
        (Stage::Staging, "trial", true, "staging", ""),
        (Stage::Prod, "trial", false, "staging", "`trial` is not the current version in prod"),
        (
            Stage::Staging,
            "past",
            false,
            "staging (past)",
            "`past` is not the current version in staging",
        ),
        (Stage::Dev, "past", false, "staging (past)", "`past` has left dev"),
        (Stage::Dev, "new", true, "dev", ""),
        (Stage::Staging, "new", false, "dev", "`new` is not the current version in staging"),
    ] {
        let expected = (met, place.to_owned(), note.to_owned());
        assert_eq!(come(from, &model, candidate), expected, "{candidate} from {from}");
    }
    // The pointers decide, and both can name one version.
    let model = self::model(
        &[("both", r#""stage": "dev""#)],
        r#""current_prod": "both", "current_staging": "both""#,
    );
    for stage in [Stage::Prod, Stage::Staging] {
        assert_eq!(come(stage, &model, "both"), (true, stage.to_string(), String::new()));
    }
    assert!(!come(Stage::Dev, &model, "both").0);
}

#[test]
fn every_requirement_is_judged_and_reported() {
    let model = model(
        &[("new", r#""metrics": {"a": 1e-07}"#), ("old", r#""metrics": {"a": 4}"#)],
        r#""current_prod": "old""#,
    );
    let require = ["a <= 5.0", "b < 1", "a <= prod * 1.5", "feature_hash == \"a1\""]
        .map(|rule| rule.parse().expect(rule))
        .to_vec();
    let gate = Gate { from: Some(Stage::Staging), require, reason: true, ..Gate::default() };
    let verdicts = gate.judge(&model, model.resolve("new").expect("the version"));
    assert_eq!(
        serde_json::to_string(&verdicts).expect("JSON"),
        [
            r#"[{"rule":"from staging","value":"dev","limit":"staging","met":false,"#,
            r#""note":"`new` is not the current version in staging"},"#,
            r#"{"rule":"a <= 5.0","value":1e-07,"limit":5.0,"met":true,"note":null},"#,
            r#"{"rule":"b < 1","value":null,"limit":1,"met":false,"#,
            r#""note":"metric `b` is missing"},"#,
            r#"{"rule":"a <= prod * 1.5","value":1e-07,"limit":6.0,"met":true,"note":null},"#,
            r#"{"rule":"feature_hash == \"a1\"","value":null,"limit":"a1","met":false,"#,
            r#""note":"`feature_hash` is missing"}]"#,
        ]
        .concat()
    );
    assert!(Gate::default().judge(&model, model.resolve("new").expect("the version")).is_empty());
}

proptest! {
    #[test]
    fn exactly_one_of_two_opposite_operators_is_met(
        value in any::<f64>().prop_filter("finite", |value| value.is_finite()),
        integer in any::<i64>(),
        limit in any::<f64>().prop_filter("finite", |limit| limit.is_finite()),
    ) {
        let limit = Number::from(limit);
        for value in [Number::from(value), Number::from(integer), limit.clone()] {
            let meets = |operator| {
                meets(&format!("a {operator} {limit}"), value.text(), "0")
            };
            prop_assert_ne!(meets("<"), meets(">="));
            prop_assert_ne!(meets(">"), meets("<="));
            prop_assert_ne!(meets("=="), meets("!="));
            prop_assert_eq!(meets("<="), meets("<") || meets("=="));
        }
    }
}
