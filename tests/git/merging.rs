//! The merge driver, run by git itself.

use std::fs;

use libtest_mimic::Trial;

use crate::repository::{MANIFEST, MODEL, Repository, command, failure, stderr};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        versions_of_both_branches_are_united,
        different_promotions_are_a_conflict_that_the_printed_command_settles,
        the_command_names_a_manifest_in_another_place,
        a_manifest_that_both_sides_added_is_merged,
        what_cannot_be_merged_leaves_our_side_untouched,
        what_a_merge_without_the_driver_breaks_is_refused,
        without_the_program_git_merges_by_lines_and_reports_a_conflict,
        a_criss_cross_is_a_conflict_and_changes_nothing_unseen,
        #[cfg(unix)]
        the_mode_of_our_side_stays,
    ]
}

/// A repository that is set up, with two branches besides `main`.
fn ready(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.registry(&["git-setup"]);
    repository.commit("setup");
    repository
}

/// Makes one change on a separate branch and another on `main`.
fn diverge(repository: &Repository, theirs: impl Fn(), ours: impl Fn()) {
    repository.git(&["checkout", "--quiet", "-b", "theirs"]);
    theirs();
    repository.git(&["checkout", "--quiet", "main"]);
    ours();
}

fn versions(repository: &Repository) -> Vec<String> {
    let json = repository.registry(&["list", MODEL, "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    rows.iter().map(|row| row["version"].as_str().expect("a version").to_owned()).collect()
}

/// Nothing but the manifest and what git-setup made is in the work tree.
fn assert_tidy(repository: &Repository) {
    let names = |folder: &str| {
        let entries = fs::read_dir(repository.path(folder)).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string()).collect();
        names.sort();
        names
    };
    let expected = [".git", ".gitattributes", ".gitignore", "artifacts"];
    assert_eq!(names(""), expected.map(|name| Ok(name.to_owned())));
    assert!(names("artifacts/registry").iter().all(|name| !format!("{name:?}").contains(".tmp.")));
}

fn versions_of_both_branches_are_united() {
    for way in ["merge", "rebase", "cherry-pick"] {
        let repository = ready(&format!("union-{way}"));
        diverge(&repository, || repository.register("theirs-1"), || repository.register("ours-1"));
        repository.git(&[way, "theirs"]);
        let versions = versions(&repository);
        for version in ["ours-1", "theirs-1"] {
            assert!(versions.contains(&version.to_owned()), "{way}: {versions:?}");
        }
        assert_eq!(versions.len(), 6, "{way}");
        assert_eq!(repository.git(&["status", "--porcelain"]), "", "{way}");
        repository.registry(&["check", "--against", "HEAD~1"]);
        assert_tidy(&repository);
    }
}

fn different_promotions_are_a_conflict_that_the_printed_command_settles() {
    for (way, go_on) in [
        (&["merge", "theirs"][..], &["commit", "--quiet", "--no-edit"][..]),
        (&["rebase", "theirs"], &["rebase", "--continue"]),
        (&["cherry-pick", "theirs"], &["cherry-pick", "--continue"]),
    ] {
        let name = way[0];
        let repository = ready(&format!("conflict-{name}"));
        let (mine, other) = ("20251214T061411Z", "20251212T061455Z");
        diverge(&repository, || repository.promote(other), || repository.promote(mine));
        // A rebase puts our commits on theirs, so the sides change places.
        let (kept, given_up) = if name == "rebase" { (other, mine) } else { (mine, other) };

        let output = repository.try_git(way);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        // A rebase shows its progress in a line that others are written over.
        let said = stderr(&output).replace('\r', "\n");
        let conflict = said.lines().find(|line| line.starts_with("conflict: ")).expect("one");
        assert!(conflict.contains(&format!("ours makes `{kept}` the current prod")), "{conflict}");
        assert!(conflict.contains(&format!("theirs makes it `{given_up}`")), "{conflict}");
        assert_eq!(repository.git(&["status", "--porcelain"]), format!("UU {MANIFEST}\n"));

        // The file is whole and has our side's value.
        assert!(repository.registry(&["production", MODEL]).contains(kept));
        let command = said.lines().find_map(|line| line.strip_prefix("hint: choose theirs: "));
        let command = command.expect("a command");
        let output = crate::repository::command(&repository.folder, "sh")
            .args(["-c", command])
            .output()
            .expect("sh runs");
        assert!(output.status.success(), "{command}: {output:?}");
        assert!(repository.registry(&["production", MODEL]).contains(given_up));

        repository.git(&["add", MANIFEST]);
        repository.git(go_on);
        assert_eq!(repository.git(&["status", "--porcelain"]), "");
        assert!(repository.registry(&["--at", "HEAD", "production", MODEL]).contains(given_up));
        assert_tidy(&repository);
    }
}

fn the_command_names_a_manifest_in_another_place() {
    let manifest = "models/manifest.json";
    let repository = Repository::with_manifest("elsewhere", manifest);
    let registry = |arguments: &[&str]| {
        let all = [&["-m", manifest], arguments].concat();
        repository.registry(&all);
        repository.commit("a change");
    };
    registry(&["git-setup"]);
    let promote = |version: &str| registry(&["promote", MODEL, version, "--stage", "prod"]);
    diverge(&repository, || promote("20251212T061455Z"), || promote("20251214T061411Z"));
    let said = stderr(&repository.try_git(&["merge", "theirs"]));
    let expected = "hint: choose theirs: registry resolve -m models/manifest.json \
                    minutes_v1_lgbm --theirs\n";
    assert!(said.contains(expected), "{said}");
}

fn a_manifest_that_both_sides_added_is_merged() {
    let repository = ready("added");
    repository.git(&["rm", "--quiet", MANIFEST]);
    repository.commit("no manifest");
    diverge(&repository, || repository.register("theirs-1"), || repository.register("ours-1"));
    repository.git(&["merge", "theirs"]);
    assert_eq!(versions(&repository).len(), 2);
}

fn what_cannot_be_merged_leaves_our_side_untouched() {
    let repository = Repository::new("broken-merge");
    let text = repository.read(MANIFEST);
    let file = |name: &str, content: &str| {
        fs::write(repository.path(name), content).expect("a file");
    };
    file("good", &text);
    file("empty", "");
    file("cut", &text[..300]);
    file("twice", &text.replace("20251128T061502Z\"", "20251205T061430Z\""));
    for arguments in [
        ["cut", "good", "good"],
        ["good", "good", "cut"],
        ["good", "good", "twice"],
        ["good", "good", "empty"],
        ["good", "good", "missing"],
        ["good", "cut", "good"],
        ["good", "empty", "good"],
        ["good", "missing", "good"],
        ["missing", "good", "good"],
    ] {
        let before = fs::read(repository.path(arguments[1])).ok();
        let output = repository.try_registry(&[&["merge"], &arguments[..]].concat());
        let (code, said) = failure(&output);
        assert!(code == 129 && said.starts_with("error: cannot merge: "), "{arguments:?}: {said}");
        assert_eq!(fs::read(repository.path(arguments[1])).ok(), before, "{arguments:?}");
    }
    assert_eq!(repository.try_registry(&["merge", "good"]).status.code(), Some(2));

    // Git merges by lines instead, and reports a conflict.
    repository.registry(&["git-setup"]);
    for name in ["good", "empty", "cut", "twice"] {
        fs::remove_file(repository.path(name)).expect("a file");
    }
    repository.commit("setup");
    let cut = || {
        fs::write(repository.path(MANIFEST), &text[..300]).expect("a file");
        repository.commit("cut short");
    };
    diverge(&repository, cut, || repository.register("ours-1"));
    let output = repository.try_git(&["merge", "theirs"]);
    assert!(!output.status.success() && stderr(&output).contains("their side"), "{output:?}");
    assert!(repository.read(MANIFEST).contains("<<<<<<< ours"));
}

#[cfg(unix)]
fn the_mode_of_our_side_stays() {
    use std::os::unix::fs::PermissionsExt;

    let repository = Repository::new("mode");
    let path = repository.path(MANIFEST);
    fs::copy(&path, repository.path("base")).expect("a copy");
    fs::copy(&path, repository.path("theirs")).expect("a copy");
    let theirs = ["-m", "theirs", "register", MODEL, "--version", "1", "--artifact-path", "s3://p"];
    repository.registry(&theirs);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    repository.registry(&["merge", "base", MANIFEST, "theirs"]);
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o640);
    assert_eq!(versions(&repository).len(), 5);
    assert!(!repository.path("artifacts/registry/.manifest.json.lock").exists());
}

fn what_a_merge_without_the_driver_breaks_is_refused() {
    let repository = Repository::new("no-driver");
    let text = repository.read(MANIFEST);
    let model = "    \"new\": {\n      \"name\": \"new\",\n      \"versions\": []\n    }";
    let write = |text: &str| {
        fs::write(repository.path(MANIFEST), text).expect("a file");
        repository.commit("a new model");
    };
    let first = text.replacen("\"models\": {\n", &format!("\"models\": {{\n{model},\n"), 1);
    let end = text.rfind("\n  }").expect("the end of the models");
    let last = format!("{},\n{model}{}", &text[..end], &text[end..]);
    diverge(&repository, || write(&first), || write(&last));
    // Git sees two changes in two places.
    repository.git(&["merge", "theirs"]);

    let (code, said) = failure(&repository.try_registry(&["list"]));
    assert!(code == 1 && said.contains("duplicate key `new`"), "{said}");
    let checked = repository.try_registry(&["check"]);
    assert_eq!(checked.status.code(), Some(4));
    let found = String::from_utf8(checked.stdout).expect("UTF-8");
    assert!(found.starts_with("problem: ") && found.contains("duplicate key `new`"), "{found}");
    let json = repository.try_registry(&["check", "--json"]);
    let found: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(found[0]["severity"], "problem");

    // With it, the same merge is clean.
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repository.registry(&["git-setup"]);
    repository.git(&["merge", "theirs"]);
    repository.registry(&["check"]);
}

/// Where `registry` is not on the path, both sides must stay visible: with our side's text in place
/// and no markers, "add it and commit" would drop everything of theirs. Git before 2.40 takes any
/// failure of a driver for a conflict, so every git on this machine is asked.
fn without_the_program_git_merges_by_lines_and_reports_a_conflict() {
    for (index, folder) in folders_with_git().into_iter().enumerate() {
        let repository = ready(&format!("not-found-{index}"));
        diverge(&repository, || repository.register("theirs-1"), || repository.register("ours-1"));
        let mut git = command(&repository.folder, folder.join("git").to_str().expect("UTF-8"));
        let path = std::env::join_paths([folder.as_path(), "/usr/bin".as_ref(), "/bin".as_ref()]);
        git.env("PATH", path.expect("a path")).args(["merge", "theirs"]);
        let output = git.output().expect("git runs");
        assert_eq!(output.status.code(), Some(1), "{}: {output:?}", folder.display());
        let text = repository.read(MANIFEST);
        for expected in ["<<<<<<< ours", "ours-1", ">>>>>>> theirs", "theirs-1"] {
            assert!(text.contains(expected), "{}: {text}", folder.display());
        }
        assert!(repository.git(&["status", "--porcelain"]).contains("UU"), "{}", folder.display());
        let (code, said) = failure(&repository.try_registry(&["list"]));
        assert!(code == 1 && said.contains("merge conflict"), "{said}");
    }
}

/// The folders on the search path that have a `git` and no `registry`.
fn folders_with_git() -> Vec<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.join("git").is_file());
    let mut folders: Vec<_> = folders.filter(|folder| !folder.join("registry").exists()).collect();
    folders.dedup();
    assert!(!folders.is_empty(), "git is on the path of the tests");
    folders
}

/// In a criss-cross git merges the ancestors first; what they dispute must not be settled unseen.
fn a_criss_cross_is_a_conflict_and_changes_nothing_unseen() {
    let repository = ready("criss-cross");
    let (mine, other) = ("20251214T061411Z", "20251212T061455Z");
    diverge(&repository, || repository.promote(other), || repository.promote(mine));
    let here = repository.git(&["branch", "--show-current"]).trim().to_owned();
    repository.git(&["branch", "ours-before", "HEAD"]);
    // Each side merges the other and keeps its own.
    let keep_ours = |into: &str, from: &str| {
        repository.git(&["checkout", "--quiet", into]);
        assert_eq!(repository.try_git(&["merge", from]).status.code(), Some(1));
        repository.git(&["add", MANIFEST]);
        repository.git(&["commit", "--quiet", "--no-edit"]);
    };
    keep_ours(&here, "theirs");
    keep_ours("theirs", "ours-before");

    repository.git(&["checkout", "--quiet", &here]);
    let output = repository.try_git(&["merge", "theirs"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(repository.registry(&["production", MODEL]).contains(mine));
    repository.registry(&["check"]);
}
