//! `registry watch`: prints the artifact path of the version in a stage, again at each change.

use std::ffi::OsString;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use model_registry::{Stage, files};
use serde::Serialize;
use serde_json::value::RawValue;

use super::stage_value::current_stage;
use crate::cli::seconds;
use crate::context::Context;
use crate::errors::Usage;
use crate::output::Printer;
use crate::watch::{
    Current, Event, Hook, Observation, Observer, end_by, on_closed_output, on_signals,
};

/// How often to read a file if the system reports no change, as on a network file system.
const POLL_FILE: Duration = Duration::from_secs(2);

/// How often to read an object.
const POLL_OBJECT: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
registry watch minutes_v1_lgbm --exec 'systemctl reload scorer'
registry watch minutes_v1_lgbm --stage staging --json";

/// Print the artifact path of the version in a stage, again at each change
///
/// Runs until it is interrupted. A manifest that is missing or cannot be read produces a warning,
/// and the watch goes on.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The model
    model: String,
    /// The stage to watch
    #[arg(long, default_value = "prod", value_parser = current_stage())]
    stage: Stage,
    /// Run this shell command for each version, one at a time, with REGISTRY_MODEL, REGISTRY_STAGE,
    /// REGISTRY_VERSION and REGISTRY_ARTIFACT_PATH set
    #[arg(long, value_name = "COMMAND")]
    exec: Option<OsString>,
    /// Longest time between two looks at the manifest, where the system reports no change
    /// [default: 2, for an object 10]
    #[arg(long, value_name = "SECONDS", value_parser = interval)]
    poll: Option<Duration>,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

/// JSON output, one line for each change. Without a version in the stage, the path and the version
/// are `null`.
#[derive(Serialize)]
struct Line<'l> {
    model: &'l str,
    stage: Stage,
    path: Option<&'l str>,
    version: Option<&'l RawValue>,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    if context.is_stdin() {
        let problem = "a manifest on standard input does not change";
        return Err(Usage(problem.to_owned()).into());
    }
    let is_object = files::is_url(context.manifest());
    let default_poll = if is_object { POLL_OBJECT } else { POLL_FILE };
    let observer = Observer {
        store: context.open(context.manifest()),
        root: context.root(),
        model: args.model.clone(),
        stage: args.stage,
        poll: args.poll.unwrap_or(default_poll),
    };
    let poll = observer.poll;
    let (sender, events) = mpsc::channel();
    on_signals(sender.clone()).context("cannot handle signals")?;
    on_closed_output(sender.clone());
    let hook = |command| Hook {
        command,
        model: args.model.clone(),
        stage: args.stage.as_str(),
        events: sender.clone(),
        running: None,
        next: None,
    };
    let mut hook = args.exec.clone().map(hook);
    observer.start(sender.clone());
    let printer = context.printer.unheld();
    let view = View { args: &args, printer: &printer };
    let mut current_version: Option<String> = None;
    // The sender above keeps the channel open.
    while let Ok(event) = events.recv() {
        let mut open = true;
        match event {
            Event::Observed(Observation::Current(current)) => {
                open = view.current(&current)?;
                current_version = Some(current.version.clone());
                if let Some(hook) = &mut hook
                    && let Some(problem) = hook.run_for(current)
                {
                    printer.warning(&problem);
                }
            }
            Event::Observed(Observation::NoVersion(reason)) => {
                current_version = None;
                printer.note(&format!("{reason}; waiting"));
                open = view.no_version()?;
                if let Some(hook) = &mut hook {
                    hook.forget();
                }
            }
            Event::Observed(Observation::Unreadable(problem)) => {
                printer.warning(&match &current_version {
                    Some(version) => format!("{problem}; version `{version}` is kept"),
                    None => format!("{problem}; waiting"),
                });
            }
            Event::Observed(Observation::NoNotifications(reason)) => printer.note(&format!(
                "no notifications of changes: {reason}; looking every {} s",
                poll.as_secs_f64()
            )),
            Event::Exited => {
                if let Some(hook) = &mut hook {
                    for problem in hook.ended() {
                        printer.warning(&problem);
                    }
                }
            }
            Event::Signal(signal) => {
                if let Some(hook) = &mut hook {
                    hook.stop(&events);
                }
                end_by(signal);
                break;
            }
            Event::OutputClosed => open = false,
        }
        if !open {
            if let Some(hook) = &mut hook {
                hook.stop(&events);
            }
            break;
        }
    }
    Ok(())
}

/// Prints lines. The methods return `false` if the reader closed the pipe.
struct View<'v> {
    args: &'v Args,
    printer: &'v Printer,
}

impl View<'_> {
    fn current(&self, current: &Current) -> Result<bool> {
        if !self.args.json {
            return self.printer.stream_line(&current.path);
        }
        self.line(Some(&current.path), Some(&current.view))
    }

    fn no_version(&self) -> Result<bool> {
        if self.args.json { self.line(None, None) } else { Ok(true) }
    }

    fn line(&self, path: Option<&str>, version: Option<&RawValue>) -> Result<bool> {
        let Args { model, stage, .. } = self.args;
        self.printer.stream_json(&Line { model, stage: *stage, path, version })
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    match seconds(text) {
        Ok(Duration::ZERO) => Err("must be more than 0".to_owned()),
        parsed => parsed,
    }
}
