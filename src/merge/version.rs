//! Merges a version that both sides have.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use json_document::{Object, Raw, Style};

use super::three_way::{Taken, first, later, three_way};
use super::{Dispute, Merger, Side};
use crate::manifest::{ModelVersion, Stage, Value, depth};

/// Fields in which two versions of one name differ. The same run can be registered on both sides, at
/// different times.
const CONTENT: [&str; 8] = [
    "run_id",
    "artifact_path",
    "artifact_digest",
    "training_start",
    "training_end",
    "feature_schema_version",
    "feature_hash",
    "metrics",
];

/// A field with its new text, or `None` to remove it.
pub(super) type Edit = (String, Option<String>);

impl Merger<'_> {
    /// Converts a version of their side to the layout of the result.
    pub(super) fn adopt_version(&self, version: &ModelVersion) -> ModelVersion {
        if self.fits {
            return version.clone();
        }
        let text = self.adopt(version.text(), depth::VERSION);
        // Another layout cannot make a version unreadable, so the fallback is never used.
        ModelVersion::from_text(&text).unwrap_or_else(|_| version.clone())
    }

    /// Merges a version: our text with the fields that only their side changed.
    pub(super) fn version(
        &mut self,
        model: &str,
        base: Option<&ModelVersion>,
        ours: &ModelVersion,
        theirs: &ModelVersion,
    ) -> ModelVersion {
        let same =
            |one: &ModelVersion, two: &ModelVersion| one.text().raw().same_tokens(two.text().raw());
        if same(ours, theirs) || base.is_some_and(|base| same(base, theirs)) {
            return ours.clone();
        }
        if base.is_some_and(|base| base.text() == ours.text()) {
            return self.adopt_version(theirs);
        }
        let sides = VersionSides::new(base, ours, theirs);
        let distinct = sides.distinct;
        let retired_by = retired_by(base, ours, theirs).filter(|_| !distinct);
        if let Some(by) = retired_by {
            let stage = if by == Side::Ours { theirs.stage() } else { ours.stage() };
            let (kind, values) = (Dispute::Retired { by, stage }, sides.values("retired"));
            self.dispute(Some(model), Some(ours.version()), "retired", values, kind);
        }
        let stage = sides.taken("stage");
        let only_ours = ours.members().filter(|(name, _)| !sides.members[2].contains_key(name));
        let mut edits: Vec<Edit> = Vec::new();
        for (name, _) in theirs.members().chain(only_ours) {
            let values = sides.values(&name);
            let taken = match (&*name, sides.taken(&name)) {
                ("metrics" | "tags", Taken::Disputed) if !distinct => {
                    let subject = (Some(model), Some(ours.version()));
                    let text = self.members(subject, &name, values, depth::VERSION_FIELD);
                    edits.extend(text.map(|text| (name.into_owned(), Some(text))));
                    continue;
                }
                // Ours wins, and the conflict is recorded.
                ("retired" | "stage" | "promoted_at", _) if retired_by.is_some() => Taken::Ours,
                ("promoted_at", taken) => promoted(taken, stage, ours, theirs),
                ("retired", Taken::Disputed) if !distinct => match values {
                    [_, Some(ours), Some(theirs)] => first(ours, theirs),
                    _ => Taken::Disputed,
                },
                (_, taken) => taken,
            };
            match taken {
                Taken::Ours => {}
                Taken::Theirs => {
                    let [_, _, theirs] = values;
                    let text = theirs.map(|raw| self.adopt_piece(raw, depth::VERSION_FIELD));
                    edits.push((name.into_owned(), text));
                }
                Taken::Disputed => {
                    // Their promotion was of another artifact, which no command can bring here.
                    let kind = if name == "stage" && !distinct {
                        Dispute::Stage { ours: ours.stage(), theirs: theirs.stage() }
                    } else {
                        Dispute::Field
                    };
                    self.dispute(Some(model), Some(ours.version()), &name, values, kind);
                }
            }
        }
        edited(ours, &edits, self.style)
    }

    /// Converts a part of a text of their side to the layout of the result at this depth.
    fn adopt_piece(&self, raw: Raw<'_>, depth: usize) -> String {
        if self.fits { raw.text().to_owned() } else { raw.restyle(self.style, depth) }
    }
}

/// The fields of a version in the base, on our side and on their side.
struct VersionSides<'v> {
    members: [HashMap<Cow<'v, str>, Raw<'v>>; 3],
    /// `true` if two versions were registered under one name. They must not be mixed: the promotion of
    /// one must not bring the artifact of the other into production.
    distinct: bool,
}

impl<'v> VersionSides<'v> {
    fn new(
        base: Option<&'v ModelVersion>,
        ours: &'v ModelVersion,
        theirs: &'v ModelVersion,
    ) -> Self {
        let members = [base, Some(ours), Some(theirs)]
            .map(|version| version.into_iter().flat_map(ModelVersion::members).collect());
        let mut sides = Self { members, distinct: false };
        sides.distinct =
            base.is_none() && CONTENT.iter().any(|name| sides.taken(name) == Taken::Disputed);
        sides
    }

    fn values(&self, field: &str) -> [Option<Raw<'v>>; 3] {
        self.members.each_ref().map(|members| members.get(field).copied())
    }

    /// Returns the side whose value of a field to take.
    fn taken(&self, field: &str) -> Taken {
        let [base, ours, theirs] = self.values(field);
        let default = ModelVersion::default_of(field);
        if self.distinct && three_way([ours, ours, theirs], default.as_ref()) == Taken::Theirs {
            return Taken::Disputed;
        }
        three_way([base, ours, theirs], default.as_ref())
    }
}

/// Returns the side that retired a version which the other moved to a stage.
fn retired_by(
    base: Option<&ModelVersion>,
    ours: &ModelVersion,
    theirs: &ModelVersion,
) -> Option<Side> {
    let retired = |version: &ModelVersion| version.retired().is_some();
    let place =
        |version: &ModelVersion| (version.stage(), version.promoted_at().map(Cow::into_owned));
    let moved = |version: &ModelVersion| {
        version.stage() != Stage::Dev && base.is_none_or(|base| place(base) != place(version))
    };
    let by = |one: &ModelVersion, other: &ModelVersion| {
        retired(one) && !retired(other) && !base.is_some_and(retired) && moved(other)
    };
    if by(ours, theirs) { Some(Side::Ours) } else { by(theirs, ours).then_some(Side::Theirs) }
}

/// Returns the side whose promotion time to take: the later one if both sides have the same stage,
/// otherwise that of the side whose stage is taken.
fn promoted(taken: Taken, stage: Taken, ours: &ModelVersion, theirs: &ModelVersion) -> Taken {
    match (taken, stage) {
        (_, Taken::Disputed) => Taken::Ours,
        (Taken::Disputed, _) if ours.stage() == theirs.stage() => {
            later(promoted_at(ours), promoted_at(theirs))
        }
        (Taken::Disputed, stage) => stage,
        (taken, _) => taken,
    }
}

fn promoted_at(version: &ModelVersion) -> Option<Raw<'_>> {
    version.text().raw().get("promoted_at")
}

/// Returns a version with some of its fields changed.
pub(super) fn edited(version: &ModelVersion, edits: &[Edit], style: &Style) -> ModelVersion {
    if edits.is_empty() {
        return version.clone();
    }
    let Ok(mut object) = Object::parse(version.text()) else { return version.clone() };
    for (field, value) in edits {
        if let Some(value) = value {
            object.set(field, value.as_str().into(), style, depth::VERSION);
        }
    }
    let gone: HashSet<&str> =
        edits.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| &**name).collect();
    object.retain(|member| !gone.contains(&*member.name()));
    // Every field comes from a parsed version, so the result can be parsed.
    let text = object.to_text(style, depth::VERSION).into();
    ModelVersion::from_text(&text).unwrap_or_else(|_| version.clone())
}

/// Returns a version with the stage and the promotion time of another one.
pub(super) fn with_stage_of(
    version: &ModelVersion,
    other: &ModelVersion,
    style: &Style,
) -> ModelVersion {
    let field = |name: &str| -> Edit {
        let text = other.text().raw().get(name).map(|raw| raw.text().to_owned());
        let default = || ModelVersion::default_of(name).map(|value: Value<'_>| value.to_string());
        (name.to_owned(), text.or_else(default))
    };
    edited(version, &[field("stage"), field("promoted_at")], style)
}
