//! Registers training runs as versions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use json_document::{Number, Parser, Raw, Value};

use super::super::fault::Fault;
use super::super::timestamp::Timestamp;
use super::super::version::{FIELDS, ModelVersion};
use super::super::{Manifest, bad_document};
use super::unwritable;
use crate::error::{Error, Result};

/// A metric of a training run.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name of the metric.
    pub name: String,
    /// Value, or `None` if it is unknown or was not finite.
    pub value: Option<Number<'static>>,
}

impl Metric {
    /// Creates a metric with a value.
    pub fn new(name: impl Into<String>, value: impl Into<Number<'static>>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }
}

/// The result of a training run, to register as a version.
///
/// ```
/// use model_registry::Registration;
///
/// let trained = Registration::new("runs/20251214/model.txt")
///     .run_id("20251214")
///     .metric("val_mae", 3.54);
/// assert_eq!(trained.metrics[0].name, "val_mae");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Registration {
    /// Name of the version. The default is the run id, or the time: `20241204T220000Z`.
    pub version: Option<String>,
    /// Id of the training run. The default is the name of the version.
    pub run_id: Option<String>,
    /// Path or URL of the trained model.
    pub artifact_path: String,
    /// First day of the training window.
    pub training_start: Option<String>,
    /// Last day of the training window.
    pub training_end: Option<String>,
    /// Version of the feature schema.
    pub feature_schema_version: Option<String>,
    /// Hash of the features.
    pub feature_hash: Option<String>,
    /// Metrics, in the order to store them in.
    pub metrics: Vec<Metric>,
    /// Description.
    pub description: String,
    /// Tags, each with its value.
    pub tags: Vec<(String, String)>,
    /// Digest of the artifact: `sha256:` and 64 hexadecimal digits.
    pub artifact_digest: Option<String>,
    /// Size of the artifact in bytes.
    pub artifact_size: Option<u64>,
    /// Time of the training, for runs that are imported; the time of the registration if it is
    /// left out.
    pub created_at: Option<Timestamp>,
}

impl Registration {
    /// Creates a registration of the artifact at a path or a URL. Other fields can be set.
    pub fn new(artifact_path: impl Into<String>) -> Self {
        Self {
            version: None,
            run_id: None,
            artifact_path: artifact_path.into(),
            training_start: None,
            training_end: None,
            feature_schema_version: None,
            feature_hash: None,
            metrics: Vec::new(),
            description: String::new(),
            tags: Vec::new(),
            artifact_digest: None,
            artifact_size: None,
            created_at: None,
        }
    }

    /// Sets the name of the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the id of the training run.
    #[must_use]
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// Adds a metric.
    #[must_use]
    pub fn metric(mut self, name: impl Into<String>, value: impl Into<Number<'static>>) -> Self {
        self.metrics.push(Metric::new(name, value));
        self
    }

    /// Parses a flat JSON object of metrics, as Python's `json.dumps(metrics)` writes it.
    ///
    /// `NaN` is accepted as a number, and `null` is a metric without a value. Errors name the text
    /// by `path`.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`] with the line and the column.
    ///
    /// ```
    /// use model_registry::Registration;
    ///
    /// let metrics = Registration::parse_metrics(r#"{"val_mae": 3.54, "rows": 6079}"#, "-".as_ref())?;
    /// assert_eq!(metrics[1].name, "rows");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse_metrics(text: &str, path: &Path) -> Result<Vec<Metric>> {
        read_metrics(text, path, |name, place, _| {
            Err(Fault::field(place, format!("metric `{name}` is not a number")))
        })
    }

    /// Reads the numbers of a JSON object, and skips what is not a number: strings, booleans, arrays
    /// and objects. A finished training run is registered although its file of metrics has more in it.
    ///
    /// # Errors
    /// [`Error::BadDocument`] if the text is not a JSON object.
    ///
    /// ```
    /// use model_registry::Registration;
    ///
    /// let text = r#"{"val_mae": 3.54, "booster": "gbdt"}"#;
    /// let read = Registration::parse_metrics_leniently(text, "-".as_ref())?;
    /// assert_eq!((read.metrics.len(), &*read.skipped[0].name), (1, "booster"));
    /// assert_eq!(read.skipped[0].found, "a string");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse_metrics_leniently(text: &str, path: &Path) -> Result<ReadMetrics> {
        let mut skipped = Vec::new();
        let metrics = read_metrics(text, path, |name, _, found| {
            skipped.push(SkippedMetric { name: name.to_owned(), found });
            Ok(())
        })?;
        Ok(ReadMetrics { metrics, skipped })
    }
}

/// Metrics from a file that may contain other values, too.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadMetrics {
    /// The metrics, in the order of the file.
    pub metrics: Vec<Metric>,
    /// The members that are not numbers.
    pub skipped: Vec<SkippedMetric>,
}

/// A member of a file of metrics that is not a number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedMetric {
    /// The name.
    pub name: String,
    /// The kind of value that was found, such as `a string`.
    pub found: &'static str,
}

/// Reads the numbers of a JSON object; `other` handles a member that is not a number, with its name,
/// its offset and its kind.
fn read_metrics(
    text: &str,
    path: &Path,
    mut other: impl FnMut(&str, usize, &'static str) -> Result<(), Fault>,
) -> Result<Vec<Metric>> {
    let mut metrics = Vec::new();
    let mut parser = Parser::from_str(text);
    parser
        .object::<Fault>(|parser, key| {
            let place = parser.skip()?;
            let found = match Raw::new(&text[place.clone()]).value() {
                Value::Null => {
                    metrics.push(Metric { name: key.name.into_owned(), value: None });
                    return Ok(());
                }
                Value::Number(number) => {
                    let value = Some(number.into_owned());
                    metrics.push(Metric { name: key.name.into_owned(), value });
                    return Ok(());
                }
                Value::String(_) => "a string",
                Value::Bool(_) => "a boolean",
                Value::Array(_) => "an array",
                Value::Object(_) => "an object",
            };
            other(&key.name, place.start, found)
        })
        .and_then(|()| Ok(parser.finish()?))
        .map_err(|fault| bad_document(&fault, text, path))?;
    Ok(metrics)
}

/// The outcome of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Registered {
    /// Name of the version.
    pub version: String,
    /// Whether the version is new. If not, it was already registered with the same content.
    pub added: bool,
    /// Metrics that are stored as `null` because they are not finite.
    pub not_finite: Vec<String>,
    /// The metrics without a value, which are `null` in the registration, too.
    pub null: Vec<String>,
}

impl Manifest {
    /// Adds a version in stage `dev`, and its model if it is new.
    ///
    /// Registering the same version with the same content again changes nothing, so that a job can
    /// be repeated. Metrics that are not finite are stored as `null`, so that a finished training
    /// run is always registered.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an unsafe name or path, [`Error::AlreadyRegistered`].
    pub fn register(
        &mut self,
        model: &str,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<Registered> {
        check_name("model", model)?;
        check_path(&registration.artifact_path)?;
        for (name, _) in &registration.tags {
            check_name("tag", name)?;
        }
        check_date("training start", registration.training_start.as_deref())?;
        check_date("training end", registration.training_end.as_deref())?;
        let given = registration.version.as_ref().or(registration.run_id.as_ref());
        let version = match given {
            Some(name) => name.clone(),
            None => self.free_time_stamp(model, now),
        };
        check_name("version", &version)?;
        let run_id = registration.run_id.as_ref().unwrap_or(&version);
        check_name("run id", run_id)?;

        let fields = fields(registration, &version, run_id, now);
        let names = |wanted: fn(&Metric) -> bool| -> Vec<String> {
            let metrics = registration.metrics.iter().filter(|metric| wanted(metric));
            metrics.map(|metric| metric.name.clone()).collect()
        };
        let not_finite = names(|metric| metric.value.as_ref().is_some_and(|n| !n.is_finite()));
        let null = names(|metric| metric.value.is_none());
        let present = self.models().iter().find(|found| found.name() == model);
        if let Some(present) = present.and_then(|found| found.version(&version)) {
            let differing = differences(present, &fields);
            if differing.is_empty() {
                return Ok(Registered { version, added: false, not_finite, null });
            }
            let model = model.to_owned();
            return Err(Error::AlreadyRegistered { model, version, fields: differing });
        }
        let style = self.style.clone();
        let added =
            ModelVersion::new(fields, &style).map_err(|fault| unwritable(&version, &fault))?;
        self.model_or_new(model).push(added, &style);
        self.touch(now);
        Ok(Registered { version, added: true, not_finite, null })
    }

    /// Returns a version name made from the time, or a later second if that name is taken.
    fn free_time_stamp(&self, model: &str, now: Timestamp) -> String {
        let taken = |name: &str| self.model(model).is_ok_and(|model| model.version(name).is_some());
        let mut time = now;
        while taken(&time.compact()) {
            time = time.next_second();
        }
        time.compact()
    }
}

/// Returns the fields of a new version, in Python's order.
fn fields<'r>(
    registration: &'r Registration,
    version: &'r str,
    run_id: &'r str,
    now: Timestamp,
) -> Vec<(Cow<'r, str>, Value<'r>)> {
    let string = |text: &'r str| Value::String(Cow::Borrowed(text));
    let optional = |text: &'r Option<String>| text.as_deref().map_or(Value::Null, string);
    let metric = |number: &Option<Number<'static>>| {
        let finite = number.as_ref().filter(|number| number.is_finite());
        finite.map_or(Value::Null, |number| Value::Number(number.normalized()))
    };
    let metrics: Vec<(Cow<'r, str>, Value<'r>)> = registration
        .metrics
        .iter()
        .map(|Metric { name, value }| (Cow::Borrowed(name.as_str()), metric(value)))
        .collect();
    let mut fields: Vec<_> = FIELDS
        .into_iter()
        .map(|(field, default)| {
            let value = match field {
                "version" => string(version),
                "run_id" => string(run_id),
                "artifact_path" => string(&registration.artifact_path),
                "created_at" => {
                    Value::String(registration.created_at.unwrap_or(now).to_string().into())
                }
                "training_start" => optional(&registration.training_start),
                "training_end" => optional(&registration.training_end),
                "feature_schema_version" => optional(&registration.feature_schema_version),
                "feature_hash" => optional(&registration.feature_hash),
                "metrics" => Value::Object(metrics.clone()),
                "description" => string(&registration.description),
                _ => default,
            };
            (Cow::Borrowed(field), value)
        })
        .collect();
    // What the original tool does not know follows its fields.
    if let Some(digest) = &registration.artifact_digest {
        fields.push(("artifact_digest".into(), string(digest)));
    }
    if let Some(size) = registration.artifact_size {
        fields.push(("artifact_size".into(), Value::Number(size.into())));
    }
    if !registration.tags.is_empty() {
        let tags = registration.tags.iter();
        let tags = tags.map(|(name, value)| (Cow::Borrowed(name.as_str()), string(value)));
        fields.push(("tags".into(), Value::Object(tags.collect())));
    }
    fields
}

/// Returns the fields in which a registration differs from the existing version, metrics by name.
fn differences(present: &ModelVersion, given: &[(Cow<'_, str>, Value<'_>)]) -> Vec<String> {
    let there = present.fields();
    let mut differing = Vec::new();
    for (field, value) in given {
        if ["stage", "created_at", "promoted_at"].contains(&&**field) {
            continue;
        }
        let old = there.iter().find(|(name, _)| name == field).map(|(_, value)| value);
        match (old, value) {
            // Registered where the artifact was not, or by the original tool.
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

pub(super) fn check_name(field: &'static str, name: &str) -> Result<()> {
    let problem = if name.is_empty() {
        "is empty"
    } else if name.trim() != name {
        "starts or ends with whitespace"
    } else if name.contains(char::is_control) {
        "contains a control character"
    } else if name.starts_with('@') {
        "starts with `@`, which is reserved for @prod, @staging and @latest"
    } else if field == "version" && name == "none" {
        "is reserved for \"no version\""
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field, value: name.to_owned(), problem })
}

/// Free text in place of a date could not be compared with one.
fn check_date(field: &'static str, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if Timestamp::parse_date(text).is_none() => {
            let problem = "is not a date such as 2025-12-01, or a timestamp";
            Err(Error::Invalid { field, value: text.to_owned(), problem })
        }
        _ => Ok(()),
    }
}

fn check_path(path: &str) -> Result<()> {
    let problem = if path.trim().is_empty() {
        "is empty"
    } else if path.contains(char::is_control) {
        "contains a control character"
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field: "artifact path", value: path.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::super::super::{Provenance, Stage};
    use super::super::testing::{at, trained, with_versions};
    use super::*;

    #[test]
    fn a_new_manifest_equals_the_one_that_python_writes() {
        let manifest = with_versions(&["1"]);
        assert_eq!(manifest.to_text(), include_str!("../../../tests/data/first_version.json"));
    }

    #[test]
    fn names_default_to_each_other_and_then_to_the_time() {
        let mut manifest = Manifest::default();
        let registration = |version: Option<&str>, run_id: Option<&str>| Registration {
            version: version.map(Into::into),
            run_id: run_id.map(Into::into),
            ..Registration::new("p")
        };
        for (version, run_id, expected) in [
            (Some("v"), Some("r"), ("v", "r")),
            (Some("w"), None, ("w", "w")),
            (None, Some("s"), ("s", "s")),
            (None, None, ("20251201T050007Z", "20251201T050007Z")),
            (None, None, ("20251201T050008Z", "20251201T050008Z")),
        ] {
            let registered =
                manifest.register("m", &registration(version, run_id), at(7)).expect("valid");
            let found = manifest.model("m").expect("the model").version(&registered.version);
            let found = found.expect("the version");
            assert_eq!((found.version(), &*found.run_id()), expected);
        }
    }

    #[test]
    fn registering_again_changes_nothing_or_reports_the_differences() {
        let mut manifest = with_versions(&["1"]);
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        let before = manifest.clone();
        let again = manifest.register("m", &trained("1"), at(9)).expect("unchanged");
        assert!(!again.added && manifest == before);

        let mut other = trained("1");
        other.artifact_path = "elsewhere".into();
        other.feature_hash = Some("abc".into());
        other.metrics =
            vec![Metric::new("val_mae", 3.6), Metric { name: "new".into(), value: None }];
        match manifest.register("m", &other, at(9)) {
            Err(Error::AlreadyRegistered { fields, .. }) => assert_eq!(
                fields,
                ["artifact_path", "feature_hash", "metric val_mae", "metric new", "metric rows"]
            ),
            other => panic!("{other:?}"),
        }
        assert_eq!(manifest, before);
    }

    #[test]
    fn a_metric_that_is_not_finite_is_stored_as_null() {
        let mut manifest = Manifest::default();
        let mut diverged = trained("1");
        diverged.metrics[0].value = Some(Number::from(f64::NAN));
        for added in [true, false] {
            let registered = manifest.register("m", &diverged, at(0)).expect("registered");
            assert_eq!((registered.added, registered.not_finite), (added, vec!["val_mae".into()]));
        }
        assert!(manifest.to_text().contains("\"val_mae\": null"));
    }

    #[test]
    fn numbers_are_stored_in_pythons_notation() {
        let metrics = Registration::parse_metrics(
            r#"{"a": 1.50, "b": 1E5, "c": -0, "d": 12345678901234567890123, "e": 1e-7}"#,
            "m.json".as_ref(),
        );
        let registration = Registration { metrics: metrics.expect("numbers"), ..trained("1") };
        let mut manifest = Manifest::default();
        manifest.register("m", &registration, at(0)).expect("valid");
        let model = manifest.model("m").expect("the model");
        let digits: Vec<_> = model.versions()[0]
            .metrics()
            .iter()
            .map(|(_, number)| number.as_ref().expect("a number").text().to_owned())
            .collect();
        assert_eq!(digits, ["1.5", "100000.0", "-0", "12345678901234567890123", "1e-07"]);
    }

    #[test]
    fn unsafe_names_and_paths_are_refused() {
        let mut manifest = Manifest::default();
        assert!(manifest.register("m", &trained("none"), at(0)).is_err());
        for name in ["", " a", "a ", "a\nb", "a\u{1b}[31m", "@prod", "\u{85}x"] {
            assert!(manifest.register(name, &trained("1"), at(0)).is_err(), "model {name:?}");
            assert!(manifest.register("m", &trained(name), at(0)).is_err(), "version {name:?}");
        }
        for path in ["", "  ", "a\nb", "a\0b"] {
            let registration = Registration { artifact_path: path.into(), ..trained("1") };
            assert!(manifest.register("m", &registration, at(0)).is_err(), "path {path:?}");
        }
        assert_eq!(manifest, Manifest::default());
    }
}
