//! The `registry` command: parse, run, print the answer or the error, pick the exit code.
//!
//! This file alone reads the clock and the environment.

mod cli;
mod commands;
mod context;
mod hint;
mod output;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use model_registry::{Error, Store, Timestamp};

use cli::{Cli, ColorWhen, Global};
use context::{Answered, Context, DEFAULT_MANIFEST, NotCompared, NotMerged, Usage};
use output::Printer;

/// Longer than any write should take, shorter than the patience of a CI job.
const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    // To take the description of all verbs apart again would cost a tenth of a short command.
    let mut command_line = ManuallyDrop::new(Cli::command());
    let matches = command_line.try_get_matches_from_mut(std::env::args_os());
    let parsed = matches.and_then(|matches| {
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
            context.printer.error(&error, hint::hint(&error, &context).as_deref());
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
            terminal: std::io::stdout().is_terminal(),
            color: colored(std::io::stdout().is_terminal()),
            color_messages: colored(std::io::stderr().is_terminal()),
        },
        manifest: manifest.unwrap_or_else(|| DEFAULT_MANIFEST.into()),
        at: global.at,
        policy: variable("REGISTRY_POLICY").map(PathBuf::from),
        lock_timeout,
        verb: command.to_owned(),
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
            | Error::NoWayBack { .. }
            | Error::NotCurrent { .. },
        ) => 4,
        // Where 1 means a difference, what could not be done is 128, as with git.
        _ if error.is::<NotCompared>() => 128,
        _ => 1,
    }
}
