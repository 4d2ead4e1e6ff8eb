//! Tests with requirements. If the machine lacks one, the test is reported as ignored, with the
//! reason beside its name.

use libtest_mimic::{Arguments, Failed, Trial};

use super::Folder;
#[cfg(unix)]
use super::machine::{Mount, is_root};
#[cfg(unix)]
use super::traced::STRACE;

/// A requirement of a test that a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A program of this name that supports `--version` or `version`.
    Program(&'static str),
    /// A shell, `sh`.
    Shell,
    /// An `strace` that may trace.
    Strace,
    /// Root.
    Root,
    /// Permission to mount.
    Mounts,
    /// A user without special rights: the current one, or one that root can become.
    Nobody,
}

impl Need {
    /// Returns why the requirement is not met, or `None` if it is.
    fn missing(self) -> Option<String> {
        match self {
            Self::Program(name) if runs(&[name, "--version"]) || runs(&[name, "version"]) => None,
            Self::Program(name) => Some(format!("{name} is not installed")),
            Self::Shell if runs(&["sh", "-c", ":"]) => None,
            Self::Shell => Some("there is no `sh`".into()),
            #[cfg(unix)]
            Self::Strace if runs(&[&STRACE[..], &["-o", "/dev/null", "true"]].concat()) => None,
            Self::Strace => Some("strace is not installed or may not trace".into()),
            #[cfg(unix)]
            Self::Root if is_root() => None,
            Self::Root => Some("only root can do this".into()),
            #[cfg(unix)]
            Self::Mounts if is_root() && mounts() => None,
            Self::Mounts => Some("this user may not mount".into()),
            #[cfg(unix)]
            Self::Nobody if !is_root() => None,
            Self::Nobody => Self::Program("setpriv").missing(),
        }
    }
}

fn runs(command: &[&str]) -> bool {
    let output = super::program(command[0]).args(&command[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

#[cfg(unix)]
fn mounts() -> bool {
    let folder = Folder::new();
    Mount::try_new(&["-t", "tmpfs", "none"], folder.path()).is_ok()
}

/// Creates a test. If a requirement is missing, it is ignored, and fails when it is run anyway.
pub(crate) fn trial(name: &str, needs: &[Need], test: fn()) -> Trial {
    trial_of(name, needs, test)
}

/// Like [`trial`], for a test that is not a function.
pub(crate) fn trial_of(name: &str, needs: &[Need], test: impl FnOnce() + Send + 'static) -> Trial {
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

/// Marks a slow test, which runs with `--ignored`.
pub(crate) fn long(trial: Trial) -> Trial {
    if trial.has_ignored_flag() {
        return trial;
    }
    trial.with_kind("long").with_ignored_flag(true)
}

/// Creates a placeholder for a test that cannot be built on this system.
pub(crate) fn ignored(name: &str, why: &'static str) -> Trial {
    Trial::test(name, move || Err(Failed::from(why)))
        .with_kind(format!("skipped: {why}"))
        .with_ignored_flag(true)
}

/// Returns the name of a test: its module in this crate and its function.
pub(crate) fn name_in(module: &str, function: &str) -> String {
    match module.split_once("::") {
        Some((_, module)) => format!("{module}::{function}"),
        None => function.to_owned(),
    }
}

/// Creates tests named after their functions. `[NEED, ...] =>` lists the requirements of one test,
/// and `needs [NEED, ...]:` those of all. A test may have a `#[cfg(...)]`.
macro_rules! trials {
    (needs [$($need:expr),+]: $($(#[$attribute:meta])* $test:ident),+ $(,)?) => {{
        let needs = [$($need),+];
        let mut list = Vec::new();
        $($(#[$attribute])* list.extend([$crate::support::trial(
            &$crate::support::name_in(module_path!(), stringify!($test)),
            &needs,
            $test,
        )]);)+
        list
    }};
    ($($(#[$attribute:meta])* $([$($need:expr),+ $(,)?] =>)? $test:ident),+ $(,)?) => {{
        let mut list = Vec::new();
        $($(#[$attribute])* list.extend([$crate::support::trial(
            &$crate::support::name_in(module_path!(), stringify!($test)),
            &[$($($need),+)?],
            $test,
        )]);)+
        list
    }};
}
pub(crate) use trials;

/// Runs tests like `cargo test` does.
pub(crate) fn main_of(trials: Vec<Trial>) -> std::process::ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
