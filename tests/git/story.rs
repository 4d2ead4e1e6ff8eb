//! The README's section "In git", run from start to end as it stands there.

use crate::repository::*;

const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_tells_what_happens() {
    let (_, section) = README.split_once("\n## In git\n").expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    let repository = Repository::new("story");
    let mut commands = 0;
    for block in section.split("```sh-session\n").skip(1) {
        let (block, _) = block.split_once("```").expect("the end of a block");
        for step in block.split("$ ").filter(|step| !step.is_empty()) {
            let (line, expected) = step.split_once('\n').expect("a line");
            let mut shell = command(&repository.folder, "sh");
            // A pipe of one command, so that both streams are told.
            let output = shell.args(["-c", &format!("{{ {line}; }} 2>&1")]).output();
            let output = output.expect("sh runs");
            let code = match output.status.code() {
                Some(0) => String::new(),
                code => format!("? {}\n", code.expect("an exit code")),
            };
            let told = code + &String::from_utf8_lossy(&output.stdout);
            assert_eq!(
                timeless(told.trim_end()),
                timeless(expected.trim_end()),
                "$ {line}\n{told}"
            );
            commands += 1;
        }
    }
    assert!(commands > 10, "only {commands} commands found");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

/// A text without its points in time.
fn timeless(text: &str) -> String {
    let pattern = "dddd-dd-dd dd:dd:dd";
    let mut rest = text;
    let mut result = String::new();
    while let Some(next) = rest.chars().next() {
        let window = rest.get(..pattern.len()).unwrap_or_default();
        let digits = window.replace(|c: char| c.is_ascii_digit(), "d");
        if digits == pattern {
            result.push_str("TIME");
            rest = &rest[pattern.len()..];
        } else {
            result.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    result
}
