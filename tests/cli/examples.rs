//! The examples in other languages that README.md and docs show, and the links between the pages.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::Trial;

use crate::support::{Folder, Need, Page, Ran, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_rust_example_registers_a_run,
        [Need::Program("python3")] => the_python_example_registers_a_run_and_reads_it_back,
        [Need::Program("python3")] => the_python_example_selects_the_current_version,
        [Need::Program("bash")] => the_scripts_serve_the_production_model_or_stop,
        the_example_of_the_file_format_is_a_manifest,
        every_link_between_pages_leads_to_a_heading,
    ]
}

/// The argument with which this program runs the Rust example instead of tests.
pub(crate) const RUST_EXAMPLE: &str = "run-the-rust-example";

#[allow(clippy::missing_errors_doc)]
mod trainer {
    include!("trainer.rs");

    pub(super) fn run() -> Result<()> {
        let now = Timestamp::parse("2026-01-05T06:00:00+00:00").expect("a time");
        register_run("20260105", 3.51, now)
    }
}

/// Runs it in the current folder: the example's path is relative, and tests share one folder.
pub(crate) fn run_rust_example() -> ExitCode {
    trainer::run().expect("a registration");
    ExitCode::SUCCESS
}

fn the_rust_example_registers_a_run() {
    let shown = block("docs/guide.md", "rust");
    assert_eq!(shown, include_str!("trainer.rs").trim_end(), "the guide shows other code");
    let folder = example();
    let this = std::env::current_exe().expect("this program");
    run(program(this).arg(RUST_EXAMPLE).current_dir(folder.path())).code(0);
    let path = registry(&folder, &["path", "minutes_v1_lgbm", "20260105"]);
    assert_eq!(path.stdout, "artifacts/minutes_v1/runs/20260105/model.txt\n");
}

fn the_python_example_registers_a_run_and_reads_it_back() {
    let folder = example();
    let ran = run(command(&folder, "python3").args(["-c", &block("docs/faq.md", "python")]));
    assert_eq!(ran.code(0).stdout, "dev 3.5127\n");
}

fn the_python_example_selects_the_current_version() {
    let folder = example();
    let page = "docs/json-output.md";
    let ran = run(command(&folder, "python3").args(["-c", &block(page, "python")]));
    assert_eq!(ran.code(0).stdout.trim_end(), block(page, "text"));
}

fn the_scripts_serve_the_production_model_or_stop() {
    let serving = "serving artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n";
    let scripts = [
        block("README.md", "bash") + "\necho \"serving $MODEL_PATH\"",
        block("docs/guide.md", "bash"),
    ];
    for script in scripts {
        let folder = example();
        let serve = || run(command(&folder, "bash").args(["-c", &script]));
        assert_eq!(serve().code(0).stdout, serving);

        registry(&folder, &["promote", "minutes_v1_lgbm", "@prod", "--stage", "dev"]);
        assert_eq!(serve().code(1).stdout, "");
    }
}

fn the_example_of_the_file_format_is_a_manifest() {
    let folder = example();
    folder.write("artifacts/registry/manifest.json", block("docs/file-format.md", "json"));
    registry(&folder, &["check"]);
    let path = registry(&folder, &["production", "minutes_v1_lgbm"]);
    assert_eq!(path.stdout, "artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n");
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
#[track_caller]
fn block(page: &str, language: &str) -> String {
    let blocks = Page::read(page).blocks(language);
    blocks.into_iter().next().unwrap_or_else(|| panic!("{page} has no {language} block"))
}

/// A folder with the example manifest.
fn example() -> Folder {
    let folder = Folder::new();
    let manifest = "artifacts/registry/manifest.json";
    fs::create_dir_all(folder.file("artifacts/registry")).expect("a folder");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest), folder.file(manifest))
        .expect("the example");
    folder
}

fn command(folder: &Folder, name: &str) -> Command {
    let mut command = program(name);
    command.current_dir(folder.path());
    command
}

fn registry(folder: &Folder, arguments: &[&str]) -> Ran {
    let ran = run(command(folder, "registry").args(arguments));
    ran.code(0);
    ran
}
