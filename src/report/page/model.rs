//! The section of a model: charts, production, gate, versions.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};

use super::chart::Chart;
use super::gate::GateView;
use super::limits::Limits;
use super::show::shown;
use super::timeline::timeline;
use super::versions::versions;
use crate::gate::Policy;
use crate::manifest::{Model, ModelVersion, Number, Stage, Timestamp};
use crate::report::{Period, Series, periods};

/// A model with the content of its section.
pub(super) struct ModelPage<'m> {
    pub(super) model: &'m Model,
    /// The anchor of its section.
    pub(super) id: String,
    pub(super) periods: Vec<Period>,
    pub(super) gate: GateView,
    /// Findings about this model that are problems.
    pub(super) problems: usize,
    pub(super) series: Vec<Series<'m>>,
    /// Metrics without a chart.
    not_drawn: usize,
    limits: Limits,
}

impl<'m> ModelPage<'m> {
    pub(super) fn new(
        model: &'m Model,
        index: usize,
        policy: &Policy,
        problems: usize,
        limits: Limits,
    ) -> Self {
        let metrics = metrics(model, policy);
        let not_drawn = metrics.len().saturating_sub(limits.charts);
        let drawn = metrics.into_iter().take(limits.charts);
        let series = drawn.map(|metric| Series::new(model, model.versions(), &metric, policy));
        Self {
            model,
            id: format!("model-{}", index + 1),
            periods: periods(model),
            gate: GateView::new(model, policy),
            problems,
            series: series.collect(),
            not_drawn,
            limits,
        }
    }

    /// The versions in the table and in the data block.
    pub(super) fn shown_versions(&self) -> &'m [ModelVersion] {
        let versions = self.model.versions();
        &versions[versions.len().saturating_sub(self.limits.versions)..]
    }

    pub(super) fn section(&self, now: Timestamp) -> Markup {
        html! {
            section.model aria-labelledby=(self.id) {
                h2 id=(self.id) { (shown(self.model.name())) }
                (self.charts())
                (timeline(self.model, &self.periods, self.limits.periods, now))
                (self.gate.section(self.model.name()))
                (versions(self.model, self.shown_versions()))
            }
        }
    }

    fn charts(&self) -> Markup {
        let production = self.production();
        html! {
            h3 { "Metrics" }
            @if self.series.is_empty() {
                p.none { "No version has metrics." }
            } @else {
                @if self.not_drawn > 0 {
                    p.note {
                        (self.series.len()) " of " (self.series.len() + self.not_drawn) " metrics are "
                        "drawn: those with rules in the policy, then those of the newest versions."
                    }
                }
                div.charts {
                    @for series in &self.series {
                        @let values = values(series, &production);
                        (Chart { series, production: values, columns: self.limits.columns }.figure())
                    }
                }
            }
        }
    }

    /// For each version the version in production when it was registered; for the newest one, the
    /// version in production now.
    fn production(&self) -> Vec<Option<&str>> {
        let periods: Vec<_> = self
            .periods
            .iter()
            .filter_map(|period| Some((period.start()?, period.end(), &*period.version)))
            .collect();
        let versions = self.model.versions();
        let mut serving: Vec<_> = versions
            .iter()
            .map(|version| {
                let time = version.created()?;
                let (_, end, name) = periods.iter().rev().find(|(start, ..)| *start <= time)?;
                end.is_none_or(|end| time < end).then_some(*name)
            })
            .collect();
        if let Some(newest) = serving.last_mut() {
            *newest = self.periods.last().filter(|one| one.current).map(|one| &*one.version);
        }
        serving
    }
}

/// What the versions in production had, for each version of a series.
fn values(series: &Series<'_>, production: &[Option<&str>]) -> Vec<Option<f64>> {
    let named = |name: &str| series.points.iter().find(|point| point.version == name)?.finite();
    let mut known: HashMap<&str, Option<f64>> = HashMap::new();
    production
        .iter()
        .map(|name| name.and_then(|name| *known.entry(name).or_insert_with(|| named(name))))
        .collect()
}

/// The metrics of a model: those with a rule first, then those of the newest versions. Beyond the
/// newest hundred versions no metric is looked for.
fn metrics(model: &Model, policy: &Policy) -> Vec<String> {
    let mut seen = HashSet::new();
    let newest = model.versions().iter().rev().take(100);
    let names = newest.flat_map(|version: &ModelVersion| version.metrics());
    let mut names: Vec<_> = names
        .filter(|(_, value)| value.as_ref().is_some_and(Number::is_finite))
        .map(|(name, _)| name.into_owned())
        .filter(|name| seen.insert(name.clone()))
        .collect();
    let gates = [Stage::Prod, Stage::Staging].map(|stage| policy.gate(model.name(), stage));
    names.sort_by_key(|name| gates.iter().all(|gate| gate.better(name).is_none()));
    names
}
