//! Branches on which the original Python tool saved the manifest, which removes what it does not
//! know. Each test was seen to fail before the merge restored that.

use std::fs;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, Repository, STAGING, stderr};
use crate::support::{Need, saved_by_the_original, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_merge_restores_what_one_side_lost,
        a_rebase_and_a_pick_restore_it,
        a_move_that_was_not_recorded_is_named_by_the_check,
        a_history_that_only_one_branch_touched_is_restored_by_hand,
    ]
}

/// A repository whose first version was rolled back to, with an alias, tags and a retired version.
fn recorded(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.registry(&["git-setup"]);
    repository.registry(&["promote", MODEL, STAGING, "--stage", "prod", "--by", "ada"]);
    repository.registry(&["rollback", MODEL, "--reason", "wrong features"]);
    repository.registry(&["retire", MODEL, "20251128T061502Z", "--reason", "leaked features"]);
    repository.registry(&["alias", MODEL, "champion", PROD]);
    repository.registry(&["describe", MODEL, PROD, "--tag", "review=done"]);
    fs::create_dir_all(repository.path("runs/1")).expect("a folder");
    fs::write(repository.path("runs/1/model.txt"), "trees").expect("an artifact");
    repository.registry(&["register", MODEL, "--version", "1", "--artifact-path", "runs/1"]);
    repository.commit("recorded");
    repository
}

fn save(repository: &Repository) {
    let text = saved_by_the_original(&repository.read(MANIFEST));
    fs::write(repository.path(MANIFEST), text).expect("the manifest");
}

/// A trainer on `trainer` saves the manifest with the original and adds a version, while `main`
/// promotes one.
fn diverged(name: &str) -> Repository {
    let repository = recorded(name);
    repository.git(&["checkout", "--quiet", "-b", "trainer"]);
    repository.register("trained");
    save(&repository);
    repository.commit("saved by the original");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.promote(NEWEST);
    repository
}

fn history(repository: &Repository, revision: &str) -> Vec<Value> {
    let json = repository.registry(&["--at", revision, "history", MODEL, "--json"]);
    let events: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    // Moves before the first event have no action.
    events.into_iter().filter(|event| !event["action"].is_null()).collect()
}

fn assert_restored(repository: &Repository, said: &str, side: &str, expected: &str) {
    let note = format!("note: {side} lost `history`, `aliases`");
    assert!(said.contains(&note), "{said}");
    let events = history(repository, "HEAD");
    assert_eq!(events, history(repository, expected));
    assert_eq!(events.len(), 6);
    for revision in [expected, "main~1"] {
        repository.registry(&["check", "--against", revision]);
    }
    let list = repository.registry(&["show", MODEL, "1", "--json"]);
    assert!(list.contains("artifact_digest"), "{list}");
    assert!(repository.registry(&["path", MODEL, "trained"]).contains("runs/trained"));
    let rolled_back = repository.try_registry(&["promote", MODEL, STAGING, "--stage", "prod"]);
    assert_eq!(rolled_back.status.code(), Some(4), "{rolled_back:?}");
    let retired =
        repository.try_registry(&["promote", MODEL, "20251128T061502Z", "--stage", "prod"]);
    assert!(stderr(&retired).contains("not retired"), "{retired:?}");
    assert!(repository.registry(&["path", MODEL, "@champion"]).contains(PROD));
}

fn a_merge_restores_what_one_side_lost() {
    for (into, from, side) in [("main", "trainer", "theirs"), ("trainer", "main", "ours")] {
        let repository = diverged(&format!("original-{into}"));
        let tip = repository.git(&["rev-parse", "main"]).trim().to_owned();
        repository.git(&["checkout", "--quiet", into]);
        let output = repository.try_git(&["merge", "--no-edit", from]);
        assert!(output.status.success(), "{output:?}");
        assert_restored(&repository, &stderr(&output), side, &tip);
    }
}

fn a_rebase_and_a_pick_restore_it() {
    for way in ["rebase", "cherry-pick"] {
        let repository = diverged(&format!("original-{way}"));
        let arguments = if way == "rebase" {
            repository.git(&["checkout", "--quiet", "trainer"]);
            ["rebase", "main"]
        } else {
            // One commit that adds a version and saves with the original.
            repository.git(&["checkout", "--quiet", "trainer"]);
            repository.git(&["reset", "--quiet", "--soft", "trainer~2"]);
            repository.commit("trained and saved");
            repository.git(&["checkout", "--quiet", "-B", "picked", "main"]);
            ["cherry-pick", "trainer"]
        };
        let output = repository.try_git(&arguments);
        assert!(output.status.success(), "{output:?}");
        assert_restored(&repository, &stderr(&output).replace('\r', "\n"), "theirs", "main");
    }
}

fn a_move_that_was_not_recorded_is_named_by_the_check() {
    let repository = diverged("original-moved");
    repository.git(&["checkout", "--quiet", "trainer"]);
    repository.registry(&["promote", MODEL, "trained", "--stage", "staging"]);
    save(&repository);
    repository.commit("promoted with the original");
    repository.git(&["checkout", "--quiet", "main"]);
    let output = repository.try_git(&["merge", "--no-edit", "trainer"]);
    assert!(output.status.success(), "{output:?}");
    let checked = repository.try_registry(&["check", "--against", "HEAD^1"]);
    assert_eq!(checked.status.code(), Some(4));
    let found = String::from_utf8(checked.stdout).expect("UTF-8");
    assert!(found.contains("to `trained`, but no event records it"), "{found}");
    assert!(!found.contains("history of model"), "{found}");
    repository.registry(&["check", "--against", "HEAD^1", "--allow-unrecorded-moves"]);
}

/// Git does not run a merge driver for a file that only one side changed.
fn a_history_that_only_one_branch_touched_is_restored_by_hand() {
    let repository = recorded("original-alone");
    let before = history(&repository, "HEAD");
    repository.git(&["checkout", "--quiet", "-b", "trainer"]);
    repository.register("trained");
    save(&repository);
    repository.commit("saved by the original");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", "something else"]);
    repository.git(&["merge", "--no-edit", "trainer"]);
    assert!(history(&repository, "HEAD").is_empty());
    let checked = repository.try_registry(&["check", "--against", "HEAD^1"]);
    let found = String::from_utf8(checked.stdout).expect("UTF-8");
    assert!(found.contains("the history of model `minutes_v1_lgbm` was removed"), "{found}");

    let text = repository.git(&["show", &format!("HEAD^1:{MANIFEST}")]);
    fs::write(repository.path("before.json"), text).expect("a file");
    let merged = repository.try_registry(&["merge", "before.json", MANIFEST, "before.json"]);
    assert!(merged.status.success(), "{merged:?}");
    assert!(stderr(&merged).contains("note: ours lost `history`"), "{merged:?}");
    repository.git(&["commit", "--quiet", "--all", "-m", "restored"]);
    assert_eq!(history(&repository, "HEAD"), before);
    repository.registry(&["check", "--against", "HEAD~1^1"]);
}
