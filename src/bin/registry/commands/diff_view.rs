//! A diff for people: sections of lines, plain or as Markdown.

use model_registry::diff::{
    FieldChange, HistoryEvent, MetricChange, PointerChange, VersionSummary,
};
use model_registry::report::newest;
use model_registry::{Diff, Manifest, Timestamp, Value};

use crate::output::{escaped, markdown_cell, rounded};

/// Versions in the sparkline of a metric.
const NEWEST: usize = 20;

/// What belongs together, under a heading.
struct Section {
    title: &'static str,
    lines: Vec<String>,
}

/// Plain text: lines that can be searched, each with its model.
pub(super) fn text(diff: &Diff<'_>) -> String {
    let mut text = String::new();
    for section in sections(diff, None) {
        text += &format!("{}:\n", section.title);
        for line in &section.lines {
            text += &format!("  {}\n", escaped(line));
        }
    }
    text
}

/// Markdown, for a comment. There is one even if there is no difference. A metric that moves in
/// `new` has a sparkline of its newest versions.
pub(super) fn markdown(diff: &Diff<'_>, new: &Manifest) -> String {
    let mut parts = vec!["### Model registry\n".to_owned()];
    for section in sections(diff, Some(new)) {
        let mut part = format!("**{}**\n\n", section.title);
        for line in &section.lines {
            part += &format!("- {}\n", markdown_cell(line));
        }
        parts.push(part);
    }
    if diff.is_empty() {
        parts.push("No difference\n".to_owned());
    }
    parts.join("\n")
}

/// The sections that have something to say. What must not have changed comes last and apart.
fn sections(diff: &Diff<'_>, new: Option<&Manifest>) -> Vec<Section> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let labels = diff.labels.iter().map(|label| {
        format!("{}: {} labelled {} -> {}", label.model, label.version, label.from, label.to)
    });
    let sections = [
        ("Models added", names(&diff.models_added)),
        ("Models gone", names(&diff.models_gone)),
        ("Moves", diff.moves.iter().map(|change| moved(change, new)).collect()),
        ("Versions registered", diff.versions_registered.iter().map(listed).collect()),
        ("Versions gone", diff.versions_gone.iter().map(listed).collect()),
        ("Other stages", labels.collect()),
        ("Changed", diff.changed.iter().map(changed).collect()),
        ("Unknown keys", diff.unknown.iter().map(changed).collect()),
        ("Events recorded", diff.events_added.iter().map(event).collect()),
        ("Events gone", diff.events_gone.iter().map(event).collect()),
        ("REWRITTEN, which published versions never are", rewritten(diff)),
    ];
    let sections = sections.into_iter().map(|(title, lines)| Section { title, lines });
    sections.filter(|section| !section.lines.is_empty()).collect()
}

fn rewritten(diff: &Diff<'_>) -> Vec<String> {
    diff.rewritten.iter().map(changed).collect()
}

fn moved(moved: &PointerChange<'_>, new: Option<&Manifest>) -> String {
    let or_none = |version: &Option<_>| version.as_deref().unwrap_or("none").to_owned();
    let (from, to) = (or_none(&moved.from), or_none(&moved.to));
    let mut line = format!("{}: {} {from} -> {to}", moved.model, moved.stage);
    for metric in moved.metrics.iter().filter(|metric| metric.old != metric.new) {
        line += &format!(", {}", metric_change(metric));
        if let Some(model) = new.and_then(|manifest| manifest.model(moved.model).ok()) {
            line += &format!(" {}", newest(model, &metric.name, NEWEST));
        }
    }
    line
}

fn metric_change(metric: &MetricChange<'_>) -> String {
    let change = format!("{} {} -> {}", metric.name, rounded(&metric.old), rounded(&metric.new));
    match metric.relative {
        Some(relative) => format!("{change} ({:+.1} %)", relative * 100.0),
        None => change,
    }
}

fn listed(version: &VersionSummary<'_>) -> String {
    let line = format!("{}: {} ({})", version.model, version.version, version.stage);
    if version.description.is_empty() { line } else { format!("{line}, {}", version.description) }
}

/// A field of the document, of a model or of a version.
fn changed(change: &FieldChange<'_>) -> String {
    let or_nothing = |value: &Option<Value<'_>>| {
        value.as_ref().map_or("nothing".to_owned(), ToString::to_string)
    };
    let place = match (change.model, change.version) {
        (Some(model), Some(version)) => format!("{model}: {version} "),
        (Some(model), None) => format!("{model}: "),
        _ => String::new(),
    };
    let (old, new) = (or_nothing(&change.old), or_nothing(&change.new));
    format!("{place}{} {old} -> {new}", change.field)
}

/// A move on record: what, who, when, and why.
fn event(event: &HistoryEvent<'_>) -> String {
    let get = |key| event.event.get(key).and_then(Value::as_str);
    let mut line = format!("{}: {}", event.model, get("action").unwrap_or("moved"));
    if let Some(version) = get("version") {
        line += &format!(" {version}");
    }
    for (word, key) in [("to", "to"), ("by", "by")] {
        if let Some(text) = get(key) {
            line += &format!(" {word} {text}");
        }
    }
    if let Some(at) = get("at") {
        let time = Timestamp::parse(at).map(Timestamp::readable);
        line += &format!(" on {}", time.as_deref().unwrap_or(at));
    }
    if let Some(Value::Array(unmet)) = event.event.get("unmet") {
        let rules: Vec<_> = unmet.iter().filter_map(Value::as_str).collect();
        line += &format!(", FORCED past {}", rules.join("; "));
    }
    match get("reason") {
        Some(reason) => format!("{line}: {reason}"),
        None => line,
    }
}
