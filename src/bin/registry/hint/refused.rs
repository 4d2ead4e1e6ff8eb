//! Hints for changes that are refused.

use std::io::ErrorKind;

use model_registry::{Error, RollbackRefusal, Stage, Verdict, artifact};

use super::storage::remote_hint;
use crate::context::Context;
use crate::output;

const LEAVE_OUT_DIGEST: &str = "leave out --digest to register it without a digest";

/// Returns a hint for a change that is refused.
pub(super) fn hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::ManifestMismatch { found: Some(found), .. } => {
            format!("add --expect {} to replace it", output::shell_word(found))
        }
        Error::AlreadyRegistered { .. } => {
            "register it under another --version; registered versions never change".into()
        }
        Error::NameIsRunId { .. } => "register it under another --version".into(),
        Error::GateNotMet { unmet, can_force, .. } => gate_hint(unmet, *can_force).into(),
        Error::CurrentMismatch { model, .. } | Error::AliasMismatch { model, .. } => {
            format!("see what happened in between: {}", context.command("history", &[], &[model]))
        }
        Error::RollbackRefused { model, version, reason: RollbackRefusal::RolledBack } => format!(
            "promote it again: {} --force --reason TEXT",
            context.promote_command(model, version, Stage::Prod)
        ),
        Error::RollbackRefused { model, reason: RollbackRefusal::NeverInProduction, .. } => {
            format!(
                "list the versions that were in production: {}",
                context.command("list", &["--stage", "prod"], &[model])
            )
        }
        Error::AmbiguousRunId { .. } => "use the name of the version instead of the run id".into(),
        Error::StillCurrent { model, stage: Stage::Prod, .. } => {
            format!("roll back first: {}", context.command("rollback", &[], &[model]))
        }
        Error::StillCurrent { model, version, .. } => {
            format!("move it to dev first: {}", context.promote_command(model, version, Stage::Dev))
        }
        Error::Retired { model, version }
        | Error::RollbackRefused { model, version, reason: RollbackRefusal::Retired } => {
            format!("restore it: {}", context.command("retire", &["--undo"], &[model, version]))
        }
        _ => return artifact_hint(error, context),
    })
}

/// Returns a hint for a version that does not meet a gate.
fn gate_hint(unmet: &[String], can_force: bool) -> &'static str {
    if *unmet == [Verdict::REASON] {
        "add a reason: --reason TEXT"
    } else if can_force {
        "override the failed rules and record a reason: --force --reason TEXT"
    } else {
        "choose a version that meets the rules; the policy forbids --force for this gate"
    }
}

/// Returns a hint for an artifact that is missing, changed or cannot be read.
fn artifact_hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::ArtifactUnreadable { path, source } => {
            let is_missing = |source: &std::io::Error| source.kind() == ErrorKind::NotFound;
            match &**source {
                Error::Remote { reason, .. } if remote_hint(reason, context).is_some() => {
                    return remote_hint(reason, context);
                }
                Error::Io { source, .. } if is_missing(source) => LEAVE_OUT_DIGEST.into(),
                _ if artifact::is_url(path) => LEAVE_OUT_DIGEST.into(),
                _ => "add --no-digest to register it without a digest".into(),
            }
        }
        Error::ArtifactChanged { model, version, .. } => format!(
            "restore the artifact, or register it as a new version; then verify it: {}",
            context.command("verify", &[], &[model, version])
        ),
        Error::ArtifactMissing { model, version, .. } => format!(
            "restore the file; see what was registered: {}",
            context.command("show", &[], &[model, version])
        ),
        _ => return None,
    })
}
