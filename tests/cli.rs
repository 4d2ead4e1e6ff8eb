//! Every command with its output: the transcripts in `tests/cmd` and the README's.
//!
//! Each file is run in a folder of its own with the example manifest in it, so that what the
//! README shows is what a fresh clone does. To renew the outputs: `TRYCMD=overwrite cargo test
//! --test cli`.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn transcripts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcripts");
    let _ = fs::remove_dir_all(&sandbox);

    let mut files: Vec<PathBuf> = fs::read_dir(root.join("tests/cmd"))
        .expect("the transcripts")
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
            let renewed = if file.ends_with("README.md") { with_times(&renewed) } else { renewed };
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

/// Times that stand in the README for whatever the clock says, and what stands before one that
/// is not in the form for people.
const TIMES: [(&str, &str); 2] =
    [("rolled back at ", "2026-01-05T06:30:00.000000+00:00"), ("", "2026-01-05 06:30:00")];

fn with_times(text: &str) -> String {
    TIMES.iter().fold(text.to_owned(), |text, (before, time)| {
        text.replace(&format!("{before}[..]"), &format!("{before}{time}"))
    })
}
