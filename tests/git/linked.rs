//! Links that a revision contains. Each test was seen to fail before: the check took the manifest or the
//! policy behind the link for a link that leads nowhere.

use std::fs;

use libtest_mimic::Trial;

use crate::replay::POLICY;
use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, Repository, stderr};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_published_folder_can_be_a_link,
        a_policy_behind_a_link_is_read,
        a_link_that_leads_nowhere_has_a_hint,
    ]
}

fn link(repository: &Repository, path: &str, target: &str) {
    let _ = fs::remove_file(repository.path(path));
    std::os::unix::fs::symlink(target, repository.path(path)).expect("a link");
}

/// A repository whose published folder of artifacts is a link.
fn linked(name: &str, target: &str) -> Repository {
    let repository = Repository::new(name);
    repository.git(&["mv", "artifacts", "real"]);
    link(&repository, "artifacts", target);
    repository.commit("a link");
    repository
}

fn a_published_folder_can_be_a_link() {
    for (index, target) in
        ["real", "./real", "././real/", "./real/.", "real/../real", "./hop"].into_iter().enumerate()
    {
        let repository = linked(&format!("linked-{index}"), target);
        link(&repository, "hop", "./real");
        repository.commit("another link");
        repository.passes("main");
        assert!(repository.registry(&["--at", "main", "production", MODEL]).contains(PROD));
        // The policy may be missing; a change is still found.
        let text = repository.read(MANIFEST).replace("3.6204", "3.1204");
        fs::write(repository.path(MANIFEST), text).expect("the manifest");
        let checked = repository.try_registry(&["check", "--against", "main"]);
        assert_eq!(checked.status.code(), Some(4), "{target}: {checked:?}");
    }
}

fn a_policy_behind_a_link_is_read() {
    for (index, target) in
        ["./policies/strict.toml", "../registry/./policies/strict.toml"].into_iter().enumerate()
    {
        let repository = linked(&format!("linked-policy-{index}"), "./real");
        let folder = repository.path("artifacts/registry/policies");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("strict.toml"), "[prod]\nrequire = [\"val_mae <= 3.0\"]\n")
            .expect("a policy");
        link(&repository, POLICY, target);
        repository.commit("a linked policy");
        repository.git(&["checkout", "--quiet", "-b", "change"]);
        let forced = ["--force", "--reason", "now"];
        repository
            .registry(&[&["promote", MODEL, NEWEST, "--stage", "prod"][..], &forced].concat());
        let checked = repository.try_registry(&["check", "--against", "main", "--no-forced"]);
        assert_eq!(checked.status.code(), Some(4), "{target}: {checked:?}");
    }
}

fn a_link_that_leads_nowhere_has_a_hint() {
    for (index, target) in ["./gone", "/gone", "../../outside", "artifacts"].into_iter().enumerate()
    {
        let repository = Repository::new(&format!("nowhere-{index}"));
        repository.git(&["mv", "artifacts", "real"]);
        link(&repository, "artifacts", target);
        repository.commit("a link");
        let checked =
            repository.try_registry(&["check", "--against", "main", "--allow-missing-base"]);
        assert_eq!(checked.status.code(), Some(3), "{target}: {checked:?}");
        let hint = "hint: list the links in the revision: git ls-tree -r main | grep ^120000\n";
        assert!(stderr(&checked).ends_with(hint), "{target}: {checked:?}");
    }
}
