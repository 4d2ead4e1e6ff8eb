//! Runs every command in `tests/cmd`, `README.md` and `docs` and compares the output.
//!
//! Each file runs in a folder of its own with the example manifest, as in a fresh clone. To renew
//! the outputs: `TRYCMD=overwrite cargo test --test cli`.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn transcripts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts");
    let _ = fs::remove_dir_all(&sandbox);

    let mut files: Vec<PathBuf> = ["tests/cmd", "docs"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder of transcripts"))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.push(root.join("README.md"));
    let staged: Vec<_> = files.iter().map(|file| (file, stage(root, &sandbox, file))).collect();

    let cases = trycmd::TestCases::new();
    // What is shown must not depend on who runs the tests, and where.
    for variable in [
        "REGISTRY_MANIFEST",
        "REGISTRY_LOCK_TIMEOUT",
        "REGISTRY_POLICY",
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
        "CLICOLOR_FORCE",
    ] {
        cases.env(variable, "");
    }
    cases.env("REGISTRY_BY", "ada");
    cases.case(sandbox.join("*.md"));
    cases.run();

    if std::env::var("TRYCMD").is_ok_and(|value| value == "overwrite") {
        for (file, copy) in staged {
            let renewed = fs::read_to_string(copy).expect("the renewed transcript");
            let renewed = if in_tests(file) { renewed } else { with_times(&renewed) };
            fs::write(file, renewed).expect("the transcript");
        }
    }
}

/// Copies a transcript, and lays the folder beside it in which its commands run.
fn stage(root: &Path, sandbox: &Path, file: &Path) -> PathBuf {
    let copy = sandbox.join(file.file_name().expect("a name"));
    let folder = copy.with_extension("in").join("artifacts/registry");
    fs::create_dir_all(&folder).expect("a folder to run in");
    let example = root.join("artifacts/registry/manifest.json");
    fs::copy(example, folder.join("manifest.json")).expect("the example");
    for data in fs::read_dir(root.join("tests/data")).expect("the fixtures") {
        let data = data.expect("an entry");
        if data.path().is_dir() {
            continue;
        }
        fs::copy(data.path(), copy.with_extension("in").join(data.file_name())).expect("a fixture");
    }
    let transcript = fs::read_to_string(file).expect("the transcript");
    let transcript = TIMES.iter().fold(transcript, |text, (_, time)| text.replace(time, "[..]"));
    fs::write(&copy, transcript).expect("the transcript");
    copy
}

/// Whether a transcript is only a test, and shows a time as `[..]`.
fn in_tests(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("tests/cmd"))
}

/// Times that README and docs show in place of the current time, each with the text before it.
const TIMES: [(&str, &str); 4] = [
    ("rolled back at ", "2026-01-05T06:30:00.000000+00:00"),
    ("\"at\":\"", "2026-01-05T06:30:00.000000+00:00"),
    ("-> \"", "2026-01-05T06:30:00.000000+00:00"),
    ("", "2026-01-05 06:30:00"),
];

fn with_times(text: &str) -> String {
    TIMES.iter().fold(text.to_owned(), |text, (before, time)| {
        text.replace(&format!("{before}[..]"), &format!("{before}{time}"))
    })
}
