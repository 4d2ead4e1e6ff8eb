//! The README's examples that are no transcripts: they are taken from it and run.
#![allow(clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use support::{Need, main_of, trials};

const README: &str = include_str!("../README.md");

fn main() -> ExitCode {
    main_of(trials![
        [] => the_rust_example_registers_a_run,
        [Need::Program("python3")] => the_python_example_registers_a_run_and_reads_it_back,
        [] => the_script_serves_what_is_in_production_or_stops,
    ])
}

#[allow(clippy::missing_errors_doc)]
mod trainer {
    include!("readme/trainer.rs");

    pub(crate) fn run() -> Result<()> {
        let now = Timestamp::parse("2026-01-05T06:00:00+00:00").expect("a time");
        register_run("20260105", 3.51, now)
    }
}

fn the_rust_example_registers_a_run() {
    assert!(README.contains(include_str!("readme/trainer.rs")), "the README shows other code");
    let folder = sandbox("rust");
    std::env::set_current_dir(&folder).expect("the sandbox");
    trainer::run().expect("a registration");
    let path = registry(&folder, &["path", "minutes_v1_lgbm", "20260105"]);
    assert_eq!(stdout(&path), "artifacts/minutes_v1/runs/20260105/model.txt\n");
}

fn the_python_example_registers_a_run_and_reads_it_back() {
    let folder = sandbox("python");
    let output = command(&folder, "python3").args(["-c", &block("python")]).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output), "dev 3.5127\n");
}

fn the_script_serves_what_is_in_production_or_stops() {
    let folder = sandbox("script");
    let script = block("bash") + "\necho \"serving $MODEL_PATH\"";
    let run = || command(&folder, "bash").args(["-c", &script]).output().expect("bash runs");

    assert_eq!(stdout(&run()), "serving artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n");

    registry(&folder, &["promote", "minutes_v1_lgbm", "@prod", "--stage", "dev"]);
    let stopped = run();
    assert_eq!((stopped.status.code(), stdout(&stopped).as_str()), (Some(1), ""));
}

/// The first block of the README in this language.
fn block(language: &str) -> String {
    let (_, rest) = README.split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("\n```").expect("its end").0.to_owned()
}

/// A folder of its own with the example manifest.
fn sandbox(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("artifacts/registry")).expect("a folder");
    let manifest = "artifacts/registry/manifest.json";
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest), folder.join(manifest))
        .expect("the example");
    folder
}

/// A program that finds `registry` on its path.
fn command(folder: &Path, program: &str) -> Command {
    let binaries = Path::new(env!("CARGO_BIN_EXE_registry")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(binaries.to_owned()).chain(std::env::split_paths(&path));
    let mut command = Command::new(program);
    command.current_dir(folder).env("PATH", std::env::join_paths(paths).expect("a path"));
    command
}

fn registry(folder: &Path, arguments: &[&str]) -> Output {
    let output = command(folder, "registry").args(arguments).output().expect("registry runs");
    assert!(output.status.success(), "{output:?}");
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
