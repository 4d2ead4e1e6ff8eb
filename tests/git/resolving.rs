//! Conflicts that are resolved for one side, and what the history and a rollback make of them. Each
//! test was seen to fail before `resolve`: a rollback went to the version that never served.

use std::fs;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, Repository, STAGING, stderr};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        either_side_passes_the_check_and_rolls_back_to_what_served,
        the_hint_of_a_conflict_resolves_it,
        without_a_conflict_there_is_nothing_to_resolve,
        markers_are_resolved_from_what_git_keeps,
        one_model_is_resolved_at_a_time,
        a_resolved_conflict_that_hides_a_move_is_a_problem,
        an_alias_that_both_sides_set_can_be_resolved,
        a_rollback_that_was_given_up_still_holds_its_version,
        one_name_for_two_versions_keeps_one_side_whole,
    ]
}

/// A merge of `main`, which serves STAGING, into `change`, which serves NEWEST. Both passed gates
/// that compare with what was in production, and let a version come from staging only.
fn conflicted(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.registry(&["git-setup"]);
    let policy = "[prod]\nfrom = \"staging\"\nrequire = [\"val_mae < prod\"]\n";
    fs::write(repository.path("artifacts/registry/policy.toml"), policy).expect("a policy");
    repository.commit("setup");
    repository.git(&["checkout", "--quiet", "-b", "change"]);
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "staging"]);
    repository.promote(NEWEST);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.promote(STAGING);
    repository.git(&["checkout", "--quiet", "change"]);
    assert_eq!(repository.try_git(&["merge", "main"]).status.code(), Some(1));
    repository
}

fn history(repository: &Repository) -> Vec<Value> {
    serde_json::from_str(&repository.registry(&["history", MODEL, "--json"])).expect("JSON")
}

fn either_side_passes_the_check_and_rolls_back_to_what_served() {
    for (side, kept, given_up) in [("--ours", NEWEST, STAGING), ("--theirs", STAGING, NEWEST)] {
        let repository = conflicted(&format!("resolve{side}"));
        let said = repository.registry(&["resolve", MODEL, side, "--reason", "agreed"]);
        assert!(said.contains(&format!("`{given_up}` to prod does not take effect")), "{said}");
        assert!(said.contains(&format!("git add {MANIFEST}")), "{said}");
        repository.git(&["add", MANIFEST]);
        repository.git(&["commit", "--quiet", "--no-edit"]);
        for revision in ["main", "HEAD^1", "HEAD"] {
            repository.passes(revision);
        }
        repository.registry(&["check"]);

        let events = history(&repository);
        let dropped = |event: &&Value| event["lost"] == true;
        let dropped: Vec<_> = events.iter().filter(dropped).collect();
        assert!(!dropped.is_empty() && dropped.iter().all(|e| e["version"] == given_up), "{side}");
        let last = events.last().expect("an event");
        assert_eq!((&last["action"], &last["version"]), (&"resolve".into(), &kept.into()));
        let table = repository.registry(&["history", MODEL]);
        assert!(table.contains("(lost)"), "{table}");

        let versions: Vec<Value> =
            serde_json::from_str(&repository.registry(&["list", MODEL, "--json"])).expect("JSON");
        let loser = versions.iter().find(|row| row["version"] == given_up).expect("it");
        assert_ne!(loser["stage"], "prod", "{side}");
        repository.registry(&["rollback", MODEL]);
        let serving = repository.registry(&["production", MODEL]);
        assert!(serving.contains(PROD), "{side}: {serving}");
        repository.passes("main");
    }
}

fn the_hint_of_a_conflict_resolves_it() {
    let repository = conflicted("resolve-hint");
    repository.git(&["merge", "--abort"]);
    let said = stderr(&repository.try_git(&["merge", "main"]));
    for side in ["theirs", "ours"] {
        let hint = format!("hint: choose {side}: registry resolve {MODEL} --{side}\n");
        assert!(said.contains(&hint), "{said}");
    }
}

fn without_a_conflict_there_is_nothing_to_resolve() {
    let repository = Repository::new("resolve-nothing");
    let before = repository.read(MANIFEST);
    let output = repository.try_registry(&["resolve", "--ours"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("no unresolved conflict"), "{output:?}");
    assert_eq!(repository.read(MANIFEST), before);
}

fn markers_are_resolved_from_what_git_keeps() {
    let repository = conflicted("resolve-markers");
    repository.git(&["merge", "--abort"]);
    repository.git(&["config", "merge.registry.driver", "false"]);
    fs::write(repository.path(".gitattributes"), "").expect("a file");
    repository.commit("no driver");
    assert_eq!(repository.try_git(&["merge", "main"]).status.code(), Some(1));
    assert!(repository.read(MANIFEST).contains("<<<<<<<"));
    repository.registry(&["resolve", "--theirs"]);
    let serving = repository.registry(&["production", MODEL]);
    assert!(serving.contains(STAGING), "{serving}");
    repository.passes("main");
}

fn one_model_is_resolved_at_a_time() {
    let repository = Repository::new("resolve-models");
    repository.registry(&["git-setup"]);
    repository.registry(&["register", "two", "--version", "a", "--artifact-path", "runs/a"]);
    repository.registry(&["register", "two", "--version", "b", "--artifact-path", "runs/b"]);
    repository.commit("setup");
    repository.git(&["branch", "change"]);
    for (branch, version, other) in [("change", NEWEST, "a"), ("main", STAGING, "b")] {
        repository.git(&["checkout", "--quiet", branch]);
        repository.registry(&["promote", "two", other, "--stage", "prod"]);
        repository.promote(version);
    }
    repository.git(&["checkout", "--quiet", "change"]);
    assert_eq!(repository.try_git(&["merge", "main"]).status.code(), Some(1));
    repository.registry(&["resolve", "two", "--theirs"]);
    repository.registry(&["resolve", MODEL, "--ours"]);
    assert_eq!(repository.registry(&["production", "two"]), "runs/b\n");
    assert!(repository.registry(&["production", MODEL]).contains(NEWEST));
    repository.passes("main");
}

fn a_resolved_conflict_that_hides_a_move_is_a_problem() {
    let repository = conflicted("resolve-forged");
    repository.registry(&["resolve", "--ours"]);
    repository.git(&["add", MANIFEST]);
    repository.git(&["commit", "--quiet", "--no-edit"]);
    let whole = repository.read(MANIFEST);
    for (from, to) in [
        // Another version than the moves lead to, and a stage that nobody knows.
        (
            "\"action\": \"resolve\",\n          \"version\": \"20251214T061411Z\"",
            "\"action\": \"resolve\",\n          \"version\": \"20251212T061455Z\"",
        ),
        ("\"action\": \"resolve\"", "\"action\": \"settle\""),
    ] {
        assert!(whole.contains(from), "{whole}");
        fs::write(repository.path(MANIFEST), whole.replacen(from, to, 1)).expect("the manifest");
        let output = repository.try_registry(&["check", "--against", "main"]);
        assert_eq!(output.status.code(), Some(4), "{output:?}");
    }
}

fn a_rollback_that_was_given_up_still_holds_its_version() {
    let repository = Repository::new("resolve-rollback");
    repository.registry(&["git-setup"]);
    repository.promote(STAGING);
    repository.git(&["checkout", "--quiet", "-b", "change"]);
    repository.promote(NEWEST);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.registry(&["rollback", MODEL, "--reason", "wrong features"]);
    repository.commit("rolled back");
    repository.git(&["checkout", "--quiet", "change"]);
    assert_eq!(repository.try_git(&["merge", "main"]).status.code(), Some(1));
    repository.registry(&["resolve", "--ours"]);
    repository.git(&["add", MANIFEST]);
    repository.git(&["commit", "--quiet", "--no-edit"]);
    repository.passes("main");
    let promote = ["promote", MODEL, STAGING, "--stage", "prod"];
    let refused = repository.try_registry(&promote);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    // A rollback does not go back to it either.
    repository.registry(&["rollback", MODEL]);
    let serving = repository.registry(&["production", MODEL]);
    assert!(serving.contains(PROD), "{serving}");
}

fn one_name_for_two_versions_keeps_one_side_whole() {
    let repository = Repository::new("resolve-one-name");
    repository.registry(&["git-setup"]);
    repository.commit("setup");
    let register = |mae: &str| {
        let (mae, only) = (format!("val_mae={mae}"), format!("only_{}=1", &mae[..1]));
        let register = ["register", MODEL, "--version", "v", "--artifact-path", "runs/v"];
        repository.registry(&[&register[..], &["--metric", &mae, "--metric", &only]].concat());
    };
    repository.git(&["checkout", "--quiet", "-b", "change"]);
    register("9.5");
    repository.commit("one");
    repository.git(&["checkout", "--quiet", "main"]);
    register("3.1");
    repository.promote("v");
    repository.git(&["checkout", "--quiet", "change"]);
    assert_eq!(repository.try_git(&["merge", "main"]).status.code(), Some(1));
    let show = || -> Value {
        serde_json::from_str(&repository.registry(&["show", MODEL, "v", "--json"])).expect("JSON")
    };
    // Neither the metrics of both, nor the promotion of one with the metrics of the other.
    let ours = show();
    assert_eq!(ours["metrics"].as_object().expect("metrics").len(), 2, "{ours}");
    assert_eq!((&ours["metrics"]["val_mae"], &ours["stage"]), (&9.5.into(), &"dev".into()));
    assert!(repository.registry(&["production", MODEL]).contains(PROD));
    repository.registry(&["resolve", "--theirs"]);
    let theirs = show();
    assert_eq!(theirs["metrics"].as_object().expect("metrics").len(), 2, "{theirs}");
    assert_eq!((&theirs["metrics"]["val_mae"], &theirs["stage"]), (&3.1.into(), &"prod".into()));
    repository.passes("main");
}

fn an_alias_that_both_sides_set_can_be_resolved() {
    for (side, expected) in [("--ours", NEWEST), ("--theirs", STAGING)] {
        let repository = Repository::new(&format!("alias{side}"));
        repository.registry(&["git-setup"]);
        repository.commit("set up");
        repository.git(&["checkout", "--quiet", "-b", "change"]);
        repository.registry(&["alias", MODEL, "best", NEWEST]);
        repository.commit("the newest is best");
        repository.git(&["checkout", "--quiet", "main"]);
        repository.registry(&["alias", MODEL, "best", PROD]);
        repository.registry(&["alias", MODEL, "best", STAGING]);
        repository.commit("another one is best");
        repository.git(&["checkout", "--quiet", "change"]);
        assert!(!repository.try_git(&["merge", "--quiet", "main"]).status.success());
        repository.registry(&["resolve", MODEL, side, "--by", "ada"]);
        repository.commit("merged");
        // Each side passes the check against both.
        for revision in ["main", "change~1"] {
            repository.passes(revision);
        }
        assert!(repository.registry(&["show", MODEL, "@best"]).contains(expected));
    }
}
