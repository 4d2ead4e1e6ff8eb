//! The moves of a model that are on record.
//!
//! An event stands in the manifest beside the move it tells of, so that one write holds both and
//! a reviewer sees both. The record is only ever added to: a rollback is a new event.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use json_document::Value;
use serde::Serialize;

use super::timestamp::Timestamp;
use crate::stage::Stage;

/// Who moves a version, when and why.
#[derive(Debug, Clone)]
pub struct Provenance<'r> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<&'r str>,
    /// Why.
    pub reason: Option<&'r str>,
    /// The rules that were not met and passed over on purpose.
    pub unmet: &'r [String],
}

impl Provenance<'_> {
    /// A move at this time, by nobody in particular.
    pub const fn at(at: Timestamp) -> Self {
        Self { at, by: None, reason: None, unmet: &[] }
    }
}

/// What an event records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// A version was moved to a stage.
    Promote,
    /// Production went back to the version before.
    Rollback,
    /// The description or the tags of a model or a version changed.
    Describe,
    /// An alias was set, moved or deleted.
    Alias,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Promote, Self::Rollback, Self::Describe, Self::Alias];

    /// Returns the word in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Describe => "describe",
            Self::Alias => "alias",
        }
    }

    /// Whether the event is a move of a version between stages.
    pub const fn is_move(self) -> bool {
        matches!(self, Self::Promote | Self::Rollback)
    }
}

/// A stage in an event. Another tool may have written a text that is not a stage; it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RecordedStage {
    /// A stage.
    Stage(Stage),
    /// Another text.
    Other(String),
}

impl RecordedStage {
    /// Returns the text in the manifest.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stage(stage) => stage.as_str(),
            Self::Other(text) => text,
        }
    }
}

impl From<Stage> for RecordedStage {
    fn from(stage: Stage) -> Self {
        Self::Stage(stage)
    }
}

impl From<String> for RecordedStage {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Other(text), Self::Stage)
    }
}

impl PartialEq<Stage> for RecordedStage {
    fn eq(&self, stage: &Stage) -> bool {
        matches!(self, Self::Stage(own) if own == stage)
    }
}

impl fmt::Display for RecordedStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Serialize for RecordedStage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A move on record. What another tool left out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Event {
    /// When, as written.
    pub at: Option<String>,
    /// How.
    pub action: Option<Action>,
    /// The version; empty where an event is about the model, or an alias was deleted.
    pub version: String,
    /// The stage it was last promoted to before.
    pub from: Option<RecordedStage>,
    /// The stage it was moved to.
    pub to: Option<RecordedStage>,
    /// The version that was current there, or that the alias named, before.
    pub replaced: Option<String>,
    /// The alias that was set, moved or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The fields that were described, such as `description` or `tags.owner`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When the version was promoted before, if no event tells: before there was a history, that
    /// time was all there was to know, and this move overwrites it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoted_before: Option<String>,
    /// Whether rules were passed over.
    pub forced: bool,
    /// The rules that were passed over.
    pub unmet: Vec<String>,
}

impl Event {
    /// A move that nobody recorded: all that is known is the time of a promotion.
    pub(super) fn inferred(version: &str, at: Option<String>, to: Option<RecordedStage>) -> Self {
        let nothing = Value::Null;
        Self { at, version: version.to_owned(), to, ..Self::of(&nothing) }
    }

    /// Whether it stands in the history.
    pub const fn is_recorded(&self) -> bool {
        self.action.is_some()
    }

    /// When, if that is a time.
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.at.as_deref()?)
    }

    /// Whether this event brought the version into production.
    fn brings_to_prod(&self, version: &str) -> bool {
        self.version == version && self.to.as_ref().is_some_and(|to| *to == Stage::Prod)
    }

    /// Whether this event took the version out of production because it did not do.
    fn rolls_back(&self, version: &str) -> bool {
        self.action == Some(Action::Rollback) && self.replaced.as_deref() == Some(version)
    }

    /// An event as it stands in the manifest.
    pub(super) fn of(value: &Value<'_>) -> Self {
        let text = |key| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let texts = |key| match value.get(key) {
            Some(Value::Array(texts)) => {
                texts.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let action = text("action");
        Self {
            at: text("at"),
            action: Action::ALL.into_iter().find(|known| action.as_deref() == Some(known.as_str())),
            version: text("version").unwrap_or_default(),
            from: text("from").map(RecordedStage::from),
            to: text("to").map(RecordedStage::from),
            replaced: text("replaced"),
            alias: text("alias"),
            changed: texts("changed"),
            by: text("by"),
            reason: text("reason"),
            promoted_before: text("promoted_before"),
            forced: matches!(value.get("forced"), Some(Value::Bool(true))),
            unmet: texts("unmet"),
        }
    }

    /// Returns the event as it is written. A key that only some events have is left out of the
    /// others.
    pub(super) fn to_value(&self) -> Value<'_> {
        let string = |text: &'_ str| Value::String(Cow::Owned(text.to_owned()));
        let strings =
            |texts: &'_ [String]| Value::Array(texts.iter().map(|text| string(text)).collect());
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, string);
        let stage = |stage: &'_ Option<RecordedStage>| {
            stage.as_ref().map_or(Value::Null, |stage| string(stage.as_str()))
        };
        let is_move = self.action.is_none_or(Action::is_move);
        let version = Some(self.version.clone()).filter(|version| is_move || !version.is_empty());
        let mut members = vec![
            ("at", optional(&self.at)),
            ("action", self.action.map_or(Value::Null, |action| string(action.as_str()))),
            ("version", optional(&version)),
        ];
        if is_move {
            members.extend([("from", stage(&self.from)), ("to", stage(&self.to))]);
        }
        if let Some(alias) = &self.alias {
            members.push(("alias", string(alias)));
        }
        if is_move || self.alias.is_some() {
            members.push(("replaced", optional(&self.replaced)));
        }
        if !self.changed.is_empty() {
            members.push(("changed", strings(&self.changed)));
        }
        members.extend([("by", optional(&self.by)), ("reason", optional(&self.reason))]);
        if let Some(time) = &self.promoted_before {
            members.push(("promoted_before", string(time)));
        }
        if self.forced {
            members.push(("forced", Value::Bool(true)));
            members.push(("unmet", strings(&self.unmet)));
        }
        Value::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

/// The rollback that took this version out of production, if nothing has brought it back since.
pub(super) fn rolled_back<'e>(history: &'e [Event], version: &str) -> Option<&'e Event> {
    let last = history.iter().rev();
    last.take_while(|event| !event.brings_to_prod(version)).find(|event| event.rolls_back(version))
}

/// The versions that were in production one after the other, the last one at the end, without
/// those that a rollback or a demotion took away.
pub(super) fn production_timeline(moves: &[Event]) -> Vec<&str> {
    // A version that left is `None`, so that the others keep their places.
    let mut served: Vec<Option<&str>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for event in moves {
        let version = event.version.as_str();
        match (event.action, places.remove(version)) {
            // A rollback skips the versions that came after its target on purpose.
            (Some(Action::Rollback), Some(place)) => {
                for skipped in served.drain(place..).flatten() {
                    places.remove(skipped);
                }
            }
            (_, Some(place)) => served[place] = None,
            (_, None) => {}
        }
        if event.brings_to_prod(version) {
            places.insert(version, served.len());
            served.push(Some(version));
        }
    }
    served.into_iter().flatten().collect()
}

/// The versions that production can go back to from this one, the nearest first.
///
/// Each move says what it replaced, and that is what was there before: in a history that a merge
/// united, the moves of the two sides stand between each other. Where a move does not say, what
/// served before it counts.
pub(super) fn rollback_candidates<'e>(moves: &'e [Event], version: &str) -> Vec<&'e str> {
    let mut found: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut version, mut end) = (version, moves.len());
    while let Some(place) = moves[..end].iter().rposition(|event| event.brings_to_prod(version)) {
        end = place;
        let event = &moves[place];
        // A rollback brings a version back; what was before it is told by how it first came.
        if event.action == Some(Action::Rollback) {
            continue;
        }
        let Some(replaced) = event.replaced.as_deref() else { break };
        if seen.insert(replaced) {
            found.push(replaced);
        }
        version = replaced;
    }
    let earlier = production_timeline(&moves[..end]);
    found.extend(earlier.into_iter().rev().filter(|name| *name != version));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: Action, version: &str, to: &str) -> Event {
        Event {
            at: None,
            action: Some(action),
            version: version.to_owned(),
            from: None,
            to: Some(to.to_owned().into()),
            replaced: None,
            alias: None,
            changed: Vec::new(),
            by: None,
            reason: None,
            promoted_before: None,
            forced: false,
            unmet: Vec::new(),
        }
    }

    #[test]
    fn a_stage_that_another_tool_wrote_is_kept() {
        let text = r#"{"at": null, "version": "1", "from": "canary", "to": "prod"}"#;
        let event = Event::of(&Value::parse(text).expect("JSON"));
        assert_eq!(event.from, Some(RecordedStage::Other("canary".into())));
        assert_eq!(event.to, Some(RecordedStage::Stage(Stage::Prod)));
        let written = event.to_value();
        assert_eq!(written.get("from").and_then(Value::as_str), Some("canary"));
        let json = serde_json::to_value(&event).expect("JSON");
        assert_eq!((&json["from"], &json["to"]), (&"canary".into(), &"prod".into()));
    }

    #[test]
    fn what_served_is_known_from_the_moves() {
        let moves = |text: &str| -> Vec<Event> {
            let words = text.split_whitespace();
            words
                .map(|word| match word.split_at(1) {
                    ("+", version) => event(Action::Promote, version, "prod"),
                    ("-", version) => event(Action::Promote, version, "dev"),
                    (_, version) => event(Action::Rollback, version, "prod"),
                })
                .collect()
        };
        for (text, expected) in [
            ("", ""),
            ("+1 +2 +3", "1 2 3"),
            ("+1 +2 +1", "2 1"),
            ("+1 +2 +3 <2", "1 2"),
            ("+1 +2 +3 <1", "1"),
            ("+1 +2 +3 <1 +4", "1 4"),
            ("+1 +2 -2", "1"),
            ("+2 <1", "2 1"),
        ] {
            assert_eq!(production_timeline(&moves(text)).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_was_there_before_is_what_a_move_replaced() {
        let replaced = |version: &str, replaced: Option<&str>| Event {
            replaced: replaced.map(ToOwned::to_owned),
            ..event(Action::Promote, version, "prod")
        };
        let back = event(Action::Rollback, "1", "prod");
        let inferred = Event { action: None, ..event(Action::Promote, "1", "prod") };
        // Two sides promoted at the same time, and the promotion of 2 was kept.
        let united = [inferred.clone(), replaced("3", Some("1")), replaced("2", Some("1"))];
        assert_eq!(rollback_candidates(&united, "2"), ["1"]);
        let passed_over =
            [replaced("1", None), replaced("2", Some("1")), replaced("3", Some("2")), back];
        assert_eq!(rollback_candidates(&passed_over, "1"), [""; 0]);
        let on = [&passed_over[..], &[replaced("4", Some("1"))]].concat();
        assert_eq!(rollback_candidates(&on, "4"), ["1"]);
        let line = [inferred, replaced("2", Some("1")), replaced("3", Some("2"))];
        assert_eq!(rollback_candidates(&line, "3"), ["2", "1"]);
        assert_eq!(rollback_candidates(&line, "unknown"), ["3", "2", "1"]);
    }
}
