//! Branches that merged each other, so that git finds two merge bases.

use libtest_mimic::Trial;

use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, Repository, STAGING, stderr};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_rollback_of_one_branch_holds_after_a_criss_cross,
        a_rollback_holds_when_the_other_branch_promoted_the_version_again,
        events_of_both_branches_survive_a_criss_cross,
    ]
}

fn ready(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.registry(&["git-setup"]);
    repository.promote(STAGING);
    repository.git(&["branch", "other"]);
    repository
}

/// Merges into a branch. A conflict is resolved for a side.
fn merge(repository: &Repository, into: &str, from: &str, side: &str) -> bool {
    repository.git(&["checkout", "--quiet", into]);
    let output = repository.try_git(&["merge", "--no-edit", from]);
    if output.status.success() {
        return false;
    }
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    repository.registry(&["resolve", side]);
    repository.git(&["add", MANIFEST]);
    repository.git(&["commit", "--quiet", "--no-edit"]);
    true
}

/// Each branch merges the other one as it was, then `other` is merged into `main`.
fn criss_cross(repository: &Repository, sides: [&str; 3]) -> [bool; 3] {
    repository.git(&["branch", "main-before", "main"]);
    let first = merge(repository, "main", "other", sides[0]);
    let second = merge(repository, "other", "main-before", sides[1]);
    for branch in ["main", "other"] {
        repository.git(&["checkout", "--quiet", branch]);
        repository.register(&format!("on-{branch}"));
    }
    let bases = repository.git(&["merge-base", "--all", "main", "other"]);
    assert_eq!(bases.lines().count(), 2, "{bases}");
    [first, second, merge(repository, "main", "other", sides[2])]
}

/// A version that was rolled back comes back to prod only if that is forced.
fn assert_held(repository: &Repository, version: &str) {
    let back = repository.try_registry(&["rollback", MODEL, "--to", version]);
    assert_eq!(back.status.code(), Some(4), "{back:?}");
    assert!(stderr(&back).contains("was rolled back"), "{back:?}");
    assert!(stderr(&back).contains("--force"), "{back:?}");
    let promote = ["promote", MODEL, version, "--stage", "prod"];
    let refused = repository.try_registry(&promote);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    assert!(stderr(&refused).contains("not rolled back"), "{refused:?}");
    repository.registry(&[&promote[..], &["--force", "--reason", "fixed"]].concat());
}

fn a_rollback_of_one_branch_holds_after_a_criss_cross() {
    let repository = ready("criss-cross-rollback");
    repository.registry(&["rollback", MODEL, "--reason", "wrong features"]);
    repository.commit("rolled back");
    repository.git(&["checkout", "--quiet", "other"]);
    repository.register("unrelated");
    assert_eq!(criss_cross(&repository, ["--ours"; 3]), [false; 3]);
    repository.passes("HEAD^1");
    repository.passes("HEAD^2");
    repository.promote(NEWEST);
    assert_held(&repository, STAGING);
}

fn a_rollback_holds_when_the_other_branch_promoted_the_version_again() {
    for sides in [["--ours", "--ours", "--ours"], ["--theirs", "--theirs", "--theirs"]] {
        let repository = ready(&format!("criss-cross-again{}", sides[0]));
        repository.promote(NEWEST);
        repository.registry(&["rollback", MODEL, "--reason", "wrong features"]);
        repository.commit("rolled back");
        repository.git(&["checkout", "--quiet", "other"]);
        repository.promote(NEWEST);
        criss_cross(&repository, sides);
        if repository.registry(&["production", MODEL]).contains(NEWEST) {
            repository.promote(PROD);
        }
        assert_held(&repository, NEWEST);
    }
}

fn events_of_both_branches_survive_a_criss_cross() {
    let repository = ready("criss-cross-events");
    repository.registry(&["alias", MODEL, "champion", PROD]);
    repository.promote(NEWEST);
    repository.git(&["checkout", "--quiet", "other"]);
    repository.registry(&["describe", MODEL, "--tag", "owner=ada"]);
    repository.registry(&["retire", MODEL, "20251128T061502Z", "--reason", "leaked features"]);
    repository.commit("retired");
    assert_eq!(criss_cross(&repository, ["--ours"; 3]), [false; 3]);
    repository.passes("HEAD^1");
    repository.passes("HEAD^2");
    let json = repository.registry(&["history", MODEL, "--json"]);
    let events: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    let recorded: Vec<_> = events.iter().filter_map(|event| event["action"].as_str()).collect();
    assert_eq!(recorded.len(), 5, "{recorded:?}");
    for action in ["promote", "alias", "describe", "retire"] {
        assert!(recorded.contains(&action), "{recorded:?}");
    }
}
