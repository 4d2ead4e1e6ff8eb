//! Text from a manifest in every output for people. Sabotage that it caught: no escapes in `tagged`,
//! `report`, `line` on a terminal or the view of a diff; a bare `@` in Markdown.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, program, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        no_output_contains_a_control_character,
        no_output_contains_a_command_to_a_ci_system,
        [Need::Program("script")] => a_path_is_escaped_on_a_terminal_only,
    ]
}

const HOSTILE: &str = "x\u{1b}[31m\u{9b}\u{202e}";

fn manifest(folder: &Folder, name: &str, versions: &[&str]) -> std::path::PathBuf {
    hostile_manifest(folder, name, versions, HOSTILE)
}

fn hostile_manifest(
    folder: &Folder,
    name: &str,
    versions: &[&str],
    hostile: &str,
) -> std::path::PathBuf {
    let hostile = serde_json::to_string(hostile).expect("JSON");
    let versions: Vec<_> = versions
        .iter()
        .map(|version| {
            format!(
                r#"{{"version": "{version}", "run_id": {hostile}, "artifact_path": {hostile},
                "stage": "prod", "description": {hostile}, "created_at": {hostile},
                "metrics": {{{hostile}: 1}}}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"models": {{"m": {{"name": {hostile}, "versions": [{}], "current_prod": "1"}},
        {hostile}: {{"versions": [{}]}}}}}}"#,
        versions.join(","),
        versions.join(",")
    );
    folder.write(name, text)
}

fn no_output_contains_a_control_character() {
    let folder = Folder::new();
    let path = manifest(&folder, "manifest.json", &["1", "2"]);
    let old = manifest(&folder, "old.json", &["1"]);
    let old = old.to_str().expect("UTF-8");
    let new = path.to_str().expect("UTF-8");
    for arguments in [
        &["list"][..],
        &["list", "m"],
        &["show", "m", "1"],
        &["check"],
        &["diff", old, new],
        &["diff", old, new, "--markdown"],
        &["compare", "m", "1", "2"],
        &["compare", "m", "1", "2", "--markdown"],
        &["retire", HOSTILE, "2", "--reason", HOSTILE],
        &["retire", HOSTILE, "2", "--reason", HOSTILE, "--undo"],
        &["promote", HOSTILE, "2", "--stage", "prod", "--by", HOSTILE],
        &["history", HOSTILE],
        &["rollback", HOSTILE],
        &["prune", HOSTILE, "--keep", "0", "--dry-run"],
        &["show", HOSTILE, "none"],
    ] {
        let output = registry(&path).args(arguments).output().expect("registry runs");
        let shown =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it"));
        let shown = shown.concat();
        assert!(shown.contains('x'), "{arguments:?}: {shown}");
        let raw = |c: char| matches!(c, '\u{1b}' | '\u{9b}' | '\u{202e}');
        assert!(!shown.contains(raw), "{arguments:?}: {}", shown.escape_debug());
    }
    // `@team` would notify a team on a hosting service.
    let path = folder.write(
        "team.json",
        r#"{"models": {"@team": {"versions": [
            {"version": "1", "run_id": "1", "artifact_path": "p", "description": "@team"}]}}}"#,
    );
    let empty = folder.write("empty.json", r#"{"models": {}}"#);
    let (empty, path) = (empty.to_str().expect("UTF-8"), path.to_str().expect("UTF-8"));
    let markdown = run(registry(Path::new(path)).args(["diff", empty, path, "--markdown"]));
    let text = &markdown.code(0).stdout;
    // Text between backticks is code, in which nobody is mentioned.
    let prose: String = text.split('`').step_by(2).collect();
    assert!(text.contains("`@team`") && !prose.contains('@'), "{text}");
}

/// GitHub reads `::` at the start of a line and `##[` anywhere in it, Azure `##vso[`.
fn no_output_contains_a_command_to_a_ci_system() {
    let folder = Folder::new();
    let hostile = "::error::a ##[error]b ##vso[task.complete]c";
    let path = hostile_manifest(&folder, "manifest.json", &["1", "2"], hostile);
    let old = hostile_manifest(&folder, "old.json", &["1"], hostile);
    let (old, new) = (old.to_str().expect("UTF-8"), path.to_str().expect("UTF-8"));
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["list", "m"],
        &["show", "m", "1"],
        &["show", hostile, "1"],
        &["check"],
        &["check", "--against-file", old],
        &["check", "--against-file", old, "--json"],
        &["diff", old, new],
        &["diff", old, new, "--json"],
        &["compare", "m", "1", "2"],
        &["promote", hostile, "2", "--stage", "prod", "--by", hostile],
        &["history", hostile],
        &["rollback", hostile],
        &["show", hostile, "none"],
    ] {
        let output = registry(&path).args(arguments).output().expect("registry runs");
        let shown =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it"));
        let shown = shown.concat();
        let is_command = |line: &str| {
            line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[")
        };
        assert!(!shown.lines().any(is_command), "{arguments:?}: {shown}");
    }
}

/// A script gets the path as it is.
fn a_path_is_escaped_on_a_terminal_only() {
    let folder = Folder::new();
    let path = manifest(&folder, "manifest.json", &["1"]);
    let piped = registry(&path).args(["production", "m"]).output().expect("registry runs");
    assert_eq!(String::from_utf8(piped.stdout).expect("UTF-8"), format!("{HOSTILE}\n"));
    let mut terminal: Command = program("script");
    let line = format!("registry -m '{}' production m", path.display());
    terminal.args(["-qec", &line, "/dev/null"]);
    let output = terminal.output().expect("script runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("x\\u{1b}[31m\\u{9b}\\u{202e}"), "{}", shown.escape_debug());
}
