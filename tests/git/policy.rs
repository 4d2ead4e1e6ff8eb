//! Pull requests that change which policy is read without a change of the policy that the check lists.
//! Where one names a hole, it was seen to fail before.

use std::fs;

use libtest_mimic::Trial;

use crate::evaded::STRICT;
use crate::forged::with_policy;
use crate::replay::{POLICY, assert_found};
use crate::support::{Need, trials};
#[cfg(unix)]
use crate::{
    replay::on_a_branch,
    repository::{MANIFEST, MODEL, NEWEST},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_policy_that_git_converts_is_a_problem,
        a_policy_that_cannot_be_read_is_not_an_empty_one,
        #[cfg(unix)]
        a_policy_that_a_link_replaced_is_a_problem,
        #[cfg(unix)]
        a_policy_beside_a_linked_manifest_is_judged,
    ]
}

fn a_policy_that_git_converts_is_a_problem() {
    let repository = with_policy("converted-policy", STRICT);
    let attributes = repository.read(".gitattributes");
    let line = format!("{attributes}{POLICY} working-tree-encoding=UTF-7\n");
    fs::write(repository.path(".gitattributes"), line).expect("a file");
    assert_found(&repository, &[], 4, &["git converts the policy", "working-tree-encoding=UTF-7"]);
}

fn a_policy_that_cannot_be_read_is_not_an_empty_one() {
    let repository = with_policy("broken-policy", STRICT);
    fs::write(repository.path(POLICY), "[prod]\nrequire = 5\n").expect("a file");
    assert_found(&repository, &[], 4, &["policy.toml"]);
    // Published in spite of the check: no later change passes, not even the one that repairs it.
    repository.commit("a broken policy");
    repository.git(&["branch", "--quiet", "--force", "main"]);
    fs::write(repository.path(POLICY), STRICT).expect("a file");
    assert_found(&repository, &[], 1, &["policy.toml"]);
}

#[cfg(unix)]
fn a_policy_that_a_link_replaced_is_a_problem() {
    let expected = format!("problem: `{POLICY}` was replaced by a link to `../copy.toml`");
    for (name, policy) in [("linked-policy", Some(STRICT)), ("new-linked-policy", None)] {
        let repository = match policy {
            Some(policy) => with_policy(name, policy),
            None => on_a_branch(name),
        };
        fs::write(repository.path("artifacts/copy.toml"), STRICT).expect("the copy");
        let _ = fs::remove_file(repository.path(POLICY));
        std::os::unix::fs::symlink("../copy.toml", repository.path(POLICY)).expect("a link");
        assert_found(&repository, &[], 4, &[&expected]);
        // A published link stays.
        repository.commit("a link");
        repository.git(&["branch", "--quiet", "--force", "main"]);
        assert_found(&repository, &[], 0, &["No problems found"]);
    }
}

#[cfg(unix)]
fn a_policy_beside_a_linked_manifest_is_judged() {
    let repository = on_a_branch("linked-manifest");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["mv", MANIFEST, "artifacts/real.json"]);
    std::os::unix::fs::symlink("../real.json", repository.path(MANIFEST)).expect("a link");
    fs::write(repository.path("artifacts/policy.toml"), "[prod]\nrequire = [\"val_mae <= 3.0\"]\n")
        .expect("a policy");
    repository.commit("a linked manifest");
    repository.git(&["checkout", "--quiet", "-b", "linked"]);
    let promote = ["promote", MODEL, NEWEST, "--stage", "prod"];
    assert_eq!(repository.try_registry(&promote).status.code(), Some(4));
    repository.registry(&[&promote[..], &["--force", "--reason", "now"]].concat());
    assert_found(&repository, &["--no-forced"], 4, &["problem", "overrode `val_mae <= 3.0`"]);
}
