//! Stable names of errors, for programs.

use super::Error;

impl Error {
    /// Returns a stable name for this kind of error, for programs: `model_not_found`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AtLine { source, .. } => source.kind(),
            Self::AliasNotFound { .. } => "alias_not_found",
            Self::MetricNotFound { .. } => "metric_not_found",
            Self::DanglingAlias { .. } => "dangling_alias",
            Self::StillCurrent { .. } => "still_current",
            Self::Retired { .. } => "retired",
            Self::ArtifactChanged { .. } => "artifact_changed",
            Self::ArtifactMissing { .. } => "artifact_missing",
            Self::ArtifactNotVerified { .. } => "artifact_not_verified",
            Self::ArtifactUnreadable { .. } => "artifact_unreadable",
            Self::ChangedWhileRead { .. } => "changed_while_read",
            Self::ModelNotFound { .. } => "model_not_found",
            Self::VersionNotFound { .. } => "version_not_found",
            Self::NothingInStage { .. } => "nothing_in_stage",
            Self::NoVersions { .. } => "no_versions",
            Self::NothingToRollBackTo { .. } => "nothing_to_roll_back_to",
            Self::RevisionNotFound { .. } => "revision_not_found",
            Self::NotInRevision { .. } => "not_in_revision",
            Self::Invalid { .. } => "invalid",
            Self::BadRule { .. } => "bad_rule",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::NameIsRunId { .. } => "name_is_run_id",
            Self::AmbiguousRunId { .. } => "ambiguous_run_id",
            Self::ManifestMismatch { .. } => "manifest_mismatch",
            Self::GateNotMet { .. } => "gate_not_met",
            Self::RollbackRefused { .. } => "rollback_refused",
            Self::CurrentMismatch { .. } | Self::AliasMismatch { .. } => "current_mismatch",
            Self::StalePlan { .. } => "stale_plan",
            Self::BadDocument { .. } => "bad_document",
            Self::DanglingPointer { .. } => "dangling_pointer",
            Self::Io { .. } => "io",
            Self::NotAFile { .. } => "not_a_file",
            Self::LockTimeout { .. } => "lock_timeout",
            Self::Contended { .. } => "contended",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Remote { reason, .. } => reason.kind(),
            Self::NotARepository { .. } => "not_a_repository",
            Self::NotUnmerged { .. } => "not_unmerged",
            Self::ForeignRepository { .. } => "foreign_repository",
            Self::NoGit { .. } => "no_git",
            Self::Git { .. } => "git",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn fields_of_errors_that_no_command_line_provokes() {
        let source = || io::Error::other("the disk is gone");
        let contended = Error::Contended { path: "m.json".into(), attempts: 5 };
        let unconfirmed = Error::Unconfirmed { path: "m.json".into(), source: source() };
        for (error, kind, fields) in [
            (contended, "contended", r#"{"path":"m.json","attempts":5}"#),
            (unconfirmed, "unconfirmed", r#"{"path":"m.json"}"#),
        ] {
            assert_eq!(error.kind(), kind);
            assert_eq!(serde_json::to_string(&error).expect("JSON"), fields);
        }
    }
}
