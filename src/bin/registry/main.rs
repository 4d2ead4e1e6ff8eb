//! The `registry` command: parse, run, print the answer or the error, pick the exit code.
//!
//! This file alone reads the clock and the environment.

mod cli;
mod commands;
mod context;
mod output;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use model_registry::{Error, Stage, Store, Timestamp, Verdict};

use cli::{Cli, ColorWhen, Global};
use context::{Answered, Context, DEFAULT_MANIFEST, NotMerged, Usage};
use output::Printer;

/// Longer than any write should take, shorter than the patience of a CI job.
const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches().and_then(|matches| {
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        Cli::from_arg_matches(&matches).map(|cli| (cli, name))
    });
    let (cli, name) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return output::print_usage(&error),
    };
    let context = match context(cli.global, &name) {
        Ok(context) => context,
        Err(usage) => return output::print_usage(&usage),
    };
    match commands::run(cli.command, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(Answered(code)) = error.downcast_ref() {
                return ExitCode::from(*code);
            }
            context.printer.error(&error, hint(&error, &context).as_deref());
            ExitCode::from(exit_code(&error))
        }
    }
}

/// A variable of the environment; one that is empty is as good as none.
#[expect(clippy::disallowed_methods, reason = "the only reader of the environment")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the only reader of the clock")]
fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Who runs this program: as CI systems say it, else as the login says it.
fn user() -> String {
    let named = ["REGISTRY_BY", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"].into_iter().find_map(variable);
    named.map_or_else(
        || whoami::username().unwrap_or_else(|_| "unknown".to_owned()),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Whether other programs find this one by its name.
fn on_path() -> bool {
    let name = format!("registry{}", std::env::consts::EXE_SUFFIX);
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Store::is_there(&folder.join(&name)))
}

fn context(global: Global, command: &str) -> Result<Context, clap::Error> {
    let colored = |terminal: bool| match global.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let dumb = variable("TERM").is_some_and(|term| term == "dumb");
            terminal && !dumb && variable("NO_COLOR").is_none()
        }
    };
    let lock_timeout = match (global.lock_timeout, variable("REGISTRY_LOCK_TIMEOUT")) {
        (Some(timeout), _) => timeout,
        (None, None) => DEFAULT_LOCK_TIMEOUT,
        (None, Some(text)) => cli::seconds(&text.to_string_lossy()).map_err(|problem| {
            let message = format!("REGISTRY_LOCK_TIMEOUT is {}: {problem}\n", text.display());
            Cli::command().error(ErrorKind::ValueValidation, message)
        })?,
    };
    let manifest = global.manifest.or_else(|| variable("REGISTRY_MANIFEST").map(PathBuf::from));
    Ok(Context {
        printer: Printer {
            color: colored(std::io::stdout().is_terminal()),
            color_messages: colored(std::io::stderr().is_terminal()),
        },
        manifest: manifest.unwrap_or_else(|| DEFAULT_MANIFEST.into()),
        at: global.at,
        policy: variable("REGISTRY_POLICY").map(PathBuf::from),
        lock_timeout,
        holder: format!(
            "process {} (registry {command}, since {} UTC)",
            std::process::id(),
            now().readable()
        ),
        clock: now,
        user,
        on_path,
        command_line: Cli::command,
    })
}

/// 1 could not, 2 usage, 3 not found, 4 refused. A merge driver that did nothing is above 128.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<NotMerged>() {
        return 129;
    }
    if error.is::<Usage>() {
        return 2;
    }
    match error.downcast_ref::<Error>() {
        Some(Error::Invalid { .. } | Error::BadRule { .. }) => 2,
        Some(
            Error::ModelNotFound { .. }
            | Error::VersionNotFound { .. }
            | Error::NothingInStage { .. }
            | Error::NoVersions { .. }
            | Error::NothingToRollBackTo { .. }
            | Error::RevisionNotFound { .. }
            | Error::NotInRevision { .. },
        ) => 3,
        Some(
            Error::VersionDiffers { .. }
            | Error::AmbiguousRunId { .. }
            | Error::GateNotMet { .. }
            | Error::NeverInProd { .. }
            | Error::NotCurrent { .. },
        ) => 4,
        _ => 1,
    }
}

/// What helps, as a command that works when it is pasted wherever there is one.
fn hint(error: &anyhow::Error, context: &Context) -> Option<String> {
    let path = output::shell_word(&context.manifest.to_string_lossy());
    let error = error.downcast_ref::<Error>()?;
    if context.at.is_some() && needs_a_change(error) {
        return None;
    }
    Some(match error {
        Error::ModelNotFound { model, present } => match output::similar(model, present) {
            Some(name) => format!("did you mean `{name}`?"),
            None if present.is_empty() => {
                format!("`{path}` has no models yet; the first `registry register` adds one")
            }
            None => format!("the models that are there: {}", context.command("list", &[])),
        },
        Error::VersionNotFound { model, version, present } => {
            match output::similar(version, present) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("its versions: {}", context.command("list", &[model])),
            }
        }
        Error::NothingInStage { model, stage, newest: Some(version) } => {
            let stage = if *stage == Stage::Dev { Stage::Staging } else { *stage };
            let promote = context.promote_command(model, version, stage);
            format!("its newest version is `{version}`: {promote}")
        }
        Error::NothingInStage { newest: None, model, .. } | Error::NoVersions { model } => {
            let register = [model.as_str(), "--artifact-path", "PATH"];
            format!("register one: {}", context.command("register", &register))
        }
        Error::VersionDiffers { .. } => {
            "a registered version never changes; register this one under another --version".into()
        }
        Error::GateNotMet { unmet, .. } if *unmet == [Verdict::REASON] => {
            "say why: --reason TEXT".into()
        }
        Error::GateNotMet { .. } => {
            "to pass over rules that are not met, with a reason on record: --force --reason TEXT"
                .into()
        }
        Error::NotCurrent { model, .. } => {
            format!("what happened in between: {}", context.command("history", &[model]))
        }
        Error::RevisionNotFound { shallow: true, .. } => {
            "fetch the whole history: git fetch --unshallow --tags".into()
        }
        Error::NotInRevision { path: missing, .. } => {
            let missing = output::shell_word(&missing.to_string_lossy());
            format!("the revisions that touch it: git log --oneline --all -- {missing}")
        }
        Error::NoGit { .. } => "install git, or put it on the PATH".into(),
        Error::NeverInProd { model, current: false, .. } => {
            format!("those that were: {}", context.command("list", &[model, "--stage", "prod"]))
        }
        Error::AmbiguousRunId { .. } => "name the version instead of the run id".into(),
        Error::BadDocument { problem, .. } if problem.contains("merge conflict") => format!(
            "settle the conflict in the file, or take one side: git checkout --ours -- {path}"
        ),
        Error::BadDocument { problem, .. } if problem.contains("newer than this program") => {
            "install a newer version of this program".into()
        }
        Error::BadDocument { path: bad, .. } if *bad == context.manifest => {
            format!("nothing was written; the last committed manifest: git checkout -- {path}")
        }
        Error::DanglingPointer { model, stage, .. } => format!(
            "promote one that is there: {}",
            context.promote_command(model, "@latest", *stage)
        ),
        Error::LockTimeout { .. } => {
            "wait longer with --lock-timeout SECONDS or REGISTRY_LOCK_TIMEOUT".into()
        }
        Error::Contended { .. } => {
            "a program that takes no lock keeps writing it; try again when it has ended".into()
        }
        Error::Unconfirmed { .. } => "the change is in place; look after the disk".into(),
        Error::Io { source, .. } => return io_hint(source).map(Into::into),
        _ => return None,
    })
}

/// Whether what helps is a change, which a revision of the past does not take.
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
    // ENOSYS, ENOLCK and EOPNOTSUPP on Linux: `flock` is not to be had.
    const NO_LOCKS: [i32; 3] = [38, 37, 95];
    Some(match error.kind() {
        StorageFull => "nothing was changed; make room and run the command again",
        PermissionDenied => "nothing was changed; to write takes write access to file and folder",
        ReadOnlyFilesystem => "nothing was changed; the file system is mounted read-only",
        ResourceBusy => {
            "the file is a mount point and cannot be replaced; mount its folder instead"
        }
        _ if error.raw_os_error().is_some_and(|code| NO_LOCKS.contains(&code)) => {
            "this file system has no file locks; keep the manifest on one that has"
        }
        _ => return None,
    })
}
