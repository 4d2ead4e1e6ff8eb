//! One version that both sides have.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fields::{Taken, later, three_way};
use super::{Dispute, Merger};
use crate::manifest::{
    ModelVersion, Style, Text, Value, members, remove_member, restyle, same_tokens, set_member,
};

/// Depth of the value of a version's field in the document.
const DEPTH: usize = ModelVersion::DEPTH + 1;

/// A field with its new text, or with none if it goes.
type Edit = (String, Option<String>);

impl Merger<'_> {
    /// A version of their side as it is to stand in the result.
    pub(super) fn adopt_version(&self, version: &ModelVersion) -> ModelVersion {
        if self.fits {
            return version.clone();
        }
        let text = self.adopt(version.text(), ModelVersion::DEPTH);
        // Another layout cannot make a version unreadable; its own would do if it could.
        ModelVersion::from_text(&text).unwrap_or_else(|_| version.clone())
    }

    /// Our text of a version with what only their side changed set into it.
    pub(super) fn version(
        &mut self,
        model: &str,
        base: Option<&ModelVersion>,
        ours: &ModelVersion,
        theirs: &ModelVersion,
    ) -> ModelVersion {
        let same = |one: &ModelVersion, two: &ModelVersion| same_tokens(one.text(), two.text());
        if same(ours, theirs) || base.is_some_and(|base| same(base, theirs)) {
            return ours.clone();
        }
        if base.is_some_and(|base| base.text() == ours.text()) {
            return self.adopt_version(theirs);
        }
        let before: HashMap<Cow<'_, str>, &str> =
            base.iter().flat_map(|base| base.members()).collect();
        let here: HashMap<Cow<'_, str>, &str> = ours.members().collect();
        let there: HashMap<Cow<'_, str>, &str> = theirs.members().collect();
        let gone = ours.members().map(|(name, _)| name).filter(|name| !there.contains_key(name));
        let names = theirs.members().map(|(name, _)| name).chain(gone);

        let values = |name: &str| {
            [before.get(name).copied(), here.get(name).copied(), there.get(name).copied()]
        };
        let decide = |name: &str| {
            let [base, ours, theirs] = values(name);
            three_way(base, ours, theirs, ModelVersion::default_of(name).as_ref())
        };
        // Two versions that were registered under one name are not to be mixed: the artifact of
        // one must not come into production by the promotion of the other.
        let distinct = base.is_none()
            && ["run_id", "artifact_path"].iter().any(|name| decide(name) == Taken::Disputed);
        let decide = |name: &str| {
            let [_, ours, theirs] = values(name);
            let default = ModelVersion::default_of(name);
            match three_way(ours, ours, theirs, default.as_ref()) {
                Taken::Theirs if distinct => Taken::Disputed,
                _ => decide(name),
            }
        };
        let stage = decide("stage");
        let mut edits: Vec<Edit> = Vec::new();
        for name in names {
            let taken = match (&*name, decide(&name)) {
                ("metrics", Taken::Disputed) if !distinct => {
                    edits.extend(self.metrics(model, ours.version(), values("metrics")));
                    continue;
                }
                ("promoted_at", taken) => promoted(taken, stage, ours, theirs),
                (_, taken) => taken,
            };
            match taken {
                Taken::Ours => {}
                Taken::Theirs => {
                    let text = there.get(&name).map(|text| self.adopt_piece(text, DEPTH));
                    edits.push((name.into_owned(), text));
                }
                Taken::Disputed => {
                    // Their promotion was of another artifact: no command brings it here.
                    let kind = if name == "stage" && !distinct {
                        Dispute::Stage { ours: ours.stage(), theirs: theirs.stage() }
                    } else {
                        Dispute::Field
                    };
                    self.dispute(Some(model), Some(ours.version()), &name, values(&name), kind);
                }
            }
        }
        edited(ours, &edits, self.style)
    }

    /// The metrics with each merged by itself.
    fn metrics(&mut self, model: &str, version: &str, texts: [Option<&str>; 3]) -> Option<Edit> {
        let [base, ours, theirs] = texts.map(|text| text.unwrap_or("{}"));
        let before: HashMap<Cow<'_, str>, &str> = members(base).collect();
        let here: HashMap<Cow<'_, str>, &str> = members(ours).collect();
        let there: HashMap<Cow<'_, str>, &str> = members(theirs).collect();
        let gone = members(ours).map(|(name, _)| name).filter(|name| !there.contains_key(name));
        let mut result = Cow::Borrowed(ours);
        for name in members(theirs).map(|(name, _)| name).chain(gone) {
            let values =
                [before.get(&name), here.get(&name), there.get(&name)].map(Option::<&&str>::copied);
            let [base, ours, theirs] = values;
            match three_way(base, ours, theirs, None) {
                Taken::Ours => {}
                Taken::Theirs => {
                    result = Cow::Owned(match theirs {
                        Some(value) => set_member(&result, &name, value, self.style, DEPTH),
                        None => remove_member(&result, &name),
                    });
                }
                Taken::Disputed => {
                    let field = format!("metrics.{name}");
                    self.dispute(Some(model), Some(version), &field, values, Dispute::Field);
                }
            }
        }
        match result {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(("metrics".to_owned(), Some(text))),
        }
    }

    /// A piece of a text of their side as it is to stand at this depth of the result.
    fn adopt_piece(&self, text: &str, depth: usize) -> String {
        if self.fits { text.to_owned() } else { restyle(text, self.style, depth) }
    }
}

/// Whose time of promotion to take: the later one where both sides have the same stage, else that
/// of the side whose stage is taken.
fn promoted(taken: Taken, stage: Taken, ours: &ModelVersion, theirs: &ModelVersion) -> Taken {
    match (taken, stage) {
        (_, Taken::Disputed) => Taken::Ours,
        (Taken::Disputed, _) if ours.stage() == theirs.stage() => {
            later(quoted(ours).as_deref(), quoted(theirs).as_deref())
        }
        (Taken::Disputed, stage) => stage,
        (taken, _) => taken,
    }
}

fn quoted(version: &ModelVersion) -> Option<String> {
    let promoted_at = version.members().find(|(name, _)| name == "promoted_at");
    promoted_at.map(|(_, text)| text.to_owned())
}

/// A version with some of its fields changed.
fn edited(version: &ModelVersion, edits: &[Edit], style: &Style) -> ModelVersion {
    if edits.is_empty() {
        return version.clone();
    }
    let mut text = version.text().to_string();
    for (field, value) in edits {
        text = match value {
            Some(value) => set_member(&text, field, value, style, ModelVersion::DEPTH),
            None => remove_member(&text, field),
        };
    }
    // Each field is one that a version was read with, so all of them can be read again.
    ModelVersion::from_text(&Text::from(text)).unwrap_or_else(|_| version.clone())
}

/// Returns a version with the stage and the promotion time of another one.
pub(super) fn with_stage_of(
    version: &ModelVersion,
    other: &ModelVersion,
    style: &Style,
) -> ModelVersion {
    let field = |name: &str| -> Edit {
        let text = other.members().find(|(key, _)| key == name).map(|(_, text)| text.to_owned());
        let default = || ModelVersion::default_of(name).map(|value: Value<'_>| value.to_string());
        (name.to_owned(), text.or_else(default))
    };
    edited(version, &[field("stage"), field("promoted_at")], style)
}
