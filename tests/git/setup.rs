//! `git-setup`: what a clone needs, once or again.

use std::fs;

use libtest_mimic::Trial;

use crate::repository::{
    MANIFEST, Repository, command, failure, path_without_registry, sandbox, stderr,
};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_clone_is_made_ready_once_or_again,
        existing_lines_are_kept,
        other_choices_are_reported_and_kept,
        a_driver_of_an_earlier_version_is_replaced,
        letters_of_any_script_need_no_quotes,
        outside_a_repository_it_refuses,
        a_linked_work_tree_is_a_clone_too,
        a_driver_that_git_cannot_find_is_reported,
        what_only_one_user_ignores_is_missing_all_the_same,
    ]
}

const ATTRIBUTES: &str = "/artifacts/registry/manifest.json merge=registry\n";
const IGNORED: &str = ".manifest.json.lock\n.manifest.json.tmp.*\n";
const DRIVER: &str = "registry merge %O %A %B --manifest=%P; status=$?; \
                      test $status -le 1 || \
                      { git merge-file -L ours -L base -L theirs %A %O %B; status=1; }; \
                      exit $status";

fn a_clone_is_made_ready_once_or_again() {
    let repository = Repository::new("setup");
    let check = || repository.try_registry(&["git-setup", "--check"]);
    let missing = check();
    assert_eq!(missing.status.code(), Some(4));
    let said = String::from_utf8(missing.stdout).expect("UTF-8");
    assert_eq!(said.lines().filter(|line| line.contains("Missing in")).count(), 6, "{said}");
    assert!(!repository.path(".gitattributes").exists());
    assert_eq!(repository.git(&["status", "--porcelain"]), "");

    let said = repository.registry(&["git-setup"]);
    assert_eq!(said.lines().count(), 6, "{said}");
    for _ in 0..2 {
        assert_eq!(repository.read(".gitattributes"), ATTRIBUTES);
        assert_eq!(repository.read(".gitignore"), IGNORED);
        assert_eq!(repository.git(&["config", "merge.registry.driver"]), format!("{DRIVER}\n"));
        assert!(check().status.success());
        assert_eq!(repository.registry(&["git-setup"]), "[registry] This clone is ready\n");
    }
    repository.commit("setup");
    repository.register("1");
    assert_eq!(repository.git(&["ls-files", "artifacts"]), format!("{MANIFEST}\n"));

    // What is committed comes along; the driver does not.
    repository.git(&["clone", "--quiet", ".", "../clone"]);
    let clone = Repository { folder: repository.folder.with_file_name("clone") };
    assert_eq!(clone.try_registry(&["git-setup", "--check"]).status.code(), Some(4));
    clone.registry(&["git-setup"]);
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
}

fn existing_lines_are_kept() {
    let repository = Repository::new("kept");
    fs::write(repository.path(".gitattributes"), b"*.bin binary # caf\xe9\r\n*.png binary")
        .expect("a file");
    fs::write(repository.path(".gitignore"), "target\n*.lock").expect("a file");
    repository.registry(&["git-setup"]);
    let attributes = fs::read(repository.path(".gitattributes")).expect("a file");
    let expected =
        [b"*.bin binary # caf\xe9\r\n*.png binary\r\n", ATTRIBUTES.trim_end().as_bytes(), b"\r\n"];
    assert_eq!(attributes, expected.concat());
    assert_eq!(
        repository.git(&["check-attr", "merge", "--", MANIFEST]),
        format!("{MANIFEST}: merge: registry\n")
    );
    // Another line does the same for the lock.
    assert_eq!(repository.read(".gitignore"), "target\n*.lock\n.manifest.json.tmp.*\n");
}

fn other_choices_are_reported_and_kept() {
    let repository = Repository::new("differs");
    repository.git(&["config", "merge.registry.driver", "/opt/registry merge %O %A %B"]);
    fs::write(repository.path("artifacts/.gitattributes"), "*.json -merge\n").expect("a file");
    for arguments in [&["git-setup"][..], &["git-setup"], &["git-setup", "--check"]] {
        let output = repository.try_registry(arguments);
        assert_eq!(output.status.code(), Some(4));
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(said.contains("not changed: /opt/registry merge %O %A %B; expected"), "{said}");
        assert!(
            said.contains("Different in .gitattributes, and not changed: merge=unset"),
            "{said}"
        );
    }
    let driver = repository.git(&["config", "merge.registry.driver"]);
    assert_eq!(driver, "/opt/registry merge %O %A %B\n");
    assert!(!repository.path(".gitattributes").exists());
}

fn a_driver_of_an_earlier_version_is_replaced() {
    let repository = Repository::new("earlier");
    let old = "registry merge %O %A %B --manifest=%P || exit $(($? == 1 ? 1 : 129))";
    repository.git(&["config", "merge.registry.driver", old]);
    assert_eq!(repository.try_registry(&["git-setup", "--check"]).status.code(), Some(4));
    repository.registry(&["git-setup"]);
    assert_eq!(repository.git(&["config", "merge.registry.driver"]), format!("{DRIVER}\n"));
}

fn letters_of_any_script_need_no_quotes() {
    let manifest = "modèles/模型.json";
    let repository = Repository::with_manifest("letters", manifest);
    repository.registry(&["-m", manifest, "git-setup"]);
    assert_eq!(
        repository.git(&["check-attr", "-z", "merge", "--", manifest]),
        format!("{manifest}\0merge\0registry\0")
    );
    let register = ["register", "m", "--version", "1", "--artifact-path", "s3://p"];
    repository.registry(&[&["-m", manifest][..], &register].concat());
    let status = repository.git(&["status", "--porcelain"]);
    assert!(!status.contains(".lock"), "{status}");
}

fn outside_a_repository_it_refuses() {
    let folder = sandbox("no-setup");
    for arguments in [&["git-setup"][..], &["git-setup", "--check"]] {
        let output = command(&folder, "registry").args(arguments).output().expect("registry runs");
        let (code, said) = failure(&output);
        assert!(code == 1 && said.contains("is not in a git repository"), "{said}");
    }
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 0);
}

fn a_linked_work_tree_is_a_clone_too() {
    let repository = Repository::new("work-tree");
    repository.git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = Repository { folder: repository.folder.with_file_name("linked") };
    linked.registry(&["git-setup"]);
    assert_eq!(linked.read(".gitattributes"), ATTRIBUTES);
    assert!(!repository.path(".gitattributes").exists());
    assert_eq!(repository.git(&["config", "merge.registry.driver"]), format!("{DRIVER}\n"));
}

fn a_driver_that_git_cannot_find_is_reported() {
    let repository = Repository::new("no-path");
    let binary = env!("CARGO_BIN_EXE_registry");
    let others = path_without_registry();
    let mut command = command(&repository.folder, binary);
    let output = command.env("PATH", others).arg("git-setup").output().expect("registry runs");
    assert!(stderr(&output).starts_with("warning: `registry` is not on the PATH"), "{output:?}");
    assert_eq!(stderr(&repository.try_registry(&["git-setup"])), "");
}

fn what_only_one_user_ignores_is_missing_all_the_same() {
    let repository = Repository::new("own-ignores");
    fs::write(repository.path(".git/own"), ".manifest.json.*\n").expect("a file");
    repository.git(&["config", "core.excludesFile", ".git/own"]);
    repository.registry(&["git-setup"]);
    assert_eq!(repository.read(".gitignore"), IGNORED);
}
