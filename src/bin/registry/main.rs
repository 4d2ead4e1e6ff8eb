//! The `registry` command: parses the arguments, runs the command, prints the result or the error.
//!
//! Only this file reads the clock and the environment.

mod cli;
mod commands;
mod completion;
mod context;
mod discovery;
mod errors;
mod failure;
mod help;
mod hint;
mod man;
mod open;
mod output;
mod usage;
mod watch;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use model_registry::{Remote, Timestamp, files};

use cli::{Cli, ColorWhen, Global};
use context::{Context, Location};
use errors::{AlreadyReported, ClockNotSet};
use failure::Failure;
use output::{Printer, Screen};

/// Longer than any write should take, shorter than the timeout of a CI job.
const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    // Dropping the command line would take a tenth of the time of a short command.
    let mut command_line = ManuallyDrop::new(Cli::command());
    let json = wants_json(std::env::args_os());
    let matches = command_line
        .try_get_matches_from_mut(std::env::args_os())
        // Help and usage errors need the descriptions of all commands.
        .or_else(|_| help::full_command().try_get_matches_from(std::env::args_os()));
    let parsed = matches.and_then(|matches| {
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        Cli::from_arg_matches(&matches).map(|cli| (cli, name))
    });
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = words.collect::<Vec<_>>();
    let (mut cli, name) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return print_usage(&usage::with_tip(error, &words), json),
    };
    let options = command_line.find_subcommand(&name);
    if let Some(error) = options.and_then(|options| usage::option_as_text(options, &words)) {
        return print_usage(&error, json);
    }
    if let commands::Command::Complete(args) = &cli.command {
        // The line that is completed may name another manifest.
        cli.global.manifest = args.option("--manifest", Some('m')).map(PathBuf::from);
        cli.global.at = args.option("--at", None);
    }
    let accepted = commands::uses(&name).check(&name, &cli.global);
    let context = match context(cli.global, &name, json) {
        Ok(context) => context,
        Err(usage) => return print_usage(&usage, json),
    };
    let result = if is_clock_set() {
        accepted.map_err(Into::into).and_then(|()| commands::run(cli.command, &context))
    } else {
        Err(ClockNotSet.into())
    };
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            if let Some(AlreadyReported(code)) = error.downcast_ref() {
                *code
            } else {
                let failure = Failure::new(&error, &context);
                context.printer.error(&failure.message, failure.hint.as_deref(), &failure);
                failure.exit_code
            }
        }
    };
    context.printer.print_held();
    ExitCode::from(code)
}

/// Returns whether the arguments contain `--json`, even if clap cannot parse them.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    arguments.take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// Prints help, the version or a usage error.
fn print_usage(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        let failure = Failure::of_usage(error);
        output::print_json_error(&failure, &[]);
        return ExitCode::from(failure.exit_code);
    }
    output::print_usage(error)
}

/// Returns an environment variable; an empty one counts as unset.
#[expect(clippy::disallowed_methods, reason = "the only reader of the environment")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the only reader of the clock")]
fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Returns whether the clock is set: it shows 1970 or later.
#[expect(clippy::disallowed_methods, reason = "the only reader of the clock")]
fn is_clock_set() -> bool {
    SystemTime::now() >= SystemTime::UNIX_EPOCH
}

/// Returns the working directory. It is empty if it was deleted, so that no manifest is found.
fn working_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// Returns the name of the user: from the CI system's variables, or the login name.
fn user() -> String {
    let named = ["REGISTRY_BY", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"].into_iter().find_map(variable);
    named.map_or_else(
        || whoami::username().unwrap_or_else(|_| "unknown".to_owned()),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Returns whether the locale allows characters outside ASCII. Only Unix has locales in the
/// environment.
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    let is_utf8 = |locale: OsString| {
        let locale = locale.to_string_lossy().to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    cfg!(not(unix)) || locale.is_some_and(is_utf8)
}

/// Returns whether `registry` is on the PATH.
fn on_path() -> bool {
    let name = format!("registry{}", std::env::consts::EXE_SUFFIX);
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| files::exists(&folder.join(&name)))
}

/// Returns the settings for access to object stores: the environment and a cache folder.
fn remote() -> Remote {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let remote = Remote::new(std::env::vars_os().filter_map(text));
    let folder = |name: &str, rest: &str| variable(name).map(|path| Path::new(&path).join(rest));
    let cache = folder("XDG_CACHE_HOME", "registry")
        .or_else(|| folder("LOCALAPPDATA", "registry"))
        .or_else(|| folder("HOME", ".cache/registry"));
    match cache {
        Some(folder) => remote.cache_folder(folder),
        None => remote,
    }
}

/// Builds the state of a command from global options and the environment.
fn context(global: Global, command: &str, json: bool) -> Result<Context, clap::Error> {
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
            help::full_command().error(ErrorKind::ValueValidation, message)
        })?,
    };
    let manifest = global.manifest.or_else(|| variable("REGISTRY_MANIFEST").map(PathBuf::from));
    Ok(Context {
        printer: Printer {
            terminal: std::io::stdout().is_terminal(),
            screen: Screen {
                columns: terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into()),
                unicode: unicode(),
            },
            color: colored(std::io::stdout().is_terminal()),
            color_messages: colored(std::io::stderr().is_terminal()),
            held: json.then(Arc::default),
        },
        location: Location::new(manifest, working_directory),
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
        remote,
        command_line: help::full_command,
    })
}
