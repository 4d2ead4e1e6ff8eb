//! The data of a page as JSON inside it.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::Page;
use super::gate::GateView;
use super::model::ModelPage;
use crate::artifact::State;
use crate::check::Finding;
use crate::manifest::{ModelVersion, Stage, Value};
use crate::report::text::json_escaped;
use crate::report::{Period, VersionView};

#[derive(Serialize)]
struct Data<'m> {
    /// The version of this shape.
    schema: u32,
    title: &'m str,
    manifest: &'m str,
    revision: Option<&'m str>,
    generated_at: String,
    updated_at: Option<Value<'m>>,
    models: Vec<ModelData<'m>>,
    /// The number of findings; `findings` may have fewer.
    finding_count: usize,
    findings: Vec<&'m Finding>,
}

#[derive(Serialize)]
struct ModelData<'m> {
    model: &'m str,
    current_prod: Option<Cow<'m, str>>,
    current_staging: Option<Cow<'m, str>>,
    /// The number of versions the model has; `versions` may have fewer.
    version_count: usize,
    /// The newest first, as in the table.
    versions: Vec<VersionData<'m>>,
    /// The newest periods, oldest first.
    production: &'m [Period],
    staging: &'m [Period],
    promotion: &'m GateView,
}

/// A version with the state of its artifact, if that was verified.
#[derive(Serialize)]
struct VersionData<'m> {
    #[serde(flatten)]
    view: VersionView<'m>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<&'m State>,
}

/// The data as an element that no browser runs. A `<` would end it, and is written as an escape.
pub(super) fn data(page: &Page<'_>, models: &[ModelPage<'_>]) -> Markup {
    let data = Data {
        schema: 1,
        title: page.title,
        manifest: page.source,
        revision: page.revision,
        generated_at: page.now.to_string(),
        updated_at: page.manifest.get("updated_at"),
        models: models.iter().map(model).collect(),
        finding_count: page.findings.len(),
        findings: page.shown_findings(),
    };
    let text = serde_json::to_string(&data).unwrap_or_else(|_| "null".to_owned());
    html! {
        script type="application/json" id="registry-data" {
            (PreEscaped(json_escaped(&text).replace('<', "\\u003c")))
        }
    }
}

fn model<'m>(page: &'m ModelPage<'m>) -> ModelData<'m> {
    let versions = page.versions.iter().enumerate().rev();
    let version = |(place, version): (usize, &&'m ModelVersion)| VersionData {
        view: VersionView::new(page.model, version),
        artifact: page.states.and_then(|states| states.get(place)),
    };
    ModelData {
        model: page.model.name(),
        current_prod: page.model.current(Stage::Prod),
        current_staging: page.model.current(Stage::Staging),
        version_count: page.model.versions().len(),
        versions: versions.map(version).collect(),
        production: page.newest(&page.prod),
        staging: page.newest(&page.staging),
        promotion: &page.gate,
    }
}
