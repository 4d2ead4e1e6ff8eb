//! Compares two versions of a model: their metrics and their training data.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::manifest::{ModelVersion, Number};

/// Fields that describe the training data, in the order of the document.
const FIELDS: [&str; 4] =
    ["training_start", "training_end", "feature_schema_version", "feature_hash"];

/// The comparison of a version with another one of its model.
///
/// It serializes numbers with the digits of the manifest, and missing values as `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison<'m> {
    /// Name of the version.
    pub version: &'m str,
    /// Name of the version it is compared with.
    pub baseline: &'m str,
    /// Metrics of both: those of the version in its order, then those only in the baseline.
    pub metrics: Vec<MetricComparison<'m>>,
    /// Other fields that differ.
    pub fields: Vec<FieldComparison<'m>>,
}

/// One metric of two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricComparison<'m> {
    /// Name of the metric.
    pub name: Cow<'m, str>,
    /// Value of the version, if it is a number.
    pub value: Option<Number<'m>>,
    /// Value of the baseline, if it is a number.
    pub baseline: Option<Number<'m>>,
    /// `value - baseline`, exact for integers of up to 128 bits, or `None` if it is not finite.
    pub difference: Option<Number<'static>>,
    /// `difference / |baseline|`, or `None` if that is not finite, as for a baseline of zero.
    pub relative: Option<f64>,
}

/// One field of two versions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FieldComparison<'m> {
    /// Name of the field, such as `training_end`.
    pub field: &'static str,
    /// Value of the version.
    pub value: Option<Cow<'m, str>>,
    /// Value of the baseline.
    pub baseline: Option<Cow<'m, str>>,
}

/// Compares a version with a baseline.
///
/// ```
/// use model_registry::{Manifest, compare};
///
/// let text = r#"{"models": {"minutes": {"versions": [
///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"val_mae": 4.0}},
///     {"version": "2", "run_id": "2", "artifact_path": "b", "metrics": {"val_mae": 3.5}}
/// ]}}}"#;
/// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
/// let versions = manifest.model("minutes")?.versions();
///
/// let comparison = compare(&versions[1], &versions[0]);
/// assert_eq!(comparison.metrics[0].relative, Some(-0.125));
/// assert!(comparison.fields.is_empty());
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn compare<'m>(candidate: &'m ModelVersion, baseline: &'m ModelVersion) -> Comparison<'m> {
    Comparison {
        version: candidate.version(),
        baseline: baseline.version(),
        metrics: metrics(candidate, baseline),
        fields: fields(candidate, baseline),
    }
}

fn metrics<'m>(
    candidate: &'m ModelVersion,
    baseline: &'m ModelVersion,
) -> Vec<MetricComparison<'m>> {
    let mut others: HashMap<_, _> = baseline.metrics().into_iter().collect();
    let both = candidate.metrics().into_iter().map(|(name, value)| {
        let other = others.remove(&name).flatten();
        MetricComparison::new(name, value, other)
    });
    let mut compared: Vec<_> = both.collect();
    let rest = baseline.metrics().into_iter().filter(|(name, _)| others.contains_key(name));
    compared.extend(rest.map(|(name, other)| MetricComparison::new(name, None, other)));
    compared
}

fn fields<'m>(candidate: &'m ModelVersion, baseline: &'m ModelVersion) -> Vec<FieldComparison<'m>> {
    let both = FIELDS.map(|field| FieldComparison {
        field,
        value: candidate.string(field),
        baseline: baseline.string(field),
    });
    both.into_iter().filter(|field| field.value != field.baseline).collect()
}

impl<'m> MetricComparison<'m> {
    fn new(name: Cow<'m, str>, value: Option<Number<'m>>, baseline: Option<Number<'m>>) -> Self {
        let difference = match (&value, &baseline) {
            (Some(value), Some(baseline)) => difference(value, baseline),
            _ => None,
        };
        let relative = match (&difference, &baseline) {
            (Some(difference), Some(baseline)) => {
                // A baseline of zero gives a result that is not finite, too.
                let relative = difference.as_f64() / baseline.as_f64().abs();
                relative.is_finite().then_some(relative)
            }
            _ => None,
        };
        Self { name, value, baseline, difference, relative }
    }
}

fn difference(value: &Number<'_>, baseline: &Number<'_>) -> Option<Number<'static>> {
    let integer = |number: &Number<'_>| number.text().parse::<i128>().ok();
    if let (Some(value), Some(baseline)) = (integer(value), integer(baseline))
        && let Some(difference) = value.checked_sub(baseline)
    {
        return Some(difference.into());
    }
    // Adding zero turns the -0.0 of `-0.0 - 0.0` into 0.0.
    let difference = value.as_f64() - baseline.as_f64() + 0.0;
    difference.is_finite().then(|| difference.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    /// Compares two versions with these members, and returns the JSON.
    fn compared(candidate: &str, baseline: &str) -> serde_json::Value {
        let version = |name, members| {
            format!(r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p", {members}}}"#)
        };
        let versions = [version("old", baseline), version("new", candidate)].join(",");
        let text = format!(r#"{{"models": {{"m": {{"versions": [{versions}]}}}}}}"#);
        let manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
        let [old, new] = manifest.model("m").expect("the model").versions() else { panic!("two") };
        let text = serde_json::to_string(&compare(new, old)).expect("JSON");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Returns value, baseline, difference and relative difference of one metric, as text.
    fn metric(value: &str, baseline: &str) -> [String; 4] {
        let version = |value| {
            let text = format!(
                r#"{{"models": {{"m": {{"versions": [{{"version": "v", "run_id": "r",
                "artifact_path": "p", "metrics": {{"a": {value}}}}}]}}}}}}"#
            );
            Manifest::parse(text, "m.json".as_ref()).expect("valid")
        };
        let (value, baseline) = (version(value), version(baseline));
        let of =
            |manifest: &Manifest| manifest.model("m").expect("the model").versions()[0].clone();
        let (value, baseline) = (of(&value), of(&baseline));
        let comparison = compare(&value, &baseline);
        let metric = &comparison.metrics[0];
        let parts = [&metric.value, &metric.baseline, &metric.difference];
        let [value, baseline, difference] =
            parts.map(|part| serde_json::to_string(part).expect("JSON"));
        [value, baseline, difference, format!("{:?}", metric.relative)]
    }

    #[test]
    fn the_metrics_of_both_versions_are_compared_in_order() {
        let compared = compared(
            r#""metrics": {"b": 3, "new": 1.5, "a": 2}"#,
            r#""metrics": {"a": 4, "old": 7, "b": 3}"#,
        );
        assert_eq!(
            compared,
            serde_json::json!({
                "version": "new", "baseline": "old",
                "metrics": [
                    {"name": "b", "value": 3, "baseline": 3, "difference": 0, "relative": 0.0},
                    {"name": "new", "value": 1.5, "baseline": null, "difference": null,
                        "relative": null},
                    {"name": "a", "value": 2, "baseline": 4, "difference": -2, "relative": -0.5},
                    {"name": "old", "value": null, "baseline": 7, "difference": null,
                        "relative": null},
                ],
                "fields": [],
            })
        );
    }

    #[test]
    fn differences_of_integers_are_exact() {
        let longest = "170141183460469231731687303715884105727";
        for (value, baseline, difference, relative) in [
            ("18446744073709551617", "18446744073709551616", "1", Some(1.0 / 2_f64.powi(64))),
            ("-1", "2", "-3", Some(-1.5)),
            ("2", "-1", "3", Some(3.0)),
            ("5", "0", "5", None),
            ("5", "-0.0", "5.0", None),
            ("-0.0", "0.0", "0.0", None),
            ("1.0", "1", "0.0", Some(0.0)),
            ("1e-07", "2e-07", "-1e-07", Some(-0.5)),
            ("1e308", "-1e308", "null", None),
            ("1e308", "1e-308", "1e+308", None),
            (longest, "-1", "1.7014118346046923e+38", Some(2_f64.powi(127))),
            ("null", "1", "null", None),
            ("1", "null", "null", None),
            ("NaN", "1", "null", None),
            ("1", "NaN", "null", None),
            ("1", "Infinity", "null", None),
        ] {
            let [shown, shown_baseline, found, found_relative] = metric(value, baseline);
            assert_eq!(found, difference, "{value} - {baseline}");
            assert_eq!(found_relative, format!("{relative:?}"), "{value} against {baseline}");
            // Digits are kept; NaN and the infinities are null in JSON.
            let raw = |text: &str| {
                if text.contains('N') || text.contains('I') { "null" } else { text }.to_owned()
            };
            assert_eq!((shown, shown_baseline), (raw(value), raw(baseline)));
        }
    }

    #[test]
    fn only_fields_that_differ_are_listed() {
        let compared = compared(
            r#""training_start": "2022-10-01", "training_end": "2024-06-30",
                "feature_schema_version": "v2", "feature_hash": "caf\u00e9", "description": "b""#,
            r#""training_start": "2022-10-01", "training_end": "2024-05-31",
                "feature_hash": "café", "description": "a""#,
        );
        assert_eq!(
            compared["fields"],
            serde_json::json!([
                {"field": "training_end", "value": "2024-06-30", "baseline": "2024-05-31"},
                {"field": "feature_schema_version", "value": "v2", "baseline": null},
            ])
        );
    }
}
