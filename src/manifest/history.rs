//! The recorded moves of a model.
//!
//! A move and its event are written together, so that a reviewer sees both. Events are only added:
//! a rollback is a new event.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use json_document::Value;
use serde::Serialize;

use super::timestamp::Timestamp;
use crate::stage::Stage;

/// The author, the time and the reason of a move.
#[derive(Debug, Clone)]
pub struct Provenance<'r> {
    /// Time of the move.
    pub at: Timestamp,
    /// Author of the move.
    pub by: Option<&'r str>,
    /// Reason for the move.
    pub reason: Option<&'r str>,
    /// Failed rules that were overridden.
    pub unmet: &'r [String],
}

impl Provenance<'_> {
    /// Creates the provenance of a move at this time, without an author.
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
    /// A version was withdrawn.
    Retire,
    /// A withdrawn version was restored.
    Unretire,
    /// Versions were removed.
    Prune,
    /// A conflict of a merge was resolved: the moves of one side do not take effect.
    Resolve,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Promote,
        Self::Rollback,
        Self::Describe,
        Self::Alias,
        Self::Retire,
        Self::Unretire,
        Self::Prune,
        Self::Resolve,
    ];

    /// Returns the word in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Describe => "describe",
            Self::Alias => "alias",
            Self::Retire => "retire",
            Self::Unretire => "unretire",
            Self::Prune => "prune",
            Self::Resolve => "resolve",
        }
    }

    /// Whether the event is a move of a version between stages.
    pub const fn is_move(self) -> bool {
        matches!(self, Self::Promote | Self::Rollback)
    }
}

/// A stage in an event. A text from another tool that is not a stage is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RecordedStage {
    /// A stage.
    Stage(Stage),
    /// A text that is not a stage.
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

    const fn stage(&self) -> Option<Stage> {
        match self {
            Self::Stage(stage) => Some(*stage),
            Self::Other(_) => None,
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

/// A recorded move. Fields that another tool left out are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Event {
    /// Time, as written in the manifest.
    pub at: Option<String>,
    /// Kind of move.
    pub action: Option<Action>,
    /// The version; empty where an event is about the model or several versions, or an alias was
    /// deleted.
    pub version: String,
    /// The versions that were removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Stage that the version was last moved to before.
    pub from: Option<RecordedStage>,
    /// Stage that the version was moved to.
    pub to: Option<RecordedStage>,
    /// The version that was current there, or that the alias named, before.
    pub replaced: Option<String>,
    /// The alias that was set, moved or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The fields that were described, such as `description` or `tags.owner`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Author of the move.
    pub by: Option<String>,
    /// Reason for the move.
    pub reason: Option<String>,
    /// Time of the version's previous promotion if no event records it. It comes from before the
    /// history, and the move overwrites it in the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoted_before: Option<String>,
    /// Whether failed rules were overridden.
    pub forced: bool,
    /// Failed rules that were overridden.
    pub unmet: Vec<String>,
    /// The moves that a resolved conflict gave up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedMove>,
}

/// A move that does not take effect, because a conflict was resolved for the other side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct DroppedMove {
    /// When it was made, as written.
    pub at: Option<String>,
    /// The version that was moved.
    pub version: String,
    /// The stage it was moved to.
    pub to: Option<RecordedStage>,
}

impl DroppedMove {
    /// Returns what identifies a move.
    pub(crate) fn of(event: &Event) -> Self {
        Self { at: event.at.clone(), version: event.version.clone(), to: event.to.clone() }
    }
}

impl Event {
    /// Creates an event for a move without a record, which is inferred from a promotion time.
    pub(super) fn inferred(version: &str, at: Option<String>, to: Option<RecordedStage>) -> Self {
        let nothing = Value::Null;
        Self { at, version: version.to_owned(), to, ..Self::of(&nothing) }
    }

    /// Returns what identifies this move in [`Event::dropped`].
    pub fn identity(&self) -> DroppedMove {
        DroppedMove::of(self)
    }

    /// Returns whether the history contains the event.
    pub const fn is_recorded(&self) -> bool {
        self.action.is_some()
    }

    /// Returns the time, or `None` if it is not a timestamp.
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.at.as_deref()?)
    }

    /// The stage it was moved to, if that is a stage.
    pub(crate) fn stage(&self) -> Option<Stage> {
        self.to.as_ref().and_then(RecordedStage::stage)
    }

    /// The stage it was last moved to before, if that is a stage.
    pub(crate) fn stage_before(&self) -> Option<Stage> {
        self.from.as_ref().and_then(RecordedStage::stage)
    }

    /// Returns whether this event moved the version into production.
    fn brings_to_prod(&self, version: &str) -> bool {
        self.version == version && self.to.as_ref().is_some_and(|to| *to == Stage::Prod)
    }

    /// Returns whether this event took the version out of production by a rollback.
    fn rolls_back(&self, version: &str) -> bool {
        self.action == Some(Action::Rollback) && self.replaced.as_deref() == Some(version)
    }

    /// Reads an event of the manifest.
    pub(crate) fn of(value: &Value<'_>) -> Self {
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
            versions: texts("versions"),
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
            dropped: value.get("dropped").map(dropped).unwrap_or_default(),
        }
    }

    /// Returns the event as it is written. A key that only some events have is left out of the
    /// others.
    pub(crate) fn to_value(&self) -> Value<'_> {
        let string = |text: &'_ str| Value::String(Cow::Owned(text.to_owned()));
        let strings =
            |texts: &'_ [String]| Value::Array(texts.iter().map(|text| string(text)).collect());
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, string);
        let stage = |stage: &'_ Option<RecordedStage>| {
            stage.as_ref().map_or(Value::Null, |stage| string(stage.as_str()))
        };
        // A resolved conflict names versions and a stage as a move does.
        let is_move =
            self.action.is_none_or(|action| action.is_move() || action == Action::Resolve);
        let version = Some(self.version.clone()).filter(|version| is_move || !version.is_empty());
        let mut members = vec![
            ("at", optional(&self.at)),
            ("action", self.action.map_or(Value::Null, |action| string(action.as_str()))),
            ("version", optional(&version)),
        ];
        if !self.versions.is_empty() {
            members.push(("versions", strings(&self.versions)));
        }
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
        if !self.dropped.is_empty() {
            let object = |dropped: &'_ DroppedMove| {
                let members = [
                    ("at", optional(&dropped.at)),
                    ("version", string(&dropped.version)),
                    ("to", stage(&dropped.to)),
                ];
                Value::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
            };
            members.push(("dropped", Value::Array(self.dropped.iter().map(object).collect())));
        }
        Value::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

/// The moves in the `dropped` list of an event.
fn dropped(list: &Value<'_>) -> Vec<DroppedMove> {
    let Value::Array(list) = list else { return Vec::new() };
    let text = |value: &Value<'_>, key| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let dropped = list.iter().map(|value| DroppedMove {
        at: text(value, "at"),
        version: text(value, "version").unwrap_or_default(),
        to: text(value, "to").map(RecordedStage::from),
    });
    dropped.collect()
}

/// Whether each event took effect, which a move that a resolved conflict gave up did not.
pub(crate) fn in_effect(history: &[Event]) -> Vec<bool> {
    let dropped: HashSet<&DroppedMove> =
        history.iter().flat_map(|event| event.dropped.iter()).collect();
    let taken = |event| dropped.is_empty() || !dropped.contains(&DroppedMove::of(event));
    history.iter().map(taken).collect()
}

/// The rule that a version was not rolled back, as an event that overrode it records it.
pub(crate) const NOT_ROLLED_BACK: &str = "not rolled back";

/// Returns the rollback that took this version out of production, unless it has returned since.
///
/// Only a promotion that overrode the rollback brings a version back. A merge can put another
/// promotion behind the rollback that was made on a branch without it, and a resolved conflict can
/// drop the rollback; neither is a decision to bring the version back.
pub(super) fn rolled_back<'e>(history: &'e [Event], version: &str) -> Option<&'e Event> {
    let brought_back = |event: &&Event| {
        event.brings_to_prod(version) && event.unmet.iter().any(|rule| rule == NOT_ROLLED_BACK)
    };
    let last = history.iter().rev();
    last.take_while(|event| !brought_back(event)).find(|event| event.rolls_back(version))
}

/// Returns the versions that were in production one after the other, oldest first, without those
/// that a rollback or a demotion removed.
pub(super) fn production_timeline(moves: &[Event]) -> Vec<&str> {
    // A version that left becomes `None`, so that the others keep their positions.
    let mut timeline: Vec<Option<&str>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for event in moves {
        let version = event.version.as_str();
        match (event.action, places.remove(version)) {
            // A rollback skips the versions that came after its target on purpose.
            (Some(Action::Rollback), Some(place)) => {
                for skipped in timeline.drain(place..).flatten() {
                    places.remove(skipped);
                }
            }
            (_, Some(place)) => timeline[place] = None,
            (_, None) => {}
        }
        if event.brings_to_prod(version) {
            places.insert(version, timeline.len());
            timeline.push(Some(version));
        }
    }
    timeline.into_iter().flatten().collect()
}

/// Returns the versions that production can return to from this one, the latest first.
///
/// The predecessor of a version is the one that its move replaced, since a merged history mixes the
/// moves of two sides. If a move does not record that, the version in production before it counts.
pub(super) fn rollback_candidates<'e>(moves: &'e [Event], version: &str) -> Vec<&'e str> {
    let mut found: Vec<&str> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let (mut version, mut end) = (version, moves.len());
    while let Some(place) = moves[..end].iter().rposition(|event| event.brings_to_prod(version)) {
        end = place;
        let event = &moves[place];
        // A rollback returns to a version whose predecessor is known from its first promotion.
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
            versions: Vec::new(),
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
            dropped: Vec::new(),
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
    fn the_production_timeline_follows_from_the_moves() {
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
    fn the_predecessor_is_the_version_that_a_move_replaced() {
        let replaced = |version: &str, replaced: Option<&str>| Event {
            replaced: replaced.map(ToOwned::to_owned),
            ..event(Action::Promote, version, "prod")
        };
        let back = event(Action::Rollback, "1", "prod");
        let inferred = Event { action: None, ..event(Action::Promote, "1", "prod") };
        // Two sides promoted at the same time, and the promotion of 2 was kept.
        let merged = [inferred.clone(), replaced("3", Some("1")), replaced("2", Some("1"))];
        assert_eq!(rollback_candidates(&merged, "2"), ["1"]);
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
