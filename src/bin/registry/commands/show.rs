//! `registry show`: shows all fields of a version.

use anyhow::Result;
use model_registry::{ModelVersion, Value};
use unicode_width::UnicodeWidthStr;

use crate::context::Context;
use crate::errors::FieldNotSet;
use crate::output::{Tone, escaped, rounded};
use model_registry::report::VersionView;

const EXAMPLES: &str = "\
# The version in production
registry show minutes_v1_lgbm
# One field, for a script
registry show minutes_v1_lgbm @latest --get metrics.val_mae";

/// Show all fields of a version
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// A version, a run id, @staging, @latest or an @alias
    #[arg(default_value = "@prod")]
    version: String,
    /// Print only this field, such as `version` or `metrics.val_mae` (may be repeated)
    #[arg(long, value_name = "FIELD", conflicts_with = "json")]
    get: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let model = context.load_model(&args.model)?;
    let view = VersionView::new(&model, model.resolve(&args.version)?);
    if !args.get.is_empty() {
        return print_fields(&view, &args.get, context);
    }
    if args.json {
        context.printer.json(&view)
    } else {
        context.printer.print(&render(&view, context.printer.color))
    }
}

/// Prints fields for a script, one on each line. If one of them is not set, it prints none and
/// fails.
fn print_fields(view: &VersionView<'_>, names: &[String], context: &Context) -> Result<()> {
    let text = |name: &String| {
        field(view, name).ok_or_else(|| FieldNotSet {
            model: view.model.to_owned(),
            version: view.version.version().to_owned(),
            field: name.clone(),
        })
    };
    let texts = names.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    texts.iter().try_for_each(|text| context.printer.line(text))
}

/// Returns the text of a field, if it is set: a string without quotes, and any other value as JSON.
fn field(view: &VersionView<'_>, name: &str) -> Option<String> {
    match name {
        "model" => return Some(view.model.to_owned()),
        "current" => return view.current.map(|stage| stage.to_string()),
        _ => {}
    }
    match member(&Value::Object(view.version.fields()), name)? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.into_owned()),
        Value::Number(number) => Some(number.text().to_owned()),
        other => serde_json::to_string(&other).ok(),
    }
}

/// Returns the value at a path such as `metrics.val_mae`. A key may contain dots.
fn member<'v>(value: &Value<'v>, path: &str) -> Option<Value<'v>> {
    let Value::Object(members) = value else { return None };
    let get = |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if let Some(value) = get(path) {
        return Some(value.clone());
    }
    for (dot, _) in path.match_indices('.') {
        let (key, rest) = (&path[..dot], &path[dot + 1..]);
        if let Some(value) = get(key).and_then(|inner| member(inner, rest)) {
            return Some(value);
        }
    }
    None
}

/// Renders the fields that are set, one on each line.
fn render(view: &VersionView<'_>, color: bool) -> String {
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
            ("retired", _) => match view.version.retired() {
                Some(retired) => retired.details(),
                None => continue,
            },
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
        let tone = match &**label {
            "stage:" => Tone::of_version(view.version.stage(), view.current),
            _ => Tone::Plain,
        };
        let text = escaped(text);
        let (label, text) = (Tone::Heading.paint(label, color), tone.paint(text.trim_end(), color));
        if text.is_empty() { label + "\n" } else { format!("{label}{gap}{text}\n") }
    };
    lines.iter().map(line).collect()
}

/// Returns the label of a field.
fn label(field: &str) -> String {
    let words = match field {
        "created_at" => "created".into(),
        "promoted_at" => "promoted".into(),
        // Unknown names are shown unchanged.
        "run_id"
        | "artifact_path"
        | "artifact_digest"
        | "artifact_size"
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
