//! Renders a move for `promote` and `rollback`.

use anyhow::Result;
use model_registry::{Action, FieldChange, Move, Stage, Value, Verdict};
use serde::Serialize;

use crate::context::Context;
use crate::output::{Align, Table, Tone};

/// The result of a move, which is also the JSON output.
#[derive(Serialize)]
pub(super) struct MoveView<'m> {
    #[serde(flatten)]
    pub(super) moved: &'m Move,
    pub(super) by: &'m str,
    pub(super) reason: Option<&'m str>,
    pub(super) forced: bool,
    pub(super) verdicts: &'m [Verdict],
    /// Fields that a dry run would change; `None` for a real move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Vec<FieldChange<'m>>>,
}

impl MoveView<'_> {
    /// Prints the move, as JSON or as lines, with warnings and verdicts.
    pub(super) fn print(&self, json: bool, context: &Context) -> Result<()> {
        let moved = self.moved;
        if moved.changed && moved.vacated == Some(Stage::Prod) {
            let has = if self.changes.is_some() { "would have" } else { "has" };
            let model = &moved.model;
            context.printer.warning(&format!("{model} {has} no version in prod any more"));
        }
        if json {
            return context.printer.json(self);
        }
        if !self.verdicts.is_empty() {
            context.printer.table_note(verdict_table(self.verdicts));
        }
        let refused = !self.forced && self.verdicts.iter().any(|verdict| !verdict.met);
        if refused { Ok(()) } else { context.printer.report(&self.describe()) }
    }

    fn describe(&self) -> Vec<String> {
        let Move { model, version, from, to, .. } = self.moved;
        let mut lines = Vec::new();
        if !self.moved.changed {
            lines.push(format!("{model} v{version} is already in {to}: unchanged"));
            return lines;
        }
        let is_dry_run = self.changes.is_some();
        let (verb, exchange, returns) = match (self.moved.action, is_dry_run) {
            (Action::Promote, false) => ("Promoted", "It replaces", ""),
            (Action::Promote, true) => ("Would promote", "It would replace", ""),
            (_, false) => ("Rolled back", "It replaces", ", which returns to dev"),
            (_, true) => ("Would roll back", "It would replace", ", which would return to dev"),
        };
        let subject = match self.moved.action {
            Action::Promote => format!("{model} v{version}: {from} -> {to}"),
            _ => format!("{model} to v{version}"),
        };
        lines.push(format!("{verb} {subject}"));
        if let Some(replaced) = &self.moved.replaced {
            lines.push(format!("{exchange} v{replaced}{returns}"));
        }
        if *to == Stage::Prod {
            lines.push(format!("Artifact path: {}", self.moved.artifact_path));
        }
        lines.extend(self.changes.iter().flatten().map(describe_change));
        lines
    }
}

/// Renders the rules of gates with their verdicts.
pub(super) fn verdict_table(verdicts: &[Verdict]) -> Table {
    let columns = [
        ("RULE", Align::Left),
        ("VALUE", Align::Right),
        ("LIMIT", Align::Right),
        ("MET", Align::Left),
        ("NOTE", Align::Left),
    ];
    let mut table = Table::new(columns.map(|(name, align)| (name.to_owned(), align)).to_vec());
    for verdict in verdicts {
        let cells = [
            verdict.rule.as_str().into(),
            exact(&verdict.value).into(),
            exact(&verdict.limit).into(),
            if verdict.met { "yes" } else { "no" }.into(),
            verdict.note.as_deref().unwrap_or_default().into(),
        ];
        table.push(&cells, if verdict.met { Tone::Plain } else { Tone::Problem });
    }
    table
}

/// Formats a value or a limit with all digits, since rounding could hide why a rule failed.
fn exact(value: &Value<'_>) -> String {
    match value {
        Value::Number(number) => number.text().to_owned(),
        Value::String(text) => text.clone().into_owned(),
        _ => "-".to_owned(),
    }
}

pub(super) fn describe_change(change: &FieldChange<'_>) -> String {
    let text = |value: &Option<Value<'_>>| match value {
        Some(value) => serde_json::to_string(value).unwrap_or_default(),
        None => "nothing".to_owned(),
    };
    format!(
        "Would change {}: {} -> {}",
        change.place.join("."),
        text(&change.old),
        text(&change.new)
    )
}
