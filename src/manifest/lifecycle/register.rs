//! Registers training runs as versions.

use std::borrow::Cow;

use json_document::{Number, Value};

use super::super::timestamp::Timestamp;
use super::super::version::{FIELDS, ModelVersion};
use super::super::{Manifest, valid};
use super::differences::differences;
use super::registration::{Metric, Registration};
use super::unwritable;
use crate::error::{Error, Result};

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
    /// Metrics without a value in the registration, which are stored as `null`.
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
    /// Those of [`Registration::validate`], [`Error::Invalid`] for an unsafe name,
    /// [`Error::AlreadyRegistered`] if the version exists with different content, or
    /// [`Error::NameIsRunId`] if its name is the run id of another version.
    pub fn register(
        &mut self,
        model: &str,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<Registered> {
        valid::name("model", model)?;
        registration.validate()?;
        let given = registration.version.as_ref().or(registration.run_id.as_ref());
        let version = match given {
            Some(name) => name.clone(),
            None => self.free_time_stamp(model, now),
        };
        valid::name("version", &version)?;
        let run_id = registration.run_id.as_ref().unwrap_or(&version);
        valid::name("run id", run_id)?;

        let fields = fields(registration, &version, run_id, now);
        let names = |selects: fn(&Metric) -> bool| -> Vec<String> {
            let metrics = registration.metrics.iter().filter(|metric| selects(metric));
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
        // A reference to that run would mean the new version.
        if let Some(other) = present.and_then(|found| found.of_run(&version)) {
            let (model, other) = (model.to_owned(), other.version().to_owned());
            return Err(Error::NameIsRunId { model, name: version, version: other });
        }
        let style = self.style.clone();
        let added =
            ModelVersion::new(fields, &style).map_err(|fault| unwritable(&version, &fault))?;
        self.model_or_new(model).push(added, &style);
        self.touch(now);
        Ok(Registered { version, added: true, not_finite, null })
    }

    /// Returns a version name made from the time, or from a later second if that name exists.
    fn free_time_stamp(&self, model: &str, now: Timestamp) -> String {
        let exists = |name: &str| {
            self.model(model)
                .is_ok_and(|model| model.version(name).is_some() || model.of_run(name).is_some())
        };
        let mut time = now;
        while exists(&time.compact()) {
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
    // Fields that the original tool does not know come after its own.
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
    fn a_run_id_does_not_become_the_name_of_another_version() {
        let mut manifest = Manifest::default();
        let registration = |version: Option<&str>, run_id: Option<&str>| Registration {
            version: version.map(Into::into),
            run_id: run_id.map(Into::into),
            ..Registration::new("p")
        };
        let first = registration(Some("1"), Some("nightly"));
        manifest.register("m", &first, at(0)).expect("a new version");
        for run_id in [None, Some("nightly"), Some("other")] {
            let version = registration(Some("nightly"), run_id);
            match manifest.register("m", &version, at(1)) {
                Err(Error::NameIsRunId { name, version, .. }) => {
                    assert_eq!((&*name, &*version), ("nightly", "1"));
                }
                other => panic!("{other:?}"),
            }
            let model = manifest.model("m").expect("the model");
            assert_eq!(model.resolve("nightly").expect("one version").version(), "1");
        }
        // Another model, the same registration again, and a second version of the run.
        let named = registration(Some("nightly"), None);
        manifest.register("other", &named, at(1)).expect("a new version");
        assert!(!manifest.register("m", &first, at(1)).expect("unchanged").added);
        let second = registration(Some("2"), Some("nightly"));
        manifest.register("m", &second, at(1)).expect("a new version");
        // The name of a version is found before a run id, so that this changes no reference.
        let named = registration(Some("3"), Some("2"));
        manifest.register("m", &named, at(1)).expect("a new version");
        assert_eq!(manifest.model("m").expect("it").resolve("2").expect("one").version(), "2");
        // A name that is made from the time is another one.
        let timed = registration(Some("4"), Some("20251201T050007Z"));
        manifest.register("m", &timed, at(1)).expect("a new version");
        let registered = manifest.register("m", &registration(None, None), at(7)).expect("valid");
        assert_eq!(registered.version, "20251201T050008Z");
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
    fn a_digest_may_be_unknown_before_and_a_metric_may_not_be_lost() {
        let mut manifest = with_versions(&["1"]);
        let before = manifest.clone();
        let digest = Some(format!("sha256:{}", "0".repeat(64)));
        let measured = Registration { artifact_digest: digest, ..trained("1") };
        let again = manifest.register("m", &measured, at(9)).expect("the same run");
        assert!(!again.added && manifest == before);
        let mut diverged = trained("1");
        diverged.metrics[0].value = Some(Number::from(f64::NAN));
        match manifest.register("m", &diverged, at(9)) {
            Err(Error::AlreadyRegistered { fields, .. }) => assert_eq!(fields, ["metric val_mae"]),
            other => panic!("{other:?}"),
        }
        let tagged = |value: &str| Registration {
            tags: vec![("owner".to_owned(), value.to_owned())],
            ..trained("2")
        };
        manifest.register("m", &tagged("ada"), at(9)).expect("a new version");
        match manifest.register("m", &tagged("lin"), at(9)) {
            Err(Error::AlreadyRegistered { fields, .. }) => assert_eq!(fields, ["tags"]),
            other => panic!("{other:?}"),
        }
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
        for name in [
            "",
            " a",
            "a ",
            "a\nb",
            "a\u{1b}[31m",
            "@prod",
            "\u{85}x",
            "a\u{200b}",
            "a\u{ad}b",
            "\u{feff}a",
            "a\u{61c}",
            "a\u{202e}b",
            "a\u{e0041}",
            "a\u{fe0f}",
            "a\u{a0}b",
        ] {
            assert!(manifest.register(name, &trained("1"), at(0)).is_err(), "model {name:?}");
            assert!(manifest.register("m", &trained(name), at(0)).is_err(), "version {name:?}");
            let tagged = Registration { tags: vec![(name.into(), "x".into())], ..trained("1") };
            assert!(manifest.register("m", &tagged, at(0)).is_err(), "tag {name:?}");
        }
        for path in ["", "  ", "a\nb", "a\0b"] {
            let registration = Registration { artifact_path: path.into(), ..trained("1") };
            assert!(manifest.register("m", &registration, at(0)).is_err(), "path {path:?}");
        }
        assert_eq!(manifest, Manifest::default());
        // A file can have such a name.
        let registration = Registration { artifact_path: "a\u{200b}b".into(), ..trained("1") };
        manifest.register("m", &registration, at(0)).expect("it is registered");
    }
}
