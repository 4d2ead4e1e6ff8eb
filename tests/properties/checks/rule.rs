//! What holds for any text that is read as a rule.

use model_registry::{Error, Gate, Rule};

use super::parse_again;

/// A model with a version in production and one that is to follow, with metrics of every kind.
const MODEL: &str = r#"{"models": {"m": {"versions": [
    {"version": "1", "run_id": "1", "artifact_path": "a", "stage": "prod", "feature_hash": "x",
     "training_end": "2024-06-30", "metrics": {"a": 1, "b": 0.5, "c": NaN, "d": 0, "e": null}},
    {"version": "2", "run_id": "2", "artifact_path": "a", "feature_schema_version": "x",
     "metrics": {"a": 18446744073709551617, "b": -Infinity, "c": 1e-07, "d": -0.0, "f": 1e999}}
], "current_prod": "1"}}}"#;

/// A rule is shown as a text that reads as the same rule, and can be judged; what is none has a
/// fault that lies within.
pub(crate) fn rule(text: &str) {
    match text.parse::<Rule>() {
        Ok(rule) => {
            let shown = rule.to_string();
            let again: Rule = shown.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, rule);
            assert_eq!(again.to_string(), shown);
            judged(rule);
        }
        Err(Error::BadRule { rule, column, problem }) => {
            assert_eq!(rule, text);
            let length = text.chars().count();
            assert!((1..=length + 1).contains(&column), "column {column} of {length}: {problem}");
        }
        Err(other) => panic!("not about the rule: {other}"),
    }
}

fn judged(rule: Rule) {
    let manifest = parse_again(MODEL);
    let model = manifest.model("m").expect("the model");
    let shown = rule.to_string();
    let gate = Gate { require: vec![rule], ..Gate::default() };
    for version in model.versions() {
        let verdicts = gate.judge(model, version);
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0].rule, shown);
        let _ = serde_json::to_string(&verdicts).expect("JSON");
    }
}
