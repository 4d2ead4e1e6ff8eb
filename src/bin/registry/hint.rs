//! Hints for errors, with a command wherever one helps.

use std::io::ErrorKind;

use model_registry::artifact;
use model_registry::{
    DocumentErrorKind, Error, FileKind, Login, RemoteReason, RollbackRefusal, Stage, Verdict,
};

use crate::context::Context;
use crate::output;

const LEAVE_OUT_DIGEST: &str = "leave out --digest to register it without a digest";

/// Returns a hint for an error. Its commands work when pasted.
pub(crate) fn hint(error: &Error, context: &Context) -> Option<String> {
    let path = output::shell_word(&context.manifest().to_string_lossy());
    if (context.at.is_some() || context.is_stdin()) && needs_a_change(error) {
        return None;
    }
    Some(match error {
        Error::ModelNotFound { model, present } => match output::similar(model, present) {
            Some(name) => format!("did you mean `{name}`?"),
            None if !context.exists() => {
                format!("set the manifest with -m or REGISTRY_MANIFEST; `{path}` does not exist")
            }
            None if present.is_empty() => {
                format!("register a first version; `{path}` has no models yet")
            }
            None => format!("list the models: {}", context.command("list", &[], &[])),
        },
        Error::VersionNotFound { model, version, present } => {
            version_hint(model, version, present, context)
        }
        Error::AliasNotFound { model, alias, present } => match output::similar(alias, present) {
            Some(name) => format!("did you mean `@{name}`?"),
            None => format!("list its aliases: {}", context.command("alias", &[], &[model])),
        },
        Error::MetricNotFound { model, metric, present } => {
            return metric_hint(model, metric, present, context);
        }
        Error::DanglingAlias { model, alias, .. } => format!(
            "point it to an existing version: {}",
            context.command("alias", &[], &[model, alias, "@latest"])
        ),
        Error::NothingInStage { model, newest: Some(_), .. } if context.verb == "show" => {
            format!("show the newest one: {}", context.command("show", &[], &[model, "@latest"]))
        }
        Error::NothingInStage { model, newest: Some(_), .. } if context.verb == "compare" => {
            format!("choose another baseline: {}", context.command("list", &[], &[model]))
        }
        Error::NothingInStage { model, stage, newest: Some(version) } => {
            let stage = if *stage == Stage::Dev { Stage::Staging } else { *stage };
            let promote = context.promote_command(model, version, stage);
            format!("promote the newest version: {promote}")
        }
        Error::NothingInStage { newest: None, model, .. } | Error::NoVersions { model } => {
            let options = ["--artifact-path", "PATH"];
            format!("register one: {}", context.command("register", &options, &[model]))
        }
        Error::ManifestMismatch { found: Some(found), .. } => {
            format!("add --expect {} to replace it", output::shell_word(found))
        }
        Error::Remote { reason, .. } => return remote_hint(reason, context),
        Error::AlreadyRegistered { .. } => {
            "register it under another --version; registered versions never change".into()
        }
        Error::GateNotMet { unmet, can_force, .. } => gate_hint(unmet, *can_force).into(),
        Error::CurrentMismatch { model, .. } | Error::AliasMismatch { model, .. } => {
            format!("see what happened in between: {}", context.command("history", &[], &[model]))
        }
        Error::RevisionNotFound { .. }
        | Error::NotInRevision { .. }
        | Error::ForeignRepository { .. } => return revision_hint(error, context),
        Error::NoGit { .. } => "install git, or put it on the PATH".into(),
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
        Error::BadDocument { reason: DocumentErrorKind::MergeConflict, .. } => {
            format!("choose a side: {}", context.command("resolve", &["--ours"], &[]))
        }
        Error::BadDocument { reason: DocumentErrorKind::NewerSchema, .. } => {
            "install a newer version of this program".into()
        }
        Error::BadDocument { reason: DocumentErrorKind::NotAManifest, .. } => {
            "name the manifest with -m: registry list -m artifacts/registry/manifest.json".into()
        }
        Error::BadDocument { path: bad, .. } if *bad == context.manifest() => {
            format!("restore the last committed manifest: git checkout -- {path}")
        }
        Error::DanglingPointer { model, stage, .. } => format!(
            "promote an existing version: {}",
            context.promote_command(model, "@latest", *stage)
        ),
        Error::NotAFile { found: FileKind::Special, .. } if context.verb == "register" => {
            "use `-` to read a pipe".into()
        }
        Error::LockTimeout { .. } => {
            "wait longer with --lock-timeout SECONDS or REGISTRY_LOCK_TIMEOUT".into()
        }
        Error::Contended { .. } => {
            "run the command again when the other program, which takes no lock, has finished".into()
        }
        Error::Unconfirmed { .. } => "check the disk; the change is in place".into(),
        Error::Io { source, .. } => return io_hint(source).map(Into::into),
        _ => return version_state_hint(error, context),
    })
}

/// Advice for a version that is retired or whose artifact is not in order.
fn version_state_hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
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

/// Returns a hint for a version that does not exist.
fn version_hint(model: &str, version: &str, present: &[String], context: &Context) -> String {
    if ["prod", "staging", "latest"].contains(&version) {
        let reference = format!("@{version}");
        return match &*context.verb {
            verb @ ("show" | "path") => {
                let command = context.command(verb, &[], &[model, &reference]);
                format!("write it as `{reference}`: {command}")
            }
            _ => format!("write it as `{reference}`"),
        };
    }
    if version == Stage::Dev.as_str() {
        let command = context.command("list", &["--stage", version], &[model]);
        return format!("list its versions in dev: {command}");
    }
    match output::similar(version, present) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("list its versions: {}", context.command("list", &[], &[model])),
    }
}

/// Returns a hint for a metric that no version has.
fn metric_hint(model: &str, metric: &str, present: &[String], context: &Context) -> Option<String> {
    match output::similar(metric, present) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if present.is_empty() => None,
        None => Some(format!(
            "show the metrics of the newest version: {}",
            context.command("show", &[], &[model, "@latest"])
        )),
    }
}

/// Returns advice for a version that does not meet a gate.
fn gate_hint(unmet: &[String], can_force: bool) -> &'static str {
    if *unmet == [Verdict::REASON] {
        "add a reason: --reason TEXT"
    } else if can_force {
        "override the failed rules and record a reason: --force --reason TEXT"
    } else {
        "choose a version that meets the rules; the policy forbids --force for this gate"
    }
}

/// Returns a hint for an error about a revision or its repository.
fn revision_hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::RevisionNotFound { revision, shallow: false, .. } if revision.contains("@{") => {
            "select by commit date, because the reflog of this clone does not go back that far: \
             --at \"$(git rev-list -1 --first-parent --before=DATE BRANCH)\""
                .into()
        }
        Error::RevisionNotFound { shallow: true, .. } => {
            "fetch the whole history: git fetch --unshallow --tags".into()
        }
        Error::RevisionNotFound { revision, .. } if context.verb == "diff" => {
            let file = output::shell_word(&format!("./{revision}"));
            format!("start the path of a file with `./`: registry diff {file}")
        }
        Error::NotInRevision { .. } if context.verb == "check" => {
            "add --allow-missing-base if this change adds the first manifest".into()
        }
        Error::NotInRevision { path: missing, .. } => {
            let missing = output::shell_word(&missing.to_string_lossy());
            format!("list the revisions that change it: git log --oneline --all -- {missing}")
        }
        Error::ForeignRepository { repository, .. } => format!(
            "run the command there: cd {}",
            output::shell_word(&repository.to_string_lossy())
        ),
        _ => return None,
    })
}

/// Returns whether the hint suggests a change, which is not possible with an old revision.
fn needs_a_change(error: &Error) -> bool {
    match error {
        Error::ModelNotFound { present, .. } => present.is_empty(),
        Error::NothingInStage { .. }
        | Error::NoVersions { .. }
        | Error::BadDocument { .. }
        | Error::DanglingPointer { .. } => true,
        _ => false,
    }
}

fn io_hint(error: &std::io::Error) -> Option<&'static str> {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy, StorageFull};
    // `flock` is not available: ENOSYS, ENOLCK and EOPNOTSUPP on Linux.
    const NO_LOCKS: [i32; 3] = [38, 37, 95];
    Some(match error.kind() {
        StorageFull => "free some space and run the command again; nothing was changed",
        PermissionDenied => "get write access to the file and its folder; nothing was changed",
        ReadOnlyFilesystem => "mount the file system for writing; nothing was changed",
        ResourceBusy => "mount the folder instead of the file; a mount point cannot be replaced",
        _ if error.raw_os_error().is_some_and(|code| NO_LOCKS.contains(&code)) => {
            "move the manifest to a file system that supports file locks"
        }
        _ => return None,
    })
}

fn remote_hint(reason: &RemoteReason, context: &Context) -> Option<String> {
    Some(match reason {
        RemoteReason::NotBuilt => {
            "install a build with object stores: cargo install model_registry --features remote"
                .into()
        }
        RemoteReason::NoCredentials { login } => {
            format!("provide credentials: {}", login_command(login)?)
        }
        RemoteReason::CredentialsExpired { login } => {
            format!("renew the credentials: {}", login_command(login)?)
        }
        RemoteReason::AccessDenied => {
            "grant permission to read, write and list; without permission to list, an object that \
             does not exist causes this error, too"
                .into()
        }
        RemoteReason::WrongRegion { region } => {
            format!("set the region: export AWS_REGION={region}")
        }
        RemoteReason::NoCompareAndSwap => {
            "use a store that supports conditional writes, or a file".into()
        }
        RemoteReason::MaybeWritten => format!(
            "run the same command again, which is safe, or look for the change: {}",
            context.command("list", &[], &[])
        ),
        _ => return None,
    })
}

/// Returns the command that provides credentials.
fn login_command(login: &Login) -> Option<String> {
    Some(match login {
        Login::AwsProfile(name) => {
            let name = output::shell_word(name);
            format!("eval \"$(aws configure export-credentials --profile {name} --format env)\"")
        }
        Login::OtherAwsProfile => "aws configure list-profiles".into(),
        Login::Google => "gcloud auth application-default login".into(),
        Login::Azure => "az login".into(),
        Login::AzureAccount => "export AZURE_STORAGE_ACCOUNT=ACCOUNT".into(),
        _ => return None,
    })
}
