//! Pull requests whose moves are not what they claim. Each test was seen to fail before moves were
//! replayed.

use std::fs;
use std::process::Output;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::repository::{MANIFEST, MODEL, NEWEST, PROD, Repository, STAGING, stderr};
use crate::support::{Need, trials};

/// The policy beside the manifest.
pub(crate) const POLICY: &str = "artifacts/registry/policy.toml";

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        recorded_moves_explain_a_manifest,
        a_pointer_that_no_event_explains_is_a_problem,
        a_label_that_no_event_explains_is_a_problem,
        without_a_base_the_last_moves_explain_a_model,
        an_event_that_does_not_fit_is_a_problem,
        a_backdated_event_is_replayed_after_the_published_ones,
        published_events_stay_in_their_order,
        a_move_is_judged_by_the_published_policy,
        a_relative_rule_is_judged_against_the_model_at_that_point,
        a_forced_move_is_a_warning_with_who_and_why,
        a_gate_can_forbid_force,
        a_policy_that_is_named_is_read_at_the_revision,
        a_change_of_the_policy_is_listed,
        a_removed_history_is_named,
        branches_that_merge_without_a_conflict_are_explained,
        both_branches_may_make_the_same_move,
    ]
}

/// A work tree on a branch of its own, whose published manifest has one recorded move.
pub(crate) fn on_a_branch(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.registry(&["git-setup"]);
    repository.registry(&["promote", MODEL, STAGING, "--stage", "prod", "--by", "ada"]);
    // Numbers as `edit` writes them.
    edit(&repository, |_| ());
    repository.commit("a recorded move");
    repository.git(&["checkout", "--quiet", "-b", "change"]);
    repository
}

pub(crate) fn edit(repository: &Repository, change: impl FnOnce(&mut Value)) {
    let mut manifest: Value = serde_json::from_str(&repository.read(MANIFEST)).expect("JSON");
    change(&mut manifest["models"][MODEL]);
    let text = serde_json::to_string_pretty(&manifest).expect("JSON");
    fs::write(repository.path(MANIFEST), text).expect("the manifest");
}

pub(crate) fn label(model: &mut Value, version: &str, stage: &str) {
    let versions = model["versions"].as_array_mut().expect("versions");
    let found = versions.iter_mut().find(|found| found["version"] == version);
    found.expect("the version")["stage"] = stage.into();
}

fn check(repository: &Repository, options: &[&str]) -> (i32, String) {
    let output: Output =
        repository.try_registry(&[&["check", "--against", "main"], options].concat());
    let found = String::from_utf8(output.stdout.clone()).expect("UTF-8") + &stderr(&output);
    (output.status.code().expect("an exit code"), found)
}

#[track_caller]
pub(crate) fn assert_found(
    repository: &Repository,
    options: &[&str],
    code: i32,
    messages: &[&str],
) {
    let (found_code, found) = check(repository, options);
    for message in messages {
        assert!(found.contains(message), "{message}: {found}");
    }
    assert_eq!(found_code, code, "{found}");
}

fn recorded_moves_explain_a_manifest() {
    let repository = on_a_branch("explained");
    for arguments in [
        &["promote", MODEL, NEWEST, "--stage", "staging"][..],
        &["promote", MODEL, NEWEST, "--stage", "prod", "--reason", "better"],
        &["rollback", MODEL],
        &["promote", MODEL, PROD, "--stage", "dev"],
        &["register", "new", "--version", "1", "--artifact-path", "runs/1"],
        &["promote", "new", "1", "--stage", "prod"],
        &["alias", MODEL, "champion", NEWEST],
        &["alias", MODEL, "champion", PROD],
        &["describe", MODEL, NEWEST, "--description", "better"],
        &["retire", MODEL, "20251128T061502Z", "--reason", "leaked features"],
    ] {
        repository.registry(arguments);
        assert_found(&repository, &[], 0, &["No problems found"]);
    }
    // Removed versions are a warning if the event fits, and a problem if it does not.
    repository.registry(&["prune", MODEL, "--keep", "1", "--past"]);
    assert_found(&repository, &[], 0, &["removed 1 version of model `minutes_v1_lgbm`"]);
    edit(&repository, |model| model["aliases"]["champion"] = STAGING.into());
    assert_found(&repository, &[], 4, &["the aliases of model `minutes_v1_lgbm` changed"]);
}

fn a_pointer_that_no_event_explains_is_a_problem() {
    let repository = on_a_branch("pointer");
    edit(&repository, |model| {
        model["current_prod"] = NEWEST.into();
        label(model, NEWEST, "prod");
    });
    let expected = [
        format!("from `{STAGING}` to `{NEWEST}`, but no event records it"),
        format!("version `{NEWEST}` of model `{MODEL}` has stage prod"),
    ];
    let expected = expected.each_ref().map(String::as_str);
    assert_found(&repository, &[], 4, &expected);
    assert_found(&repository, &["--allow-unrecorded-moves"], 0, &expected);
}

fn a_label_that_no_event_explains_is_a_problem() {
    let repository = on_a_branch("label");
    edit(&repository, |model| label(model, NEWEST, "prod"));
    assert_found(&repository, &[], 4, &["has stage prod, but dev according to its events"]);
}

fn without_a_base_the_last_moves_explain_a_model() {
    let repository = on_a_branch("last-moves");
    assert_eq!(repository.registry(&["check"]), "[registry] No problems found\n");
    edit(&repository, |model| model["current_prod"] = PROD.into());
    let output = repository.try_registry(&["check"]);
    assert_eq!(output.status.code(), Some(4));
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(found.contains("according to the last recorded move"), "{found}");
    repository.registry(&["check", "--allow-unrecorded-moves"]);
}

pub(crate) fn event(
    action: &str,
    version: &str,
    from: &str,
    to: &str,
    replaced: Option<&str>,
) -> Value {
    json!({
        "at": "2026-06-01T00:00:00.000000+00:00", "action": action, "version": version,
        "from": from, "to": to, "replaced": replaced, "by": "eve", "reason": null
    })
}

/// Adds an event at a place of the history, and what it claims to have done.
pub(crate) fn forge(model: &mut Value, place: usize, event: Value) {
    model["current_prod"] = event["version"].clone();
    let version = event["version"].as_str().expect("a version").to_owned();
    if event["to"].is_string() {
        label(model, &version, "prod");
    }
    let versions = model["versions"].as_array_mut().expect("versions");
    if let Some(found) = versions.iter_mut().find(|found| found["version"] == *version) {
        found["promoted_at"] = event["at"].clone();
    }
    model["history"].as_array_mut().expect("a history").insert(place, event);
}

fn an_event_that_does_not_fit_is_a_problem() {
    let repository = on_a_branch("misfit");
    let published = repository.read(MANIFEST);
    for (forged, message) in [
        (event("promote", NEWEST, "staging", "prod", Some(STAGING)), "was in dev, not staging"),
        (event("promote", NEWEST, "dev", "prod", Some(PROD)), "was current there, not"),
        (event("promote", NEWEST, "dev", "prod", None), "was current there, not none"),
        (event("rollback", NEWEST, "dev", "prod", Some(STAGING)), "was not in production before"),
        (event("demote", NEWEST, "dev", "prod", Some(STAGING)), "unknown action"),
    ] {
        fs::write(repository.path(MANIFEST), &published).expect("the manifest");
        edit(&repository, |model| forge(model, 1, forged));
        assert_found(&repository, &["--allow-unrecorded-moves"], 4, &[message]);
    }
}

fn a_backdated_event_is_replayed_after_the_published_ones() {
    let repository = on_a_branch("backdated");
    // In front of the published move this event would fit.
    let mut backdated = event("promote", NEWEST, "dev", "prod", Some(PROD));
    backdated["at"] = "2025-12-20T00:00:00.000000+00:00".into();
    edit(&repository, |model| {
        model["history"].as_array_mut().expect("a history").insert(0, backdated);
    });
    assert_found(&repository, &[], 4, &["does not fit"]);
}

fn published_events_stay_in_their_order() {
    let repository = on_a_branch("order");
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "staging"]);
    repository.commit("another move");
    repository.git(&["branch", "--force", "main"]);
    edit(&repository, |model| model["history"].as_array_mut().expect("a history").reverse());
    assert_found(&repository, &[], 4, &["are in another order"]);
}

fn a_move_is_judged_by_the_published_policy() {
    let repository = on_a_branch("gate");
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(repository.path(POLICY), "[prod]\nrequire = [\"val_mae <= 3.0\"]\n").expect("a file");
    repository.commit("a policy");
    repository.git(&["checkout", "--quiet", "-b", "loosened"]);
    fs::write(repository.path(POLICY), "[prod]\nrequire = [\"val_mae <= 9.0\"]\n").expect("a file");
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
    let expected = [
        "does not meet the published policy: `val_mae <= 3.0`",
        "RULE",
        "the policy changed: prod.require: `val_mae <= 3.0` -> nothing",
    ];
    assert_found(&repository, &[], 4, &expected);
    // A claim that other rules were overridden does not hide this one.
    edit(&repository, |model| {
        let last = model["history"].as_array_mut().expect("a history").last_mut().expect("one");
        last["forced"] = true.into();
        last["unmet"] = json!(["val_mae <= 2.0"]);
        last["reason"] = "urgent".into();
    });
    assert_found(&repository, &[], 4, &expected[..1]);
}

fn a_relative_rule_is_judged_against_the_model_at_that_point() {
    let repository = on_a_branch("relative");
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(repository.path(POLICY), "[prod]\nrequire = [\"val_mae <= prod\"]\n")
        .expect("a file");
    repository.commit("a policy");
    repository.git(&["checkout", "--quiet", "-b", "better"]);
    // The newest is better than what is in production, and not better than itself less a bit.
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
    assert_found(&repository, &[], 0, &["No problems found"]);
    let mut worse = event("promote", STAGING, "prod", "prod", Some(NEWEST));
    worse["at"] = "2099-01-01T00:00:00.000000+00:00".into();
    edit(&repository, |model| forge(model, 2, worse));
    assert_found(&repository, &[], 4, &["does not meet the published policy: `val_mae <= prod`"]);
}

fn a_forced_move_is_a_warning_with_who_and_why() {
    let repository = on_a_branch("forced");
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(repository.path(POLICY), "[prod]\nrequire = [\"val_mae <= 3.0\"]\n").expect("a file");
    repository.commit("a policy");
    repository.git(&["checkout", "--quiet", "-b", "urgent"]);
    let promote = ["promote", MODEL, NEWEST, "--stage", "prod", "--force", "--by", "grace"];
    repository.registry(&[&promote[..], &["--reason", "the season starts"]].concat());
    let expected = ["warning", "overrode `val_mae <= 3.0` (grace: the season starts"];
    assert_found(&repository, &[], 0, &expected);
    assert_found(&repository, &["--no-forced"], 4, &["problem", expected[1]]);
    // An event that claims that all rules were met.
    edit(&repository, |model| {
        let last = model["history"].as_array_mut().expect("a history").last_mut().expect("one");
        last.as_object_mut().expect("an event").retain(|key, _| key != "forced" && key != "unmet");
    });
    assert_found(&repository, &[], 4, &["does not meet the published policy"]);
}

fn a_gate_can_forbid_force() {
    let repository = on_a_branch("no-force");
    repository.git(&["checkout", "--quiet", "main"]);
    let policy = "[prod]\nrequire = [\"val_mae <= 3.0\"]\nforce = false\n";
    fs::write(repository.path(POLICY), policy).expect("a file");
    repository.commit("a policy");
    let promote =
        ["promote", MODEL, NEWEST, "--stage", "prod", "--force", "--reason", "the season starts"];
    let refused = repository.try_registry(&promote);
    assert_eq!(refused.status.code(), Some(4));
    assert!(stderr(&refused).contains("the policy forbids --force"), "{}", stderr(&refused));
    repository.git(&["checkout", "--quiet", "-b", "forced"]);
    fs::write(repository.path(POLICY), policy.replace("force = false", "")).expect("a file");
    repository.registry(&promote);
    let expected = ["which the published policy forbids", "the policy changed: prod.force"];
    assert_found(&repository, &[], 4, &expected);
}

fn a_policy_that_is_named_is_read_at_the_revision() {
    let repository = on_a_branch("named-policy");
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(repository.path("gates.toml"), "[prod]\nrequire = [\"val_mae <= 3.0\"]\n")
        .expect("a file");
    repository.commit("a policy");
    repository.git(&["checkout", "--quiet", "-b", "loosened"]);
    fs::write(repository.path("gates.toml"), "").expect("a file");
    repository.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
    let policy = ["--policy", "gates.toml"];
    assert_found(&repository, &policy, 4, &["does not meet the published policy"]);
    fs::write(repository.path("other.toml"), "").expect("a file");
    assert_found(&repository, &["--policy", "other.toml"], 3, &["is not in revision `main`"]);
}

fn a_change_of_the_policy_is_listed() {
    let repository = on_a_branch("policy-diff");
    fs::write(repository.path(POLICY), "[staging]\nreason = true\n").expect("a file");
    let expected = "staging.reason: `false` -> `true`";
    assert_found(&repository, &[], 0, &[expected]);
    assert!(repository.registry(&["diff", "main"]).contains(expected));
    let json = repository.registry(&["diff", "main", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["policy"][0]["place"], "staging.reason");
}

fn a_removed_history_is_named() {
    let repository = on_a_branch("removed");
    edit(&repository, |model| drop(model.as_object_mut().expect("a model").remove("history")));
    assert_found(
        &repository,
        &[],
        4,
        &[
            "the history of model `minutes_v1_lgbm` was removed; a tool that does not know it rewrote \
           the file",
        ],
    );
}

/// Moves on `main` and on `change`, which are merged into `change` without a conflict.
fn merged(name: &str, main: &[&[&str]], change: &[&[&str]]) -> Repository {
    let repository = on_a_branch(name);
    for (branch, moves) in [("change", change), ("main", main)] {
        repository.git(&["checkout", "--quiet", branch]);
        for arguments in moves {
            repository.registry(arguments);
        }
        repository.commit("moves");
    }
    repository.git(&["checkout", "--quiet", "change"]);
    let mut merge = crate::repository::command(&repository.folder, "git");
    let output = merge.args(["merge", "--quiet", "main"]).output();
    let output = output.expect("git runs");
    assert!(output.status.success(), "{output:?}");
    repository
}

fn branches_that_merge_without_a_conflict_are_explained() {
    let repository = merged(
        "merged",
        &[&["promote", MODEL, PROD, "--stage", "dev"]],
        &[&["promote", MODEL, NEWEST, "--stage", "staging"]],
    );
    assert_found(&repository, &[], 0, &["No problems found"]);
}

fn both_branches_may_make_the_same_move() {
    let to_prod: &[&str] = &["promote", MODEL, NEWEST, "--stage", "prod"];
    let through_staging: &[&str] = &["promote", MODEL, NEWEST, "--stage", "staging"];
    let repository = merged("same", &[to_prod], &[to_prod]);
    assert_found(&repository, &[], 0, &["No problems found"]);
    let repository = merged("same-through", &[to_prod], &[through_staging, to_prod]);
    assert_found(&repository, &[], 0, &["No problems found"]);
}
