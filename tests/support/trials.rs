//! Tests that need something of the machine: where it is missing they are counted as ignored, and
//! the reason stands beside their names.

use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};

use super::Folder;
use super::machine::{Mount, is_root};

/// What a test needs and a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A program of this name that knows `--version`.
    Program(&'static str),
    /// A `strace` that may trace.
    Strace,
    /// The right to do everything.
    Root,
    /// The right to mount.
    Mounts,
    /// A user who may not do everything: the own one, or one that root can become.
    Nobody,
}

impl Need {
    /// Why it is not to be had; `None` if it is.
    fn missing(self) -> Option<String> {
        match self {
            Self::Program(name) if runs(&[name, "--version"]) => None,
            Self::Program(name) => Some(format!("{name} is not installed")),
            Self::Strace if runs(&["strace", "-o", "/dev/null", "true"]) => None,
            Self::Strace => Some("strace is not installed or may not trace".into()),
            Self::Root if is_root() => None,
            Self::Root => Some("only root can do this".into()),
            Self::Mounts if is_root() && mounts() => None,
            Self::Mounts => Some("this user may not mount".into()),
            Self::Nobody if !is_root() => None,
            Self::Nobody => Self::Program("setpriv").missing(),
        }
    }
}

fn runs(command: &[&str]) -> bool {
    let output = Command::new(command[0]).args(&command[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

fn mounts() -> bool {
    let folder = Folder::new();
    Mount::try_new(&["-t", "tmpfs", "none"], folder.path()).is_ok()
}

/// A test under its name. One that lacks something fails when it is run in spite of that.
pub(crate) fn trial(name: &str, needs: &[Need], test: fn()) -> Trial {
    match needs.iter().find_map(|need| need.missing()) {
        None => Trial::test(name, move || {
            test();
            Ok(())
        }),
        Some(why) => {
            let kind = format!("skipped: {why}");
            Trial::test(name, move || Err(Failed::from(why)))
                .with_kind(kind)
                .with_ignored_flag(true)
        }
    }
}

/// A test that takes long: run with `--ignored`.
pub(crate) fn long(trial: Trial) -> Trial {
    if trial.has_ignored_flag() {
        return trial;
    }
    trial.with_kind("long").with_ignored_flag(true)
}

/// Tests under the names of their functions, each with what it needs.
macro_rules! trials {
    ($($needs:expr => $test:ident),+ $(,)?) => {
        vec![$($crate::support::trial(stringify!($test), &$needs, $test)),+]
    };
}
pub(crate) use trials;

/// Runs tests as `cargo test` does.
pub(crate) fn main_of(trials: Vec<Trial>) -> std::process::ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
