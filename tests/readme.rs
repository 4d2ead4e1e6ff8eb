//! Runs the code examples of README and docs that are not console transcripts.
#![allow(clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use support::{Need, main_of, trials};

const README: &str = include_str!("../README.md");
const GUIDE: &str = include_str!("../docs/guide.md");
const FILE_FORMAT: &str = include_str!("../docs/file-format.md");
const JSON_OUTPUT: &str = include_str!("../docs/json-output.md");

fn main() -> ExitCode {
    main_of(trials![
        [] => the_rust_example_registers_a_run,
        [Need::Program("python3")] => the_python_example_registers_a_run_and_reads_it_back,
        [Need::Program("python3")] => the_python_example_selects_the_current_version,
        [] => the_scripts_serve_the_production_model_or_stop,
        [] => the_example_of_the_file_format_is_a_manifest,
        [] => every_link_between_pages_leads_to_a_heading,
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
    assert!(GUIDE.contains(include_str!("readme/trainer.rs")), "the guide shows other code");
    let folder = sandbox("rust");
    std::env::set_current_dir(&folder).expect("the sandbox");
    trainer::run().expect("a registration");
    let path = registry(&folder, &["path", "minutes_v1_lgbm", "20260105"]);
    assert_eq!(stdout(&path), "artifacts/minutes_v1/runs/20260105/model.txt\n");
}

fn the_python_example_registers_a_run_and_reads_it_back() {
    let folder = sandbox("python");
    let output = command(&folder, "python3").args(["-c", &block(README, "python")]).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output), "dev 3.5127\n");
}

fn the_python_example_selects_the_current_version() {
    let folder = sandbox("current");
    let output = command(&folder, "python3").args(["-c", &block(JSON_OUTPUT, "python")]).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stdout(&output).trim_end(), block(JSON_OUTPUT, "text"));
}

fn the_scripts_serve_the_production_model_or_stop() {
    let serving = "serving artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n";
    let scripts = [block(README, "bash") + "\necho \"serving $MODEL_PATH\"", block(GUIDE, "bash")];
    for script in scripts {
        let folder = sandbox("script");
        let run = || command(&folder, "bash").args(["-c", &script]).output().expect("bash runs");
        assert_eq!(stdout(&run()), serving);

        registry(&folder, &["promote", "minutes_v1_lgbm", "@prod", "--stage", "dev"]);
        let stopped = run();
        assert_eq!((stopped.status.code(), stdout(&stopped).as_str()), (Some(1), ""));
    }
}

fn the_example_of_the_file_format_is_a_manifest() {
    let folder = sandbox("format");
    let manifest = folder.join("artifacts/registry/manifest.json");
    fs::write(manifest, block(FILE_FORMAT, "json")).expect("the example");
    registry(&folder, &["check"]);
    let path = registry(&folder, &["production", "minutes_v1_lgbm"]);
    assert_eq!(stdout(&path), "artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n");
}

fn every_link_between_pages_leads_to_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.to_owned(), root.join("docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let pages = entries.map(|entry| entry.expect("an entry").path());
    let pages: Vec<_> =
        pages.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    let mut links = 0;
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        for rest in text.split("](").skip(1) {
            let (link, _) = rest.split_once(')').expect("the end of a link");
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.with_file_name(file) };
            assert!(target.exists(), "{}: no file for `{link}`", page.display());
            if !anchor.is_empty() {
                let target = fs::read_to_string(target).expect("a page");
                let found =
                    target.lines().any(|line| heading_anchor(line).as_deref() == Some(anchor));
                assert!(found, "{}: no heading for `{link}`", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 50, "only {links} links found");
}

/// The anchor that GitHub and GitLab give a heading.
fn heading_anchor(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

/// The first block of a page in this language.
fn block(page: &str, language: &str) -> String {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("a block");
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
