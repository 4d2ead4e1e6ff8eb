//! The command line: options that all commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;

/// A model registry in one JSON file
///
/// Versions of models move from dev through staging to prod. Everything is stored in one file,
/// which is committed to git.
#[derive(Parser)]
#[command(name = "registry", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 success; 1 failure; 2 usage error; \
    3 not found, or no version in that stage; 4 refused";

/// Options of every command.
#[derive(Args)]
pub(crate) struct Global {
    /// The manifest; `-` reads it from standard input
    /// [env: REGISTRY_MANIFEST] [default: artifacts/registry/manifest.json, here or in a folder above]
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Global options",
        hide_short_help = true
    )]
    pub(crate) manifest: Option<PathBuf>,
    /// Read the manifest as of a git revision: a tag, a branch, a commit, `main@{2026-05-01}`
    #[arg(
        long,
        global = true,
        value_name = "REV",
        help_heading = "Global options",
        hide_short_help = true
    )]
    pub(crate) at: Option<String>,
    /// How long to wait for another process that writes
    /// [env: REGISTRY_LOCK_TIMEOUT] [default: 30]
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        help_heading = "Global options",
        hide_short_help = true
    )]
    #[arg(value_parser = seconds)]
    pub(crate) lock_timeout: Option<Duration>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Global options", hide_short_help = true)]
    pub(crate) color: ColorWhen,
}

/// When to use colours.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// Parses a duration in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a valid duration".to_owned())
}
