//! Renders a diff for people, as plain text or Markdown.

use model_registry::diff::{
    FieldChange, HistoryEvent, MetricChange, PointerChange, VersionSummary,
};
use model_registry::{Diff, Manifest, Timestamp, Value, compare};

use super::metric_rows;
use crate::output::{Tone, escaped, markdown_cell, rounded};

/// The title of the section with the moves.
const MOVES: &str = "Moves";

/// Lines under a heading.
struct Section {
    title: &'static str,
    lines: Vec<String>,
    tone: Tone,
}

impl Section {
    /// Returns the tone of each line: a move has the tone of its stage.
    fn tones<'d>(&self, diff: &'d Diff<'_>) -> impl Iterator<Item = Tone> + use<'d> {
        let moves = if self.title == MOVES { &*diff.moves } else { &[] };
        let tones = moves.iter().map(|change| Tone::of_version(change.stage, Some(change.stage)));
        tones.chain(std::iter::repeat(Tone::Plain))
    }
}

/// Renders plain text. Each line names its model, so that lines can be searched.
pub(super) fn text(diff: &Diff<'_>, color: bool) -> String {
    let mut text = String::new();
    for section in sections(diff, true) {
        text += &format!("{}:\n", section.tone.paint(section.title, color));
        for (line, tone) in section.lines.iter().zip(section.tones(diff)) {
            text += &format!("  {}\n", tone.paint(&escaped(line), color));
        }
    }
    text
}

/// Renders Markdown for a comment, even if there is no difference. Each move has a table of
/// metrics, with a sparkline of the newest versions in `new`.
pub(super) fn markdown(diff: &Diff<'_>, old: &Manifest, new: &Manifest) -> String {
    let mut parts = vec!["### Model registry\n".to_owned()];
    for section in sections(diff, false) {
        let mut part = format!("**{}**\n\n", section.title);
        for line in &section.lines {
            part += &format!("- {}\n", markdown_cell(line));
        }
        parts.push(part);
        if section.title == MOVES {
            parts.extend(diff.moves.iter().filter_map(|change| metric_table(change, old, new)));
        }
    }
    if diff.is_empty() {
        parts.push("No difference\n".to_owned());
    }
    parts.join("\n")
}

/// Returns the sections that are not empty. Changes to immutable fields come last.
fn sections(diff: &Diff<'_>, with_metrics: bool) -> Vec<Section> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let labels = diff.labels.iter().map(|label| {
        format!("{}: {} labelled {} -> {}", label.model, label.version, label.from, label.to)
    });
    let sections = [
        ("Models added", names(&diff.models_added)),
        ("Models gone", names(&diff.models_gone)),
        (MOVES, diff.moves.iter().map(|change| moved(change, with_metrics)).collect()),
        ("Versions registered", diff.versions_registered.iter().map(summary).collect()),
        ("Versions gone", diff.versions_gone.iter().map(summary).collect()),
        ("Stage labels changed", labels.collect()),
        ("Changed", diff.changed.iter().map(changed).collect()),
        ("Unknown keys", diff.unknown.iter().map(changed).collect()),
        ("Events recorded", diff.events_added.iter().map(event).collect()),
        ("Policy", diff.policy.iter().map(ToString::to_string).collect()),
        ("Events gone", diff.events_gone.iter().map(event).collect()),
        ("Immutable fields changed", diff.rewritten.iter().map(changed).collect()),
    ];
    let last = sections.len() - 1;
    let sections = sections.into_iter().enumerate().map(|(index, (title, lines))| {
        let tone = if index == last { Tone::Problem } else { Tone::Heading };
        Section { title, lines, tone }
    });
    sections.filter(|section| !section.lines.is_empty()).collect()
}

fn moved(moved: &PointerChange<'_>, with_metrics: bool) -> String {
    let or_none = |version: &Option<_>| version.as_deref().unwrap_or("none").to_owned();
    let (from, to) = (or_none(&moved.from), or_none(&moved.to));
    let mut line = format!("{}: {} {from} -> {to}", moved.model, moved.stage);
    let changed = moved.metrics.iter().filter(|metric| with_metrics && metric.old != metric.new);
    for metric in changed {
        line += &format!(", {}", metric_change(metric));
    }
    line
}

/// Renders the metrics of the two versions of a move, as `compare` shows them.
fn metric_table(moved: &PointerChange<'_>, old: &Manifest, new: &Manifest) -> Option<String> {
    let model = new.model(moved.model).ok()?;
    let from = old.model(moved.model).ok()?.version(moved.from.as_deref()?)?;
    let to = model.version(moved.to.as_deref()?)?;
    let comparison = compare(to, from);
    let name = markdown_cell(model.name());
    let stage = moved.stage;
    let table = metric_rows::markdown(model, &comparison);
    (!comparison.metrics.is_empty()).then(|| format!("{name} in {stage}:\n\n{table}"))
}

fn metric_change(metric: &MetricChange<'_>) -> String {
    let change = format!("{} {} -> {}", metric.name, rounded(&metric.old), rounded(&metric.new));
    match metric.relative {
        Some(relative) => format!("{change} ({:+.1} %)", relative * 100.0),
        None => change,
    }
}

fn summary(version: &VersionSummary<'_>) -> String {
    let line = format!("{}: {} ({})", version.model, version.version, version.stage);
    if version.description.is_empty() { line } else { format!("{line}, {}", version.description) }
}

/// Formats a changed field of the document, of a model or of a version.
fn changed(change: &FieldChange<'_>) -> String {
    let or_nothing = |value: &Option<Value<'_>>| {
        value.as_ref().map_or("nothing".to_owned(), ToString::to_string)
    };
    let subject = match (change.model, change.version) {
        (Some(model), Some(version)) => format!("{model}: {version} "),
        (Some(model), None) => format!("{model}: "),
        _ => String::new(),
    };
    let (old, new) = (or_nothing(&change.old), or_nothing(&change.new));
    format!("{subject}{} {old} -> {new}", change.field)
}

/// Formats a recorded event.
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
