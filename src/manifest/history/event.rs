//! `Event`: a recorded change, as read from the manifest and written to it.

use std::borrow::Cow;

use json_document::Value;
use serde::{Serialize, Serializer};

use super::action::Action;
use super::recorded_stage::RecordedStage;
use crate::manifest::timestamp::Timestamp;
use crate::stage::Stage;

/// A recorded change. Fields that another tool left out are `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Event {
    /// Time, as written in the manifest.
    pub at: Option<String>,
    /// Kind of change; `None` for a move that was inferred from a promotion time, or for an unknown
    /// kind.
    pub action: Option<Action>,
    /// The version; empty if the event is about the model or several versions, or an alias was
    /// deleted. Serialized as `null` then, as in the manifest.
    #[serde(serialize_with = "name_or_null")]
    pub version: String,
    /// The versions that were removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Stage that the version was last moved to before.
    pub from: Option<RecordedStage>,
    /// Stage that the version was moved to.
    pub to: Option<RecordedStage>,
    /// The version that was current in the stage before, or that the alias pointed to before.
    pub replaced: Option<String>,
    /// The alias that was set, moved or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The fields that were described, such as `description` or `tags.owner`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Author of the change.
    pub by: Option<String>,
    /// Reason for the change.
    pub reason: Option<String>,
    /// Time of the version's previous promotion if no event records it. That promotion is older
    /// than the history, and this move overwrites its time in the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoted_before: Option<String>,
    /// Whether failed rules were overridden.
    pub forced: bool,
    /// Failed rules that were overridden.
    pub unmet: Vec<String>,
    /// The moves that do not take effect because this event resolved a conflict for the other side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedMove>,
}

/// A move that does not take effect, because a conflict was resolved for the other side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct DroppedMove {
    /// Time of the move, as written in the manifest.
    pub at: Option<String>,
    /// The version that was moved.
    pub version: String,
    /// The stage it was moved to.
    pub to: Option<RecordedStage>,
}

impl Event {
    /// Creates an event for a move that is not recorded, but inferred from a promotion time.
    pub(in crate::manifest) fn inferred(
        version: &str,
        at: Option<String>,
        to: Option<RecordedStage>,
    ) -> Self {
        Self { at, version: version.to_owned(), to, ..Self::default() }
    }

    /// Returns the fields that identify this move in [`Event::dropped`].
    pub fn identity(&self) -> DroppedMove {
        DroppedMove { at: self.at.clone(), version: self.version.clone(), to: self.to.clone() }
    }

    /// Returns whether the history contains the event.
    pub const fn is_recorded(&self) -> bool {
        self.action.is_some()
    }

    /// Returns whether the event records a move of a version between stages.
    pub(crate) fn is_move(&self) -> bool {
        self.action.is_some_and(Action::is_move)
    }

    /// Returns the time, or `None` if it is not a timestamp.
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.at.as_deref()?)
    }

    /// Returns the stage that the version was moved to, unless the text is not a stage.
    pub(crate) fn stage(&self) -> Option<Stage> {
        self.to.as_ref().and_then(RecordedStage::stage)
    }

    /// Returns the stage that the version was last moved to before, unless the text is not a stage.
    pub(crate) fn stage_before(&self) -> Option<Stage> {
        self.from.as_ref().and_then(RecordedStage::stage)
    }

    /// Returns whether this event moved the version into production.
    pub(super) fn brings_to_prod(&self, version: &str) -> bool {
        self.version == version && self.to.as_ref().is_some_and(|to| *to == Stage::Prod)
    }

    /// Returns whether this event took the version out of production by a rollback.
    pub(super) fn rolls_back(&self, version: &str) -> bool {
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

    /// Returns the event as it is written. A key that does not apply to the kind of change is left
    /// out.
    pub(crate) fn to_value(&self) -> Value<'_> {
        let string = |text: &'_ str| Value::String(Cow::Owned(text.to_owned()));
        let strings =
            |texts: &'_ [String]| Value::Array(texts.iter().map(|text| string(text)).collect());
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, string);
        let stage = |stage: &'_ Option<RecordedStage>| {
            stage.as_ref().map_or(Value::Null, |stage| string(stage.as_str()))
        };
        // A resolved conflict has the keys of a move.
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

fn name_or_null<S: Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Some(name).filter(|name| !name.is_empty()).serialize(serializer)
}

/// Reads the `dropped` list of an event.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_shown_by_its_name_in_the_manifest() {
        for action in Action::ALL {
            assert_eq!(format!("{action:>9}"), format!("{:>9}", action.as_str()));
        }
        assert_eq!(Action::Unretire.to_string(), "unretire");
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
}
