//! Pull requests that hide a move from the gates, or change what no gate judges. Each test was seen to
//! fail before: the check reported no problem.

use std::fs;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::forged::{TAKEN, dropped, history, prune, remove, with_a_taken_run_id, with_policy};
use crate::replay::{assert_found, edit, event, forge, label, on_a_branch};
use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, STAGING, command};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        only_a_resolved_conflict_gives_up_moves,
        only_a_promotion_overrides_a_rollback,
        a_rollback_does_not_hide_a_promotion,
        moves_after_a_resolved_conflict_are_judged,
        a_promotion_time_is_that_of_a_new_move,
        a_retirement_needs_a_new_event,
        a_promotion_stays_behind_the_published_events,
        a_new_version_in_front_does_not_take_a_run_id,
        the_published_version_in_prod_is_not_removed,
        a_nearer_manifest_is_not_removed,
    ]
}

pub(crate) const STRICT: &str = "[prod]\nrequire = [\"val_rmse <= prod\"]\nforce = false\n";

fn version<'m>(model: &'m mut Value, name: &str) -> &'m mut Value {
    let versions = model["versions"].as_array_mut().expect("versions");
    versions.iter_mut().find(|version| version["version"] == name).expect("the version")
}

fn at(mut event: Value, minute: u32) -> Value {
    event["at"] = format!("2026-06-01T00:{minute:02}:00.000000+00:00").into();
    event
}

/// Undoes the published promotion of `STAGING` to prod, as if a conflict had given it up.
fn give_up(model: &mut Value) -> Value {
    model["current_staging"] = STAGING.into();
    model["current_prod"] = PROD.into();
    label(model, STAGING, "staging");
    version(model, STAGING)["promoted_at"] = "2025-12-12T07:31:20.118733+00:00".into();
    dropped(&history(model)[0])
}

/// Adds a move and what it leads to.
fn moved(model: &mut Value, event: Value) {
    let (name, to) = (event["version"].as_str().expect("a version"), &event["to"]);
    let time = event["at"].clone();
    for (pointer, stage) in [("current_prod", "prod"), ("current_staging", "staging")] {
        if *to == stage {
            model[pointer] = name.into();
        } else if model[pointer] == name {
            model[pointer] = Value::Null;
        }
    }
    label(model, name, to.as_str().expect("a stage"));
    version(model, name)["promoted_at"] = time;
    if event["action"] == "rollback" {
        label(model, event["replaced"].as_str().expect("a version"), "dev");
    }
    history(model).push(event);
}

fn only_a_resolved_conflict_gives_up_moves() {
    // `NEWEST` is better than `PROD`, and worse than the published `STAGING`.
    let repository = with_policy("note-gives-up", STRICT);
    edit(&repository, |model| {
        let given_up = give_up(model);
        moved(model, at(event("promote", NEWEST, "dev", "prod", Some(PROD)), 1));
        history(model).push(json!({
            "at": "2026-06-02T00:00:00.000000+00:00", "action": "describe", "version": NEWEST,
            "changed": ["description"], "by": "eve", "reason": null, "dropped": [given_up]
        }));
    });
    assert_found(&repository, &[], 4, &["contains `dropped`, which only another action records"]);
}

fn only_a_promotion_overrides_a_rollback() {
    let repository = on_a_branch("note-overrides");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.registry(&["rollback", MODEL]);
    repository.commit("a rollback");
    let note = json!({
        "at": "2026-06-01T00:00:00.000000+00:00", "action": "describe", "version": STAGING,
        "to": "prod", "changed": ["description"], "by": "eve", "reason": null, "unmet": ["not rolled back"]
    });
    repository.git(&["checkout", "--quiet", "-b", "note"]);
    edit(&repository, |model| history(model).push(note));
    assert_found(&repository, &[], 4, &["contains `to`, which only another action records"]);
    // Where it is published already.
    let promoted = repository.try_registry(&["promote", MODEL, STAGING, "--stage", "prod"]);
    assert_eq!(promoted.status.code(), Some(4), "{promoted:?}");
}

fn a_rollback_does_not_hide_a_promotion() {
    let repository = with_policy("hidden-by-rollback", STRICT);
    repository.registry(&["promote", MODEL, STAGING, "--stage", "dev"]);
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
    repository.registry(&["promote", MODEL, STAGING, "--stage", "prod"]);
    repository.registry(&["rollback", MODEL, "--to", NEWEST]);
    let message = "does not meet the gate of prod compared with what is published";
    assert_found(&repository, &[], 4, &["problem", message, "val_rmse <= prod"]);
    // A rollback to a version that was in production before is free.
    let repository = with_policy("rolled-back", STRICT);
    repository.registry(&["rollback", MODEL, "--to", PROD]);
    assert_found(&repository, &[], 0, &["No problems found"]);
}

fn moves_after_a_resolved_conflict_are_judged() {
    let repository = with_policy("after-resolve", STRICT);
    edit(&repository, |model| {
        let given_up = give_up(model);
        moved(model, at(event("promote", STAGING, "staging", "prod", Some(PROD)), 1));
        let last = history(model).last_mut().expect("an event");
        last["promoted_before"] = "2025-12-12T07:31:20.118733+00:00".into();
        let mut resolve = event("resolve", STAGING, "", "prod", Some(STAGING));
        resolve["from"] = Value::Null;
        resolve["dropped"] = json!([given_up]);
        history(model).push(at(resolve, 2));
        moved(model, at(event("promote", STAGING, "prod", "dev", None), 3));
        moved(model, at(event("promote", NEWEST, "dev", "prod", None), 4));
    });
    let message = "does not meet the gate of prod compared with what is published";
    assert_found(&repository, &[], 4, &["problem", message]);
}

fn a_promotion_time_is_that_of_a_new_move() {
    let repository = on_a_branch("earlier-time");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "staging"]);
    repository.commit("to staging");
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "dev"]);
    repository.commit("back to dev");
    repository.git(&["checkout", "--quiet", "-b", "earlier"]);
    edit(&repository, |model| {
        let at = history(model)[0]["promoted_before"].clone();
        assert!(at.is_string(), "{at}");
        version(model, STAGING)["promoted_at"] = at;
    });
    assert_found(&repository, &[], 4, &["`promoted_at` of version", "but no event records it"]);
}

fn a_retirement_needs_a_new_event() {
    let repository = on_a_branch("retired-again");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.registry(&["retire", MODEL, NEWEST, "--reason", "leaked features"]);
    repository.registry(&["retire", MODEL, NEWEST, "--undo"]);
    repository.commit("retired and restored");
    repository.git(&["checkout", "--quiet", "-b", "again"]);
    edit(&repository, |model| {
        let index = history(model).len() - 2;
        let retired = history(model)[index].clone();
        version(model, NEWEST)["retired"] =
            json!({"at": retired["at"], "by": retired["by"], "reason": retired["reason"]});
    });
    assert_found(&repository, &[], 4, &["`retired` of version", "but no event records it"]);
}

fn a_promotion_stays_behind_the_published_events() {
    let repository = on_a_branch("in-front");
    let promote = event("promote", NEWEST, "dev", "prod", Some(STAGING));
    edit(&repository, |model| forge(model, 0, promote.clone()));
    let expected = format!(
        "the current prod version of model `{MODEL}` is `{NEWEST}`, but `{STAGING}` according to the last \
         recorded move"
    );
    assert_found(&repository, &[], 4, &[&expected]);
    assert_found(&repository, &["--allow-unrecorded-moves"], 0, &[&expected]);
    // What is published in this way already is not reported again.
    repository.commit("in front");
    repository.git(&["branch", "--quiet", "--force", "main"]);
    repository.registry(&["describe", MODEL, "--description", "minutes"]);
    assert_found(&repository, &[], 0, &["No problems found"]);
}

fn a_new_version_in_front_does_not_take_a_run_id() {
    let in_front = |versions: &mut Vec<_>, hijack| versions.insert(0, hijack);
    let repository = with_a_taken_run_id("run-id-in-front", in_front);
    assert_found(&repository, &[], 4, &[TAKEN]);
}

fn the_published_version_in_prod_is_not_removed() {
    let repository = on_a_branch("removed-from-prod");
    repository.registry(&["promote", MODEL, STAGING, "--stage", "dev"]);
    edit(&repository, |model| {
        history(model).push(prune(STAGING));
        remove(model, STAGING);
    });
    let expected =
        format!("version `{STAGING}` of model `{MODEL}` was removed, and is the published");
    assert_found(&repository, &[], 4, &[&expected]);
}

fn a_nearer_manifest_is_not_removed() {
    let repository = on_a_branch("nearer");
    repository.git(&["checkout", "--quiet", "main"]);
    let nearer = repository.path("project").join(MANIFEST);
    fs::create_dir_all(nearer.parent().expect("a folder")).expect("a folder");
    fs::copy(repository.path(MANIFEST), &nearer).expect("the copy");
    repository.commit("a project in a folder");
    let check = || {
        let mut check = command(&repository.path("project"), "registry");
        check.args(["check", "--against", "main"]).output().expect("registry runs")
    };
    assert_eq!(check().status.code(), Some(0));
    fs::remove_file(nearer).expect("the manifest");
    let found = check();
    assert_eq!(found.status.code(), Some(4), "{found:?}");
    let expected = format!("problem: the published manifest `{MANIFEST}` was removed\n");
    assert_eq!(String::from_utf8_lossy(&found.stdout), expected);
}
