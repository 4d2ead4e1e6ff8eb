//! The table of versions, with every field.

use std::borrow::Cow;
use std::collections::HashSet;

use maud::{Markup, html};

use super::show::{location, moment, number, shown, value};
use crate::manifest::{Model, ModelVersion, Number, Stage, Value};
use crate::report::VersionView;

/// The content of a column.
enum Column {
    /// A field with a time.
    Time(&'static str),
    /// A metric.
    Metric(String),
    /// The artifact, which may be an address.
    Location,
    /// Any other field.
    Field(String),
}

/// Fields with a place of their own in the table.
const PLACED: [&str; 7] =
    ["version", "stage", "created_at", "promoted_at", "metrics", "description", "artifact_path"];

/// Shows versions of a model, the newest first. A column without any value is left out.
pub(super) fn versions(model: &Model, versions: &[ModelVersion]) -> Markup {
    let all = model.versions().len();
    let views: Vec<_> =
        versions.iter().rev().map(|version| VersionView::new(model, version)).collect();
    let columns = columns(versions);
    html! {
        h3 { "Versions" }
        @if all > versions.len() {
            p.note {
                "The newest " (versions.len()) " of " (all) " versions. "
                code { "registry list" } " prints all of them, also as JSON."
            }
        }
        @if versions.is_empty() {
            p.none { "No version is registered." }
        } @else {
            div.scroll tabindex="0" role="region" aria-label={"Versions of " (shown(model.name()))} {
                table.versions {
                    thead { tr {
                        th scope="col" data-key="version" { "Version" }
                        th scope="col" data-key="stage" { "Stage" }
                        @for column in &columns { (column.header()) }
                    } }
                    tbody { @for view in &views { (row(view, &columns)) } }
                }
            }
        }
    }
}

fn row(view: &VersionView<'_>, columns: &[Column]) -> Markup {
    let fields = view.version.fields();
    let metrics = view.version.metrics();
    html! {
        tr.prod[view.current == Some(Stage::Prod)] {
            th scope="row" { (shown(view.version.version())) }
            td { (stage(view)) }
            @for column in columns { (column.cell(&fields, &metrics)) }
        }
    }
}

/// The stage of a version as a badge; a version in dev has none, as most are there.
fn stage(view: &VersionView<'_>) -> Markup {
    let text = view.stage();
    match view.current {
        Some(Stage::Prod) => html! { span.badge.prod { (text) } },
        Some(_) => html! { span.badge.staging { (text) } },
        None if view.version.stage() == Stage::Dev => html! { (text) },
        None => html! { span.badge.past { (text) } },
    }
}

/// The columns behind the version and its stage.
fn columns(versions: &[ModelVersion]) -> Vec<Column> {
    let mut columns = vec![Column::Time("created_at"), Column::Time("promoted_at")];
    let (mut metrics, mut fields) = (Vec::new(), Vec::new());
    let (mut seen, mut filled) = (HashSet::new(), HashSet::new());
    for version in versions.iter().rev() {
        for (name, _) in version.metrics() {
            if seen.insert(name.to_string()) {
                metrics.push(Column::Metric(name.into_owned()));
            }
        }
        for (name, value) in version.fields() {
            let same = name == "run_id" && value.as_str() == Some(version.version());
            if is_empty(&value) || same || !filled.insert(name.to_string()) {
                continue;
            }
            if !PLACED.contains(&&*name) {
                fields.push(Column::Field(name.into_owned()));
            }
        }
    }
    columns.extend(metrics);
    columns.push(Column::Field("description".to_owned()));
    columns.extend(fields);
    columns.push(Column::Location);
    columns.retain(|column| match column {
        Column::Time(name) => filled.contains(*name),
        Column::Field(name) => filled.contains(name),
        Column::Metric(_) | Column::Location => true,
    });
    columns
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

impl Column {
    fn header(&self) -> Markup {
        match self {
            Self::Time("created_at") => {
                html! { th scope="col" data-key="created_at" { "Registered (UTC)" } }
            }
            Self::Time(name) => html! { th scope="col" data-key=(name) { "Promoted (UTC)" } },
            Self::Metric(name) => html! {
                th.n scope="col" data-metric=(name) { (shown(name)) }
            },
            Self::Location => html! { th scope="col" data-key="artifact_path" { "Artifact" } },
            Self::Field(name) => html! { th scope="col" data-key=(name) { (title(name)) } },
        }
    }

    fn cell(
        &self,
        fields: &[(Cow<'_, str>, Value<'_>)],
        metrics: &[(Cow<'_, str>, Option<Number<'_>>)],
    ) -> Markup {
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        match self {
            Self::Time(name) => html! {
                td { @if let Some(text) = field(name).and_then(Value::as_str) { (moment(text)) } }
            },
            Self::Metric(name) => {
                let found = metrics.iter().find(|(key, _)| key == name);
                html! {
                    td.n { @match found {
                        Some((_, Some(value))) => { (number(value)) }
                        Some((_, None)) => { "null" }
                        None => {}
                    } }
                }
            }
            Self::Location => html! {
                td { @if let Some(path) = field("artifact_path").and_then(Value::as_str) { (location(path)) } }
            },
            Self::Field(name) if name == "description" => html! {
                td.wide { @if let Some(found) = field(name) { (value(found)) } }
            },
            Self::Field(name) => {
                html! { td { @if let Some(found) = field(name) { (value(found)) } } }
            }
        }
    }
}

/// The title of a field; one that this tool does not know keeps its name.
fn title(field: &str) -> Cow<'_, str> {
    match field {
        "run_id" => "Run".into(),
        "training_start" => "Training start".into(),
        "training_end" => "Training end".into(),
        "feature_schema_version" => "Feature schema".into(),
        "feature_hash" => "Feature hash".into(),
        "description" => "Description".into(),
        "artifact_digest" => "Digest".into(),
        "artifact_size" => "Size".into(),
        "tags" => "Tags".into(),
        "retired" => "Retired".into(),
        other => shown(other),
    }
}
