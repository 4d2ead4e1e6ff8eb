//! The history of a model, with the moves that are known only from promotion times.

use std::borrow::Cow;
use std::collections::HashSet;

use json_document::{Array, Raw, Style};

use super::super::depth;
use super::super::history::{Action, Event, took_effect};
use super::Model;
use crate::stage::Stage;

impl Model {
    /// Returns the events of the history, oldest first. It starts with the first change that this
    /// tool made.
    pub fn history(&self) -> Vec<Event> {
        self.events().map(|event| Event::of(&event.value())).collect()
    }

    /// Returns the recorded events as written in the manifest.
    pub(crate) fn events(&self) -> impl Iterator<Item = Raw<'_>> {
        self.fields.get("history").into_iter().flat_map(|history| history.raw().elements())
    }

    /// Returns every move that took effect, oldest first. Recorded moves are in the order of the
    /// file. Between them, by time, are moves that are only inferred from promotion times; these
    /// have no action.
    pub fn moves(&self) -> Vec<Event> {
        let history = self.history();
        let took_effect = took_effect(&history);
        let is_move = |event: &&Event| event.action.is_none_or(Action::is_move);
        let recorded = history.iter().filter(|event| took_effect(event)).filter(is_move);
        self.with_inferred(&history, recorded.cloned().collect())
    }

    /// Returns every known event, oldest first: the moves of [`Model::moves`], those that a
    /// resolved conflict dropped, and the other events of the history.
    pub fn timeline(&self) -> Vec<Event> {
        let history = self.history();
        self.with_inferred(&history, history.clone())
    }

    /// Inserts the moves that are inferred from promotion times between the recorded events, by
    /// time.
    fn with_inferred(&self, history: &[Event], recorded: Vec<Event>) -> Vec<Event> {
        let recorded_times: HashSet<_> = history
            .iter()
            .filter(|event| event.action.is_none_or(Action::is_move))
            .map(|event| (event.version.as_str(), event.at.as_deref()))
            .collect();
        let took_effect = took_effect(history);
        let rolled_back: HashSet<_> = history
            .iter()
            .filter(|event| event.action == Some(Action::Rollback))
            .filter_map(|event| event.replaced.as_deref())
            .collect();
        let overwritten = history.iter().filter(|event| took_effect(event)).filter_map(|event| {
            let at = event.promoted_before.clone()?;
            Some(Event::inferred(&event.version, Some(at), event.from.clone()))
        });
        let current = self.versions.iter().filter_map(|version| {
            let (name, at) = (version.version(), version.promoted_at());
            let moved = at.is_some() || version.stage() != Stage::Dev;
            if !moved || recorded_times.contains(&(name, at.as_deref())) {
                return None;
            }
            // A rollback changes the stage of the version that leaves production, but not its
            // promotion time.
            let stage = if rolled_back.contains(name) { Stage::Prod } else { version.stage() };
            Some(Event::inferred(name, at.map(Cow::into_owned), Some(stage.into())))
        });
        let mut inferred: Vec<_> = overwritten.chain(current).collect();
        inferred.sort_by_key(Event::time);
        let mut moves = Vec::with_capacity(inferred.len() + recorded.len());
        let mut inferred = inferred.into_iter().peekable();
        for event in recorded {
            let time = event.time();
            while let Some(earlier) = inferred.next_if(|inferred| inferred.time() <= time) {
                moves.push(earlier);
            }
            moves.push(event);
        }
        moves.extend(inferred);
        moves
    }

    /// Adds an event to the history.
    pub(crate) fn record(&mut self, event: &Event, style: &Style) {
        let event = event.to_value().to_text(style, depth::VERSION);
        let history = self.fields.get("history");
        let mut history = history.map(Array::parse).and_then(Result::ok).unwrap_or_default();
        history.push(event.into(), style, depth::MODEL_FIELD);
        self.fields.set("history", history.to_text().into(), style, depth::MODEL);
    }
}
