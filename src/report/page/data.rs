//! The data of a page as JSON inside it.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::Page;
use super::gate::GateView;
use super::model::ModelPage;
use crate::check::Finding;
use crate::manifest::{Stage, Value};
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
    findings: &'m [Finding],
}

#[derive(Serialize)]
struct ModelData<'m> {
    model: &'m str,
    current_prod: Option<Cow<'m, str>>,
    current_staging: Option<Cow<'m, str>>,
    /// The number of versions the model has; `versions` may have fewer.
    version_count: usize,
    /// The newest first, as in the table.
    versions: Vec<VersionView<'m>>,
    production: &'m [Period],
    promotion: &'m GateView,
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
        findings: page.findings,
    };
    let text = serde_json::to_string(&data).unwrap_or_else(|_| "null".to_owned());
    html! {
        script type="application/json" id="registry-data" {
            (PreEscaped(json_escaped(&text).replace('<', "\\u003c")))
        }
    }
}

fn model<'m>(page: &'m ModelPage<'m>) -> ModelData<'m> {
    let versions = page.shown_versions().iter().rev();
    ModelData {
        model: page.model.name(),
        current_prod: page.model.current(Stage::Prod),
        current_staging: page.model.current(Stage::Staging),
        version_count: page.model.versions().len(),
        versions: versions.map(|version| VersionView::new(page.model, version)).collect(),
        production: &page.periods,
        promotion: &page.gate,
    }
}
