//! Compares a registration with the version that exists.

use std::borrow::Cow;
use std::collections::HashMap;

use json_document::{Number, Value};

use super::super::version::ModelVersion;

/// Returns the fields in which a registration differs from the existing version, metrics by name.
pub(super) fn differences(
    present: &ModelVersion,
    given: &[(Cow<'_, str>, Value<'_>)],
) -> Vec<String> {
    let fields = present.fields();
    let mut differing = Vec::new();
    for (field, value) in given {
        if ["stage", "created_at", "promoted_at"].contains(&&**field) {
            continue;
        }
        let old = fields.iter().find(|(name, _)| name == field).map(|(_, value)| value);
        match (old, value) {
            // The version was registered without the artifact, or by the original tool.
            (None | Some(Value::Null), _) if field.starts_with("artifact_") => {}
            (Some(Value::Object(old)), Value::Object(new)) if field == "metrics" => {
                differing.extend(differing_metrics(old, new));
            }
            (old, new) if old != Some(new) => differing.push(field.clone().into_owned()),
            _ => {}
        }
    }
    differing
}

type Metrics<'m> = [(Cow<'m, str>, Value<'m>)];

fn differing_metrics(old: &Metrics<'_>, new: &Metrics<'_>) -> Vec<String> {
    // A metric that is not finite equals the null that is stored for it.
    let finite = |value: &Value<'_>| value.as_number().is_some_and(Number::is_finite);
    let same = |one: &Value<'_>, two: &Value<'_>| one == two || !(finite(one) || finite(two));
    let by_name = |metrics: &'_ Metrics<'_>| -> HashMap<String, usize> {
        let places = metrics.iter().enumerate();
        places.map(|(place, (name, _))| (name.clone().into_owned(), place)).collect()
    };
    let (in_old, in_new) = (by_name(old), by_name(new));
    let changed = new.iter().filter(|(name, value)| {
        in_old.get(&**name).is_none_or(|&place| !same(&old[place].1, value))
    });
    let gone = old.iter().filter(|(name, _)| !in_new.contains_key(&**name));
    changed.chain(gone).map(|(name, _)| format!("metric {name}")).collect()
}
