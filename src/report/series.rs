//! A metric over the versions of a model.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::gate::{Better, Policy};
use crate::manifest::{Model, ModelVersion, Number, Stage};

/// Metrics over the versions of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Trend<'m> {
    /// The model.
    pub model: &'m str,
    /// The number of versions the model has.
    pub versions: usize,
    /// The number of versions in each series: the newest ones.
    pub shown: usize,
    /// One series for each requested metric.
    pub metrics: Vec<Series<'m>>,
}

/// One metric over the versions of a model, in the order of registration.
///
/// `first`, `last`, `lowest`, `highest` and `best` are among the versions shown and have a finite
/// value; of equal ones the older one is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Series<'m> {
    /// The metric.
    pub metric: String,
    /// Which values are better, if a rule of the policy implies it.
    pub better: Option<Better>,
    /// The rule that implies it.
    pub rule: Option<String>,
    /// The oldest value.
    pub first: Option<Reading<'m>>,
    /// The newest value.
    pub last: Option<Reading<'m>>,
    /// The lowest value.
    pub lowest: Option<Reading<'m>>,
    /// The highest value.
    pub highest: Option<Reading<'m>>,
    /// The lowest or the highest value, if it is known which of them is better.
    pub best: Option<Reading<'m>>,
    /// The value of the version that is current in prod.
    pub prod: Option<Reading<'m>>,
    /// The value of the version that is current in staging.
    pub staging: Option<Reading<'m>>,
    /// Every version shown.
    pub points: Vec<Point<'m>>,
}

/// The value of a metric, and the version that has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reading<'m> {
    /// The version.
    pub version: &'m str,
    /// The value, with the digits of the manifest.
    pub value: Number<'m>,
}

/// A version in a series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Point<'m> {
    /// The version.
    pub version: &'m str,
    /// When it was registered, as written.
    pub created_at: Option<Cow<'m, str>>,
    /// The stage it was last moved to.
    pub stage: Stage,
    /// The stage in which it is current.
    pub current: Option<Stage>,
    /// The value; `None` if the version lacks the metric or it is not a number.
    pub value: Option<Number<'m>>,
}

impl<'m> Trend<'m> {
    /// Returns the series of these metrics over the newest `limit` versions, or over all of them.
    /// The policy decides which values are better.
    ///
    /// # Errors
    /// [`Error::NoVersions`], and [`Error::MetricNotFound`] if no version of the model has any of
    /// these metrics.
    ///
    /// ```
    /// use model_registry::{Manifest, Policy, report::Trend};
    ///
    /// let text = r#"{"models": {"m": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a", "metrics": {"mae": 4.0}},
    ///     {"version": "2", "run_id": "2", "artifact_path": "b", "metrics": {"mae": 3.5}}
    /// ]}}}"#;
    /// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let policy = Policy::parse("[prod]\nrequire = ['mae <= prod']", "policy.toml".as_ref())?;
    ///
    /// let trend = Trend::new(manifest.model("m")?, &["mae".to_owned()], None, &policy)?;
    /// assert_eq!(trend.metrics[0].best.as_ref().expect("a value").version, "2");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn new(
        model: &'m Model,
        metrics: &[String],
        limit: Option<usize>,
        policy: &Policy,
    ) -> Result<Self> {
        let versions = model.versions();
        if versions.is_empty() {
            return Err(Error::NoVersions { model: model.name().to_owned() });
        }
        let is_known = |version: &ModelVersion| {
            version.metrics().iter().any(|(name, _)| metrics.iter().any(|metric| metric == name))
        };
        if let Some(metric) = metrics.first()
            && !versions.iter().rev().any(is_known)
        {
            let (model, metric) = (model.name().to_owned(), metric.clone());
            return Err(Error::MetricNotFound { model, metric, present: metric_names(versions) });
        }
        let skipped = versions.len().saturating_sub(limit.unwrap_or(versions.len()));
        let shown = &versions[skipped..];
        let series = |metric: &String| Series::new(model, shown, metric, policy);
        Ok(Self {
            model: model.name(),
            versions: versions.len(),
            shown: shown.len(),
            metrics: metrics.iter().map(series).collect(),
        })
    }
}

/// The metrics of versions, those of the newest version first.
fn metric_names(versions: &[ModelVersion]) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = versions.iter().rev().flat_map(ModelVersion::metrics).map(|(name, _)| name);
    names.filter(|name| seen.insert(name.clone())).map(Cow::into_owned).collect()
}

impl<'m> Series<'m> {
    /// Returns the series of one metric over some versions of a model.
    pub fn new(
        model: &'m Model,
        versions: &'m [ModelVersion],
        metric: &str,
        policy: &Policy,
    ) -> Self {
        let current = |stage| model.current_version(stage).ok();
        let (prod, staging) = (current(Stage::Prod), current(Stage::Staging));
        let is = |version: &ModelVersion, current: Option<&ModelVersion>| {
            current.is_some_and(|current| current.version() == version.version())
        };
        let reading = |version: &'m ModelVersion| {
            let value = version.metric(metric).filter(Number::is_finite)?;
            Some(Reading { version: version.version(), value })
        };
        let points = versions.iter().map(|version| Point {
            version: version.version(),
            created_at: version.created_at(),
            stage: version.stage(),
            current: if is(version, prod) {
                Some(Stage::Prod)
            } else {
                is(version, staging).then_some(Stage::Staging)
            },
            value: version.metric(metric),
        });
        let preference = [Stage::Prod, Stage::Staging]
            .iter()
            .find_map(|&stage| policy.gate(model.name(), stage).better(metric));
        let (better, rule) = preference.unzip();
        let (prod, staging) = (prod.and_then(reading), staging.and_then(reading));
        let series = Self {
            points: points.collect(),
            better,
            rule,
            first: None,
            last: None,
            lowest: None,
            highest: None,
            best: None,
            prod,
            staging,
            metric: metric.to_owned(),
        };
        series.summarized()
    }

    /// Fills in the first, the last, the lowest, the highest and the best value.
    fn summarized(mut self) -> Self {
        for point in &self.points {
            let Some(value) = point.value.as_ref().filter(|value| value.is_finite()) else {
                continue;
            };
            let reading = || Some(Reading { version: point.version, value: value.clone() });
            let passes = |known: &Option<Reading<'_>>, wanted: std::cmp::Ordering| {
                known.as_ref().is_none_or(|known| value.compare(&known.value) == Some(wanted))
            };
            if self.first.is_none() {
                self.first = reading();
            }
            if passes(&self.lowest, std::cmp::Ordering::Less) {
                self.lowest = reading();
            }
            if passes(&self.highest, std::cmp::Ordering::Greater) {
                self.highest = reading();
            }
            self.last = reading();
        }
        self.best = match self.better {
            Some(Better::Lower) => self.lowest.clone(),
            Some(Better::Higher) => self.highest.clone(),
            None => None,
        };
        self
    }

    /// Returns the values of the newest `count` versions, for a [`sparkline`](super::sparkline).
    pub fn newest(&self, count: usize) -> Vec<Option<f64>> {
        let skipped = self.points.len().saturating_sub(count);
        self.points[skipped..].iter().map(Point::finite).collect()
    }

    /// Returns whether no version shown has a value.
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

impl Point<'_> {
    /// Returns the value if it can be drawn.
    pub fn finite(&self) -> Option<f64> {
        let value = self.value.as_ref()?.as_f64();
        value.is_finite().then_some(value)
    }

    /// Returns whether the version was moved to prod and replaced there.
    pub fn is_past(&self) -> bool {
        self.stage == Stage::Prod && self.current != Some(Stage::Prod)
    }
}
