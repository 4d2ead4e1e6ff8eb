//! A failed command: kind and fields for programs, message and hint for people, and the exit code.

use std::error::Error as _;
use std::fmt::Write as _;

use model_registry::Error;
use serde::Serialize;

use crate::context::Context;
use crate::errors::{ClockNotSet, FieldNotSet, NotCompared, NotMerged, Usage};
use crate::hint::hint;
use crate::output::StreamFailed;

/// A failed command. It serializes as one object, which `docs/json-output.md` describes.
#[derive(Serialize)]
pub(crate) struct Failure<'e> {
    kind: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    pub(crate) exit_code: u8,
    #[serde(flatten)]
    fields: Fields<'e>,
}

/// Fields of an error that depend on its kind.
#[derive(Serialize)]
#[serde(untagged)]
enum Fields<'e> {
    Library(&'e Error),
    AtLine {
        line: usize,
        #[serde(flatten)]
        error: &'e Error,
    },
    Stream(&'e StreamFailed),
    NotSet(&'e FieldNotSet),
    None {},
}

impl<'e> Failure<'e> {
    /// Describes the error of a command.
    pub(crate) fn new(error: &'e anyhow::Error, context: &Context) -> Self {
        let (kind, fields) = kind(error);
        let hint = match &fields {
            Fields::NotSet(FieldNotSet { model, version, .. }) => {
                let show = context.command("show", &[], &[model, version]);
                Some(format!("show the fields that are set: {show}"))
            }
            fields => fields.error().and_then(|error| hint(error, context)),
        };
        Self { kind, message: describe(error), hint, exit_code: exit_code(error), fields }
    }

    /// Describes a usage error from clap.
    pub(crate) fn of_usage(error: &'e clap::Error) -> Self {
        let (kind, fields) = match error.source().and_then(|source| source.downcast_ref::<Error>())
        {
            Some(error) => (error.kind(), Fields::Library(error)),
            None => ("usage", Fields::None {}),
        };
        let rendered = error.render().to_string();
        let mut message = String::new();
        let mut hint = None;
        // The paragraphs are the message, tips, the usage line, and a reference to the help.
        for (index, paragraph) in rendered.trim_end().split("\n\n").enumerate() {
            let lines: Vec<_> = paragraph.lines().map(str::trim).collect();
            let text = lines.join(" ");
            if index == 0 {
                message = text.strip_prefix("error: ").map(ToOwned::to_owned).unwrap_or(text);
            } else if let Some(tip) = text.strip_prefix("tip: ") {
                hint.get_or_insert_with(|| tip.to_owned());
            }
        }
        Self { kind, message, hint, exit_code: 2, fields }
    }
}

impl Fields<'_> {
    /// Returns the error of the library, if it is one.
    fn error(&self) -> Option<&Error> {
        match self {
            Self::Library(error) | Self::AtLine { error, .. } => Some(error),
            Self::Stream(_) | Self::NotSet(_) | Self::None {} => None,
        }
    }
}

fn kind(error: &anyhow::Error) -> (&'static str, Fields<'_>) {
    if let Some(Error::AtLine { line, source }) = error.downcast_ref() {
        return (source.kind(), Fields::AtLine { line: *line, error: source });
    }
    if let Some(error) = error.downcast_ref::<Error>() {
        return (error.kind(), Fields::Library(error));
    }
    if let Some(failed) = error.downcast_ref::<StreamFailed>() {
        return ("io", Fields::Stream(failed));
    }
    if let Some(unset) = error.downcast_ref::<FieldNotSet>() {
        return ("field_not_set", Fields::NotSet(unset));
    }
    let kind = match error {
        error if error.is::<Usage>() => "usage",
        error if error.is::<ClockNotSet>() => "clock_not_set",
        _ => "internal",
    };
    (kind, Fields::None {})
}

/// Returns the exit code: 1 failed, 2 usage, 3 not found, 4 refused. A failed merge driver returns
/// more than 128.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<NotMerged>() {
        return 129;
    }
    if error.is::<Usage>() {
        return 2;
    }
    if error.is::<FieldNotSet>() {
        return 3;
    }
    let error_of_line = match error.downcast_ref::<Error>() {
        Some(Error::AtLine { source, .. }) => Some(&**source),
        found => found,
    };
    match error_of_line {
        Some(Error::Invalid { .. } | Error::BadRule { .. }) => 2,
        Some(
            Error::ModelNotFound { .. }
            | Error::VersionNotFound { .. }
            | Error::NothingInStage { .. }
            | Error::NoVersions { .. }
            | Error::AliasNotFound { .. }
            | Error::MetricNotFound { .. }
            | Error::NothingToRollBackTo { .. }
            | Error::RevisionNotFound { .. }
            | Error::NotInRevision { .. }
            | Error::NotUnmerged { .. },
        ) => 3,
        Some(
            Error::AlreadyRegistered { .. }
            | Error::NameIsRunId { .. }
            | Error::AmbiguousRunId { .. }
            | Error::ManifestMismatch { .. }
            | Error::GateNotMet { .. }
            | Error::RollbackRefused { .. }
            | Error::CurrentMismatch { .. }
            | Error::AliasMismatch { .. }
            | Error::StillCurrent { .. }
            | Error::Retired { .. }
            | Error::ArtifactChanged { .. }
            | Error::ArtifactMissing { .. }
            | Error::ArtifactNotVerified { .. },
        ) => 4,
        // Exit code 1 means a difference here, so a failure is 128, as with git.
        _ if error.is::<NotCompared>() => 128,
        _ => 1,
    }
}

/// Formats an error with its causes. A cause that the message already ends with is not repeated.
fn describe(error: &anyhow::Error) -> String {
    let mut described = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !described.ends_with(&cause) {
            let _ = write!(described, ": {cause}");
        }
    }
    described
}
