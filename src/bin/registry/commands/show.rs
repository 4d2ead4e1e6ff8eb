//! `registry show`: everything about one version.

use anyhow::Result;
use model_registry::{ModelVersion, Value};
use unicode_width::UnicodeWidthStr;

use crate::context::Context;
use crate::output::{escaped, rounded};
use model_registry::report::VersionView;

/// Show one version, whole
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @prod, @staging or @latest
    #[arg(default_value = "@prod")]
    version: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let view = VersionView::new(&model, model.resolve(&args.version)?);
    if args.json { context.printer.json(&view) } else { context.printer.print(&render(&view)) }
}

/// Every field that is set, one a line.
fn render(view: &VersionView<'_>) -> String {
    let mut lines = vec![("model:".to_owned(), view.model.to_owned())];
    for (name, value) in view.version.fields() {
        let text = match (&*name, value) {
            ("metrics", _) => {
                lines.extend(metrics(view.version));
                continue;
            }
            ("tags", _) => {
                lines.extend(tags(view.version));
                continue;
            }
            ("stage", _) => stage(view),
            (_, Value::Null) => continue,
            (_, Value::String(text)) if text.is_empty() => continue,
            (_, Value::String(text)) => text.into_owned(),
            (_, other) => serde_json::to_string(&other).unwrap_or_default(),
        };
        lines.push((label(&name), text));
    }
    let width = lines.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let line = |(label, text): &(String, String)| {
        let gap = " ".repeat(width - label.width() + 2);
        format!("{label}{gap}{}", escaped(text)).trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// A field's name as people say it.
fn label(field: &str) -> String {
    let words = match field {
        "created_at" => "created".into(),
        "promoted_at" => "promoted".into(),
        // Only the names we know; one from elsewhere is shown as it is.
        "run_id"
        | "artifact_path"
        | "training_start"
        | "training_end"
        | "feature_schema_version"
        | "feature_hash" => field.replace('_', " "),
        _ => escaped(field).into_owned(),
    };
    words + ":"
}

fn stage(view: &VersionView<'_>) -> String {
    let current = view.current == Some(view.version.stage());
    view.stage() + if current { " (current)" } else { "" }
}

fn metrics(version: &ModelVersion) -> impl Iterator<Item = (String, String)> {
    let heading = ("metrics:".to_owned(), String::new());
    let metrics = version.metrics();
    let lines: Vec<_> = metrics
        .iter()
        .map(|(name, number)| {
            let text = number.as_ref().map_or("null".to_owned(), rounded);
            (format!("  {}:", escaped(name)), text)
        })
        .collect();
    (!lines.is_empty()).then_some(heading).into_iter().chain(lines)
}

fn tags(version: &ModelVersion) -> impl Iterator<Item = (String, String)> {
    let tags = version.tags();
    let heading = (!tags.is_empty()).then(|| ("tags:".to_owned(), String::new()));
    let lines: Vec<_> = tags
        .iter()
        .map(|(name, value)| (format!("  {}:", escaped(name)), value.clone().into_owned()))
        .collect();
    heading.into_iter().chain(lines)
}
