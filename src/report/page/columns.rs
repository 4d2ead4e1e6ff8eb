//! The columns of the table of versions.

use std::borrow::Cow;
use std::collections::HashSet;

use maud::{Markup, html};

use super::show::{location, moment, name as title_of, number, plain, shown, value};
use super::versions::state_badge;
use crate::artifact::State;
use crate::manifest::{ModelVersion, Number, Value};

/// The content of a column.
pub(super) enum Column {
    /// A field with a time.
    Time(&'static str),
    /// A metric.
    Metric(String),
    /// The artifact, which may be an address.
    Location,
    /// The state of the artifact.
    State,
    /// The digest of the artifact.
    Digest,
    /// Any other field.
    Field(String),
    /// Metrics and fields without a column of their own.
    Rest,
}

/// Metrics and other fields with a column of their own. The markup of a table grows with the number
/// of its columns times that of its rows, so that a few unusual versions could make it enormous.
const METRICS: usize = 30;
const FIELDS: usize = 20;

/// Fields with a place of their own in the table.
const PLACED: [&str; 8] = [
    "version",
    "stage",
    "created_at",
    "promoted_at",
    "metrics",
    "description",
    "artifact_path",
    "artifact_digest",
];

/// Returns the columns behind the version and its stage; those of the newest versions come first.
pub(super) fn columns(versions: &[&ModelVersion], verified: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    let (mut metrics, mut fields) = (Vec::new(), Vec::new());
    let (mut seen, mut filled) = (HashSet::new(), HashSet::new());
    for version in versions.iter().rev() {
        for (name, _) in version.metrics() {
            if seen.insert(name.to_string()) {
                metrics.push(Column::Metric(name.into_owned()));
            }
        }
        for (name, value) in version.fields() {
            if is_shown(version, &name, &value) && filled.insert(name.to_string()) {
                fields
                    .extend((!PLACED.contains(&&*name)).then(|| Column::Field(name.into_owned())));
            }
        }
    }
    let rest = metrics.len() > METRICS || fields.len() > FIELDS;
    metrics.truncate(METRICS);
    fields.truncate(FIELDS);
    columns.extend(verified.then_some(Column::State));
    columns.extend([Column::Time("created_at"), Column::Time("promoted_at")]);
    columns.extend(metrics);
    columns.push(Column::Field("description".to_owned()));
    columns.extend(fields);
    columns.extend(rest.then_some(Column::Rest));
    columns.extend([Column::Location, Column::Digest]);
    columns.retain(|column| match column {
        Column::Time(name) => filled.contains(*name),
        Column::Field(name) => filled.contains(name),
        Column::Digest => filled.contains("artifact_digest"),
        Column::Metric(_) | Column::Location | Column::State | Column::Rest => true,
    });
    columns
}

/// Whether a field of a version has something to show. A run id that is the name of its version has
/// not.
fn is_shown(version: &ModelVersion, name: &str, value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !(text.is_empty() || name == "run_id" && text == version.version()),
        _ => true,
    }
}

impl Column {
    /// Returns the metric of a column of metrics.
    pub(super) fn metric(&self) -> Option<&str> {
        match self {
            Self::Metric(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn header(&self) -> Markup {
        match self {
            Self::Time("created_at") => {
                html! { th scope="col" data-key="created_at" { "Registered (UTC)" } }
            }
            Self::Time(name) => html! { th scope="col" data-key=(name) { "Promoted (UTC)" } },
            Self::Metric(name) => html! {
                th.n scope="col" data-metric=[plain(name)] { (title_of(name)) }
            },
            Self::Location => html! { th scope="col" data-key="artifact_path" { "Artifact" } },
            Self::State => html! { th scope="col" data-key="artifact" { "Artifact state" } },
            Self::Digest => html! { th scope="col" data-key="artifact_digest" { "Digest" } },
            Self::Field(name) => {
                html! { th scope="col" data-key=[plain(name)] { (title(name)) } }
            }
            Self::Rest => html! { th scope="col" { "Other" } },
        }
    }
}

/// The cells of a version, one for each column.
pub(super) struct Cells<'m> {
    version: &'m ModelVersion,
    state: Option<&'m State>,
    fields: Vec<(Cow<'m, str>, Value<'m>)>,
    metrics: Vec<(Cow<'m, str>, Option<Number<'m>>)>,
    /// The fields and metrics with a column of their own.
    columns: &'m [Column],
    placed: &'m HashSet<&'m str>,
}

impl<'m> Cells<'m> {
    pub(super) fn new(
        version: &'m ModelVersion,
        state: Option<&'m State>,
        columns: &'m [Column],
        placed: &'m HashSet<&'m str>,
    ) -> Self {
        let (fields, metrics) = (version.fields(), version.metrics());
        Self { version, state, fields, metrics, columns, placed }
    }

    fn field(&self, name: &str) -> Option<&Value<'m>> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_str)
    }

    pub(super) fn cell(&self, column: &Column) -> Markup {
        match column {
            Column::Time(name) => {
                html! { td { @if let Some(text) = self.text(name) { (moment(text)) } } }
            }
            Column::Metric(name) => html! {
                @if let Some((_, value)) = self.metrics.iter().find(|(key, _)| key == name) {
                    td.n { (metric(value.as_ref())) }
                } @else { td {} }
            },
            Column::Location => html! {
                td { @if let Some(path) = self.text("artifact_path") { (location(path)) } }
            },
            Column::State => html! {
                td { @if let Some(state) = self.state {
                    (state_badge(state))
                    @if let Some(problem) = state.problem() { " " (shown(problem)) }
                } }
            },
            Column::Digest => html! {
                @if let Some(found) = self.field("artifact_digest") {
                    td.digest { code { (value(found)) } }
                } @else { td {} }
            },
            Column::Field(name) if name == "description" => html! {
                td.wide { @if let Some(found) = self.field(name) { (value(found)) } }
            },
            Column::Field(name) => {
                html! { td { @if let Some(found) = self.field(name) { (value(found)) } } }
            }
            Column::Rest => self.rest(),
        }
    }

    /// The metrics and fields without a column of their own, with their names.
    fn rest(&self) -> Markup {
        let has_column = |name: &str| {
            let own = |column: &Column| matches!(column, Column::Field(own) if own == name);
            PLACED.contains(&name) || self.columns.iter().any(own)
        };
        html! {
            td.wide.rest {
                @for (name, value) in &self.metrics {
                    @if !self.placed.contains(&**name) {
                        span { (shown(name)) ": " (metric(value.as_ref())) } " "
                    }
                }
                @for (name, found) in &self.fields {
                    @if is_shown(self.version, name, found) && !has_column(name) {
                        span { (shown(name)) ": " (value(found)) } " "
                    }
                }
            }
        }
    }
}

/// The value of a metric.
fn metric(value: Option<&Number<'_>>) -> String {
    value.map_or("null".to_owned(), number)
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
        "artifact_size" => "Size (bytes)".into(),
        "tags" => "Tags".into(),
        "retired" => "Retired".into(),
        other => title_of(other),
    }
}
