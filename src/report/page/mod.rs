//! The report: one HTML page that needs no network and no script.
//!
//! The page forbids itself everything but its own style and its own script, whose hashes are in its
//! Content-Security-Policy. Without the script everything can be read; the script sorts and filters
//! tables and shows the versions of a chart to the keyboard.

mod chart;
mod columns;
mod data;
mod gate;
mod limits;
mod model;
mod overview;
mod scale;
mod show;
mod timeline;
mod versions;

use std::cmp::Reverse;
use std::iter::repeat;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::limits::Limits;
use self::model::ModelPage;
use self::show::{minute, shown, time};
use crate::artifact::State;
use crate::check::{Finding, Severity};
use crate::gate::Policy;
use crate::manifest::{Manifest, Model, ModelVersion, Stage, Timestamp};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The content of a report.
pub struct Page<'m> {
    /// The title.
    pub title: &'m str,
    /// Source of the manifest, for people.
    pub source: &'m str,
    /// The git revision it was read from.
    pub revision: Option<&'m str>,
    /// The manifest.
    pub manifest: &'m Manifest,
    /// The models to show, in this order.
    pub models: &'m [&'m Model],
    /// The policy that judges the versions in staging.
    pub policy: &'m Policy,
    /// Findings of `check`.
    pub findings: &'m [Finding],
    /// The states of the artifacts of [`Page::versions`], in that order, if they were verified.
    pub states: Option<&'m [State]>,
    /// The time of the report.
    pub now: Timestamp,
}

impl<'m> Page<'m> {
    /// Returns the versions whose details are on a page about these models. Of a large manifest
    /// these are the newest ones of each model, and those that are current in a stage.
    pub fn versions(models: &[&'m Model]) -> Vec<(&'m Model, &'m ModelVersion)> {
        let limits = Limits::new(models);
        let of = |model: &&'m Model| limits.versions_of(model).into_iter().zip(repeat(*model));
        models.iter().flat_map(of).map(|(version, model)| (model, version)).collect()
    }

    /// Returns the page. The same content gives the same bytes.
    pub fn html(&self) -> String {
        let models = self.model_pages();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body {
                    a.skip href="#overview" { "Skip to the models" }
                    (self.header())
                    main {
                        (overview::cards(&models, self.now))
                        (overview::findings(&self.shown_findings(), self.findings.len()))
                        @if !models.is_empty() { (legend()) }
                        @for model in &models { (model.section(self.now)) }
                    }
                    footer {
                        p {
                            "Made by registry " (env!("CARGO_PKG_VERSION")) " from "
                            code { (shown(self.source)) } ". All times are in UTC. The page "
                            "contains its data as JSON, in the element " code { "#registry-data" } "."
                        }
                    }
                    (data::data(self, &models))
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string() + "\n"
    }

    fn model_pages(&self) -> Vec<ModelPage<'m>> {
        let limits = Limits::new(self.models);
        let mut states = self.states;
        let page = |(index, model): (usize, &&'m Model)| {
            let own =
                states.map(|all| all.split_at(all.len().min(limits.versions_of(model).len())));
            states = own.map(|(_, rest)| rest);
            let id = format!("model-{}", index + 1);
            let own = own.map(|(own, _)| own);
            let mut page = ModelPage::new(model, id, self.policy, limits, own);
            page.problems = self.problems(model.name());
            page
        };
        self.models.iter().enumerate().map(page).collect()
    }

    fn head(&self) -> Markup {
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; \
             form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (shown(self.title)) }
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%231a7f4b'/%3E%3C/svg%3E";
                style { (PreEscaped(STYLE)) }
            }
        }
    }

    fn header(&self) -> Markup {
        let count = |stage| self.models.iter().filter(|m| m.current(stage).is_some()).count();
        let versions: usize = self.models.iter().map(|model| model.versions().len()).sum();
        let problems = self.findings.iter().filter(|one| one.severity == Severity::Problem).count();
        let updated = self.manifest.get("updated_at");
        html! {
            header {
                div {
                    h1 { (shown(self.title)) }
                    p.source {
                        code { (shown(self.source)) }
                        @if let Some(revision) = self.revision { " as of " code { (shown(revision)) } }
                        @if let Some(updated) = updated.as_ref().and_then(|value| value.as_str()) {
                            ", updated " (time(updated))
                        }
                        ", report of " (minute(self.now)) " UTC"
                    }
                }
                ul.totals {
                    li { (total(self.models.len(), "model")) }
                    li { (total(versions, "version")) }
                    li.prod { strong { (count(Stage::Prod)) } " in production" }
                    li.staging { strong { (count(Stage::Staging)) } " in staging" }
                    @if problems > 0 {
                        li.failed { a href="#problems" { (total(problems, "problem")) } }
                    } @else {
                        li { (total(problems, "problem")) }
                    }
                    @if let Some(states) = self.states {
                        @let failed = states.iter().filter(|state| state.is_failure()).count();
                        @let verified = states.iter().filter(|state| **state == State::Ok).count();
                        li { (total(verified, "artifact")) " verified" }
                        @if failed > 0 {
                            li.failed { (total(failed, "artifact")) " not as registered" }
                        }
                    }
                }
            }
        }
    }

    /// The findings on the page, problems first.
    fn shown_findings(&self) -> Vec<&'m Finding> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|finding| Reverse(finding.severity));
        findings.truncate(Limits::FINDINGS);
        findings
    }

    /// The number of problems of a model.
    fn problems(&self, model: &str) -> usize {
        let of_model = |finding: &&Finding| {
            finding.severity == Severity::Problem && finding.model.as_deref() == Some(model)
        };
        self.findings.iter().filter(of_model).count()
    }
}

/// A count in large type, with its noun.
fn total(count: usize, noun: &str) -> Markup {
    html! { strong { (count) } " " (noun) (if count == 1 { "" } else { "s" }) }
}

/// Renders the legend of the charts.
fn legend() -> Markup {
    let icon = |mark: Markup| html! { svg viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true" { (mark) } };
    html! {
        section.legend aria-labelledby="legend" {
            h2.small id="legend" { "Reading the charts" }
            ul {
                li { (icon(html! { circle.prod r="5.5" fill="#1a7f4b" {} })) "in production" }
                li { (icon(html! { circle.past r="4" fill="#fff" stroke="#1a7f4b" stroke-width="1.8" {} })) "was in production" }
                li { (icon(html! { path.staging d="M0-6l6 6l-6 6l-6-6z" fill="#b7791f" {} })) "in staging" }
                li { (icon(html! { circle.dev r="3" fill="#667" {} })) "other versions" }
                li { (icon(html! { path.gap d="M-3-3l6 6m0-6l-6 6" stroke="#b42318" {} })) "no value" }
                li { (icon(html! { path.production d="M-8 0h16" stroke="#1a7f4b" stroke-width="5" stroke-opacity="0.35" {} })) "the version in production at the time" }
            }
        }
    }
}

/// The hash of an inline element, for a Content-Security-Policy.
fn hash(content: &str) -> String {
    format!("sha256-{}", BASE64.encode(Sha256::digest(content)))
}
