//! Undoes a recorded move, to find out how a model was before it.

use json_document::{Array, Style, Text};

use super::super::history::{Action, Event, in_effect};
use super::super::{Manifest, Model, depth};
use crate::stage::Stage;

impl Manifest {
    /// Undoes the last recorded move of a model, and removes it and the events after it from the
    /// history. Returns `false` if there is none, or the model is not as the move left it.
    pub(crate) fn undo_last_move(&mut self, model: &str) -> bool {
        let style = self.style.clone();
        self.model_mut(model).is_ok_and(|model| model.undo_last_move(&style))
    }
}

impl Model {
    /// Returns the last recorded move that took effect.
    pub(crate) fn last_move(&self) -> Option<Event> {
        self.moves().into_iter().rfind(Event::is_recorded)
    }

    fn undo_last_move(&mut self, style: &Style) -> bool {
        let history = self.history();
        let took_effect = in_effect(&history);
        let is_move =
            |event: &Event| matches!(event.action, Some(Action::Promote | Action::Rollback));
        let indexes = (0..history.len()).rev();
        let mut moves = indexes.filter(|&index| took_effect[index] && is_move(&history[index]));
        let Some(index) = moves.next() else { return false };
        self.undo(&history[index], &history[..index], style)
    }

    /// Undoes a move, given the events before it. Returns `false` if the model is not as the move
    /// left it.
    pub(super) fn undo(&mut self, event: &Event, earlier: &[Event], style: &Style) -> bool {
        let name = event.version.as_str();
        let (Some(to), Some(from)) = (event.stage(), event.stage_before()) else { return false };
        let is_current = |stage: Stage| self.current(stage).is_some_and(|current| current == name);
        if self.version(name).is_none_or(|version| version.stage() != to)
            || (to != Stage::Dev && !is_current(to))
        {
            return false;
        }
        let time = event.promoted_before.clone().or_else(|| {
            let promotions = earlier.iter().rev().filter(|event| event.version == name);
            promotions.into_iter().find_map(|event| event.at.clone())
        });
        if let Some(version) = self.version(name) {
            let before = version.moved_to(from, time.as_deref(), style);
            self.replace(before);
        }
        self.point(to, event.replaced.as_deref(), style);
        if event.action == Some(Action::Rollback)
            && let Some(version) = event.replaced.as_deref().and_then(|name| self.version(name))
        {
            let promoted_at = version.promoted_at().map(std::borrow::Cow::into_owned);
            let before = version.moved_to(Stage::Prod, promoted_at.as_deref(), style);
            self.replace(before);
        }
        if from != to && self.current(from).is_none() && was_current(earlier, name, from) {
            self.point(from, Some(name), style);
        }
        let raw: Vec<Text> =
            self.events().take(earlier.len()).map(|event| event.text().into()).collect();
        if raw.is_empty() {
            self.fields.remove("history");
        } else {
            let text = Array::laid_out(raw, style, depth::MODEL_FIELD).to_text();
            self.fields.set("history", text.into(), style, depth::MODEL);
        }
        true
    }
}

/// Returns whether a version was current in a stage after these events.
fn was_current(events: &[Event], version: &str, stage: Stage) -> bool {
    let leads_there = |event: &&Event| event.stage() == Some(stage);
    events.iter().rev().find(leads_there).is_none_or(|last| last.version == version)
}
