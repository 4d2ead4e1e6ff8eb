//! Runs the git sessions of README and `docs/git.md` from start to end.

use crate::repository::*;

#[test]
fn the_session_of_the_readme_is_real() {
    session("readme", include_str!("../../README.md"), 2);
}

#[test]
fn the_session_of_the_page_on_git_is_real() {
    let repository = session("story", include_str!("../../docs/git.md"), 21);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

/// Runs the `sh-session` blocks of a page, and makes sure that it has this many commands.
fn session(name: &str, page: &str, expected_commands: usize) -> Repository {
    let repository = Repository::new(name);
    let mut commands = 0;
    for block in page.split("```sh-session\n").skip(1) {
        let (block, _) = block.split_once("```").expect("the end of a block");
        for step in block.split("$ ").filter(|step| !step.is_empty()) {
            let (line, expected) = step.split_once('\n').expect("a line");
            let mut shell = command(&repository.folder, "sh");
            // Both streams in one pipe, in the order in which they are written.
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
    assert_eq!(commands, expected_commands);
    repository
}

/// Replaces the times in a text.
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
