//! Parses versions, and checks their known fields.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;

use json_document::{Kind, Parser, Raw, Shape, Slice, Text, decode, lone_surrogate};

use super::super::fault::Fault;
use super::ModelVersion;
use crate::error::DocumentErrorKind;
use crate::stage::Stage;

impl ModelVersion {
    /// Parses the next version and validates every known field.
    ///
    /// Most versions have the shape of the previous one, whose keys need not be parsed again.
    pub(in crate::manifest) fn read(
        parser: &mut Parser<Slice<'_>>,
        source: &Text,
        last: &mut LastVersion,
    ) -> Result<Self, Fault> {
        let start = parser.start()?;
        if let Some(version) = last.read_like(parser, source) {
            return Ok(version);
        }
        let version = Self::read_fields(parser, source, start)?;
        last.learn(parser, start..parser.offset())?;
        Ok(version)
    }

    pub(super) fn read_fields(
        parser: &mut Parser<Slice<'_>>,
        source: &Text,
        start: usize,
    ) -> Result<Self, Fault> {
        let mut version = None;
        let mut label = Stage::Dev;
        let (mut run_id, mut artifact_path) = (None, false);
        parser.object::<Fault>(|parser, key| {
            match &*key.name {
                "version" => version = Some(identity(parser, source, "version")?),
                "run_id" => {
                    let name = identity(parser, source, "run_id")?;
                    let end = parser.offset() - 1;
                    run_id = (!name.is_empty()).then_some((name, end));
                }
                "artifact_path" => {
                    artifact_path = !identity(parser, source, "artifact_path")?.is_empty();
                }
                "stage" => label = stage(parser)?,
                "metrics" => metrics(parser)?,
                _ => {
                    parser.skip_unique()?;
                }
            }
            Ok(())
        })?;
        let text = source.slice(start..parser.offset());
        let missing = |field| Fault::field(start, format!("this version has no `{field}`"));
        let version = version.filter(|name| !name.is_empty()).ok_or_else(|| missing("version"))?;
        let (run_id, end) = run_id.ok_or_else(|| missing("run_id"))?;
        if !artifact_path {
            return Err(missing("artifact_path"));
        }
        let place = end.checked_sub(run_id.len()).map(|begin| begin..end);
        let place = place.filter(|place| source.get(place.clone()) == Some(&*run_id));
        let run_id = place.and_then(|place| RunIdPlace::new(&place, start));
        Ok(Self { text, version, stage: label, run_id })
    }
}

/// The place of the run id in the text of a version, in half the size of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RunIdPlace {
    /// Never zero, since a version begins with a brace.
    start: NonZeroU32,
    end: u32,
}

impl RunIdPlace {
    /// Returns a place relative to the start of the version; `None` if it is too far from it.
    fn new(place: &Range<usize>, version: usize) -> Option<Self> {
        let relative = |at: usize| u32::try_from(at.checked_sub(version)?).ok();
        Some(Self { start: NonZeroU32::new(relative(place.start)?)?, end: relative(place.end)? })
    }

    pub(super) const fn range(self) -> Range<usize> {
        self.start.get() as usize..self.end as usize
    }
}

/// Returns the name and the stage of a version without building it, or `None` if one of them cannot
/// be read.
pub(in crate::manifest) fn heading(text: &str) -> Option<(Cow<'_, str>, Stage)> {
    let (mut version, mut stage) = (None, None);
    for (key, value) in Raw::new(text).members() {
        match &*key {
            "version" if value.kind() == Kind::String => version = value.string(),
            "stage" => stage = Some(decode(value.text()).parse().ok()?),
            _ => continue,
        }
        if version.is_some() && stage.is_some() {
            break;
        }
    }
    Some((version?, stage.unwrap_or(Stage::Dev)))
}

/// The shape of the last version, and the indexes of its known scalars.
#[derive(Default)]
pub(in crate::manifest) struct LastVersion {
    shape: Shape,
    /// Indexes of `version`, `run_id` and `artifact_path`.
    names: Option<[usize; 3]>,
    stage: Option<usize>,
    /// Index of `metrics`, if it is not an object.
    metrics: Option<usize>,
}

impl LastVersion {
    /// Parses the next version if it has the shape of the last one and needs no special handling.
    /// Otherwise, the parser does not move.
    fn read_like(&mut self, parser: &mut Parser<Slice<'_>>, source: &Text) -> Option<ModelVersion> {
        let names = self.names?;
        if !parser.object_like(&mut self.shape) {
            return None;
        }
        let version = self.version(names, source, self.shape.object())?;
        parser.accept(&self.shape);
        Some(version)
    }

    fn version(
        &self,
        names: [usize; 3],
        source: &Text,
        place: Range<usize>,
    ) -> Option<ModelVersion> {
        let [version, run_id, artifact_path] = names.map(|index| self.shape.scalar(index));
        let is_plain = |place: &Range<usize>| {
            let quoted = &source[place.clone()];
            // A non-empty string without escapes, which could stand for any character.
            quoted.len() > 2 && quoted.starts_with('"') && !quoted.contains('\\')
        };
        if ![&version, &run_id, &artifact_path].into_iter().all(is_plain) {
            return None;
        }
        let stage = match self.stage.map(|index| &source[self.shape.scalar(index)]) {
            None => Stage::Dev,
            Some(quoted) => quoted.strip_prefix('"')?.strip_suffix('"')?.parse().ok()?,
        };
        if let Some(index) = self.metrics
            && &source[self.shape.scalar(index)] != "null"
        {
            return None;
        }
        let version = source.slice(version.start + 1..version.end - 1);
        let run_id = RunIdPlace::new(&(run_id.start + 1..run_id.end - 1), place.start);
        Some(ModelVersion { text: source.slice(place), version, stage, run_id })
    }

    fn learn(&mut self, parser: &Parser<Slice<'_>>, place: Range<usize>) -> Result<(), Fault> {
        self.shape.learn(parser, place)?;
        let [version, run_id, artifact_path, stage, metrics] =
            ["version", "run_id", "artifact_path", "stage", "metrics"]
                .map(|name| self.shape.scalar_of(name));
        self.names = version.zip(run_id).zip(artifact_path).map(|((a, b), c)| [a, b, c]);
        (self.stage, self.metrics) = (stage, metrics);
        Ok(())
    }
}

/// Parses a string that identifies something, and therefore must not contain lone surrogates.
fn identity(parser: &mut Parser<Slice<'_>>, source: &Text, field: &str) -> Result<Text, Fault> {
    let place = string(parser, field)?;
    let quoted = &source[place.clone()];
    if let Some(at) = lone_surrogate(quoted) {
        let problem = format!("`{field}` contains a lone surrogate, which is not a character");
        return Err(Fault::field(place.start + at, problem));
    }
    Ok(match decode(quoted) {
        Cow::Borrowed(_) => source.slice(place.start + 1..place.end - 1),
        Cow::Owned(decoded) => decoded.into(),
    })
}

fn stage(parser: &mut Parser<Slice<'_>>) -> Result<Stage, Fault> {
    let place = string(parser, "stage")?;
    let stage = decode(&parser.source()[place.clone()]).parse::<Stage>();
    stage.map_err(|error| Fault::field(place.start, error.to_string()))
}

/// Skips a string.
pub(in crate::manifest) fn string(
    parser: &mut Parser<Slice<'_>>,
    field: &str,
) -> Result<Range<usize>, Fault> {
    match parser.peek()? {
        Some(Kind::String) | None => Ok(parser.skip()?),
        Some(_) => Err(not_a_string(parser, field)),
    }
}

/// Returns the fault for a value that should be a string, or for a missing value.
fn not_a_string(parser: &mut Parser<Slice<'_>>, field: &str) -> Fault {
    let (start, problem) = (parser.offset(), format!("`{field}` is not a string"));
    match parser.skip() {
        Ok(_) => Fault::field(start, problem),
        Err(error) if error.is_truncated() => error.into(),
        Err(_) => Fault::of(DocumentErrorKind::Syntax, start, problem),
    }
}

/// Skips a string or `null`.
pub(in crate::manifest) fn optional_string(
    parser: &mut Parser<Slice<'_>>,
    field: &str,
) -> Result<Range<usize>, Fault> {
    match parser.peek()? {
        Some(Kind::Null) => Ok(parser.skip()?),
        _ => string(parser, field),
    }
}

/// Skips an object or `null`. Python can write members that are not numbers; they are kept, and
/// never meet a rule.
fn metrics(parser: &mut Parser<Slice<'_>>) -> Result<(), Fault> {
    match parser.peek()? {
        Some(Kind::Object | Kind::Null) | None => Ok(parser.skip_unique().map(drop)?),
        Some(_) => Err(Fault::field(parser.offset(), "`metrics` is not an object")),
    }
}
