//! The section of a model: charts, timeline, gate, versions.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};

use super::chart::Chart;
use super::gate::GateView;
use super::limits::Limits;
use super::show::{name, shown};
use super::timeline::timeline;
use super::versions::versions;
use crate::artifact::State;
use crate::gate::Policy;
use crate::manifest::{Model, ModelVersion, Number, Stage, Timestamp};
use crate::report::{Period, Series, periods};

/// A model with the content of its section.
pub(super) struct ModelPage<'m> {
    pub(super) model: &'m Model,
    /// The anchor of its section.
    pub(super) id: String,
    /// The periods in production.
    pub(super) prod: Vec<Period>,
    pub(super) staging: Vec<Period>,
    pub(super) gate: GateView,
    /// Findings about this model that are problems.
    pub(super) problems: usize,
    pub(super) series: Vec<Series<'m>>,
    /// The versions in the table and in the data block, in the order of the file.
    pub(super) versions: Vec<&'m ModelVersion>,
    /// The states of their artifacts, if these were verified.
    pub(super) states: Option<&'m [State]>,
    /// Metrics without a chart.
    not_drawn: usize,
    limits: Limits,
}

impl<'m> ModelPage<'m> {
    pub(super) fn new(
        model: &'m Model,
        id: String,
        policy: &Policy,
        limits: Limits,
        states: Option<&'m [State]>,
    ) -> Self {
        let metrics = metrics(model, policy);
        let not_drawn = metrics.len().saturating_sub(limits.charts);
        let drawn = metrics.into_iter().take(limits.charts);
        let series = drawn.map(|metric| Series::new(model, model.versions(), &metric, policy));
        let mut page = Self {
            model,
            id,
            prod: periods(model, Stage::Prod),
            staging: periods(model, Stage::Staging),
            gate: GateView::new(model, policy, None),
            problems: 0,
            series: series.collect(),
            versions: limits.versions_of(model),
            states,
            not_drawn,
            limits,
        };
        if states.is_some()
            && let Some(staging) = model.current(Stage::Staging)
        {
            page.gate = GateView::new(model, policy, page.state_of(&staging));
        }
        page
    }

    /// The state of the artifact of a version on the page.
    pub(super) fn state_of(&self, version: &str) -> Option<&'m State> {
        let place = self.versions.iter().rposition(|one| one.version() == version)?;
        self.states?.get(place)
    }

    /// The newest periods, as many as the page shows of each stage.
    pub(super) fn newest<'p>(&self, periods: &'p [Period]) -> &'p [Period] {
        &periods[periods.len().saturating_sub(self.limits.periods)..]
    }

    pub(super) fn section(&self, now: Timestamp) -> Markup {
        html! {
            section.model aria-labelledby=(self.id) {
                div.heading {
                    h2 id=(self.id) { (name(self.model.name())) }
                    a href="#overview" { "All models" }
                }
                (self.about())
                (self.charts())
                (timeline(self, now))
                (self.gate.section(self.model.name()))
                (versions(self))
            }
        }
    }

    /// The description, the tags and the aliases of the model.
    fn about(&self) -> Markup {
        let description = self.model.description();
        let (tags, aliases) = (self.model.tags(), self.model.aliases());
        html! {
            @if !description.is_empty() { p.about { (shown(&description)) } }
            @if !(tags.is_empty() && aliases.is_empty()) {
                ul.notes {
                    @for (name, value) in &tags {
                        li { span.badge { (shown(name)) ": " (shown(value)) } }
                    }
                    @for (name, version) in &aliases {
                        li { span.badge { "@" (shown(name)) " \u{2192} " (shown(version)) } }
                    }
                }
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
        let mut periods: Vec<_> = self
            .prod
            .iter()
            .filter_map(|period| Some((period.start()?, period.end(), &*period.version)))
            .collect();
        periods.sort_by_key(|(start, ..)| *start);
        let versions = self.model.versions();
        let mut serving: Vec<_> = versions
            .iter()
            .map(|version| {
                let time = version.created()?;
                let started = periods.partition_point(|(start, ..)| *start <= time);
                let (_, end, name) = periods[..started].last()?;
                end.is_none_or(|end| time < end).then_some(*name)
            })
            .collect();
        if let Some(newest) = serving.last_mut() {
            *newest = self.prod.last().filter(|one| one.current).map(|one| &*one.version);
        }
        serving
    }
}

/// Returns the values of the versions in production, for each version of a series.
fn values(series: &Series<'_>, production: &[Option<&str>]) -> Vec<Option<f64>> {
    let known: HashMap<&str, Option<f64>> =
        series.points.iter().map(|point| (point.version, point.finite())).collect();
    production.iter().map(|name| known.get((*name)?).copied().flatten()).collect()
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
