//! Hints for errors of files, object stores and git.

use model_registry::{Error, FileKind, Login, RemoteReason};

use crate::context::Context;
use crate::output;

/// Returns a hint for a file, a store or a program that failed.
pub(super) fn hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::Remote { reason, .. } => return remote_hint(reason, context),
        Error::Io { source, .. } => return io_hint(source).map(Into::into),
        Error::NotAFile { found: FileKind::Special, .. } if context.verb == "register" => {
            "use `-` to read a pipe".into()
        }
        Error::NotAFile { path, .. }
            if path.ends_with(".gitattributes") || path.ends_with(".gitignore") =>
        {
            let (path, moved) = (path.to_string_lossy(), format!("{}.old", path.display()));
            let (path, moved) = (output::shell_word(&path), output::shell_word(&moved));
            let again = context.command("git-setup", &[], &[]);
            format!("move it and set up again, nothing was changed: mv {path} {moved} && {again}")
        }
        Error::LockTimeout { .. } => {
            "wait longer with --lock-timeout SECONDS or REGISTRY_LOCK_TIMEOUT".into()
        }
        Error::Contended { .. } => {
            "run the command again when the other program, which takes no lock, has finished".into()
        }
        Error::Unconfirmed { .. } => "check the disk; the change is in place".into(),
        Error::NoGit { .. } => "install git, or put it on the PATH".into(),
        _ => return None,
    })
}

fn io_hint(error: &std::io::Error) -> Option<&'static str> {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy, StorageFull};
    // Errors of a file system without `flock`: ENOSYS, ENOLCK and EOPNOTSUPP on Linux.
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

/// Returns a hint for an object store that refuses or does not respond.
pub(super) fn remote_hint(reason: &RemoteReason, context: &Context) -> Option<String> {
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
