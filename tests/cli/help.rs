//! The examples in the help of every command work, in the example project.

use libtest_mimic::Trial;

use crate::support::{Folder, Need, program, run, trials, verbs};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Program("bash"), Need::Program("git")] => the_examples_of_each_command_work,
    ]
}

/// Lines that need a shell's start file, a network or a merge in progress, or that do not end.
const NOT_RUN: [&str; 4] = ["registry completions", "s3://", "registry resolve", "registry watch"];

fn the_examples_of_each_command_work() {
    let mut ran = 0;
    for verb in verbs() {
        let help = run(program("registry").args([&verb, "--help"])).code(0).stdout.clone();
        let script = examples(&help);
        assert!(script.contains("registry "), "`{verb}` has no examples: {help}");
        let folder = project();
        for example in script.split('\n').filter(|line| !line.is_empty()) {
            if NOT_RUN.iter().any(|part| example.contains(part)) {
                continue;
            }
            let result = run(program("bash").args(["-c", example]).current_dir(folder.path()));
            assert_eq!(result.code, Some(0), "{example}\n{result:#?}");
            ran += 1;
        }
    }
    assert!(ran > 40, "only {ran} examples ran");
}

/// Returns the examples of a help, each on one line.
fn examples(help: &str) -> String {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("  #"));
    let lines: Vec<_> = lines.map(str::trim_start).collect();
    let script = lines.join("\n");
    script.replace("\\\n", "").replace("|\n", "| ")
}

/// The example project as a repository with a tag, and the files that examples name.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write(
        "set-up",
        "set -e
        cp -r \"$PROJECT/artifacts\" .
        cp \"$PROJECT\"/tests/data/{metrics,before,after}.json .
        for side in base ours theirs; do cp artifacts/registry/manifest.json $side.json; done
        : > changes.jsonl
        git init -q && git add . && git commit -qm one && git tag v1",
    );
    let root = env!("CARGO_MANIFEST_DIR");
    let mut set_up = program("bash");
    run(set_up.arg("set-up").env("PROJECT", root).current_dir(folder.path())).code(0);
    folder
}
