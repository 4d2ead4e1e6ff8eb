//! Pull requests that forge events, or combine moves, to get around what a check judges. Each test
//! was seen to fail before: the check reported no problem, or only a warning.

use std::fs;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::replay::{POLICY, assert_found, edit, event, forge, label, on_a_branch};
use crate::repository::{
    MANIFEST, MODEL, NEWEST, PROD, Repository, STAGING, command as command_in, stderr, stdout,
};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        an_event_that_is_not_a_move_cannot_be_given_up,
        a_move_is_given_up_only_for_another_one,
        a_conflict_gives_up_only_recorded_moves,
        a_gate_that_forbids_force_holds_for_resolved_conflicts,
        a_version_that_an_event_removed_is_gone,
        a_prune_of_what_must_be_kept_is_a_problem,
        published_versions_stay_in_their_order,
        a_worse_version_after_a_rollback_or_a_demotion_is_reported,
        an_override_names_rules,
        a_promotion_before_the_history_is_not_invented,
        a_move_is_recorded_once,
        a_version_is_named_and_not_referred_to,
        a_blank_reason_is_none,
        a_verified_artifact_has_a_digest,
        keys_of_other_tools_in_a_published_version_stay,
        a_file_that_git_converts_is_a_problem,
        a_version_does_not_take_the_run_id_of_another_one,
        a_lost_history_is_restored_against_the_revision_that_had_it,
        #[cfg(unix)]
        a_manifest_that_a_link_replaced_is_a_problem,
        #[cfg(unix)]
        a_published_link_leads_where_it_did,
    ]
}

/// A branch of a repository whose `main` has a policy.
pub(crate) fn with_policy(name: &str, policy: &str) -> Repository {
    let repository = on_a_branch(name);
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(repository.path(POLICY), policy).expect("a file");
    repository.commit("a policy");
    repository.git(&["checkout", "--quiet", "-b", "pull-request"]);
    repository
}

/// The identity of an event.
pub(crate) fn dropped(event: &Value) -> Value {
    json!({"at": event["at"], "version": event["version"], "to": event["to"]})
}

fn resolve(version: &str, replaced: Option<&str>, dropped: &[Value]) -> Value {
    json!({
        "at": "2026-06-02T00:00:00.000000+00:00", "action": "resolve", "version": version,
        "from": null, "to": "prod", "replaced": replaced, "by": "eve", "reason": null,
        "dropped": dropped
    })
}

pub(crate) fn history(model: &mut Value) -> &mut Vec<Value> {
    model["history"].as_array_mut().expect("a history")
}

pub(crate) fn remove(model: &mut Value, version: &str) {
    model["versions"].as_array_mut().expect("versions").retain(|found| found["version"] != version);
}

pub(crate) fn prune(version: &str) -> Value {
    json!({
        "at": "2026-06-01T00:00:00.000000+00:00", "action": "prune", "versions": [version],
        "by": "eve", "reason": null
    })
}

fn an_event_that_is_not_a_move_cannot_be_given_up() {
    let repository = on_a_branch("dropped-prune");
    edit(&repository, |model| {
        let prune = prune(PROD);
        let gives_up = resolve(STAGING, None, &[json!({"at": prune["at"], "version": ""})]);
        history(model).extend([prune, gives_up]);
        remove(model, PROD);
    });
    let expected = [&*format!("removes version `{PROD}`, which must be kept")];
    assert_found(&repository, &[], 4, &expected);
}

fn a_move_is_given_up_only_for_another_one() {
    let repository = on_a_branch("given-up");
    edit(&repository, |model| {
        let given_up = dropped(&history(model)[0]);
        history(model).push(resolve(PROD, Some(STAGING), &[given_up]));
        model["current_prod"] = PROD.into();
        model["current_staging"] = STAGING.into();
        label(model, STAGING, "staging");
    });
    assert_found(&repository, &[], 4, &["was given up, and no other move was made"]);
}

fn a_conflict_gives_up_only_recorded_moves() {
    let repository = on_a_branch("unknown-move");
    edit(&repository, |model| {
        let unknown = json!({"at": "2026-06-01T00:00:00Z", "version": NEWEST, "to": "prod"});
        history(model).push(resolve(STAGING, None, &[unknown]));
    });
    assert_found(&repository, &[], 4, &["which is not in the history"]);
}

/// Gives up the published promotion for one of `NEWEST`, as a resolved conflict does.
fn resolved(repository: &Repository) {
    edit(repository, |model| {
        let given_up = dropped(&history(model)[0]);
        model["current_staging"] = STAGING.into();
        label(model, STAGING, "staging");
        let versions = model["versions"].as_array_mut().expect("versions");
        let staging = versions.iter_mut().find(|found| found["version"] == STAGING);
        staging.expect("the version")["promoted_at"] = "2025-12-12T07:31:20.118733+00:00".into();
        forge(model, 1, event("promote", NEWEST, "dev", "prod", Some(PROD)));
        history(model).push(resolve(NEWEST, Some(STAGING), &[given_up]));
    });
}

fn a_gate_that_forbids_force_holds_for_resolved_conflicts() {
    // `NEWEST` is better than `PROD`, and worse than the published `STAGING`.
    let rule = "[prod]\nrequire = [\"val_rmse <= prod\"]\n";
    let repository = with_policy("resolved", rule);
    resolved(&repository);
    let message = format!("the published move to `{STAGING}` does not take effect");
    assert_found(&repository, &[], 0, &["warning", &message, "val_rmse <= prod"]);
    let repository = with_policy("resolved-no-force", &format!("{rule}force = false\n"));
    resolved(&repository);
    assert_found(&repository, &[], 4, &["problem", &message, "val_rmse <= prod"]);
}

fn a_version_that_an_event_removed_is_gone() {
    let repository = on_a_branch("still-there");
    edit(&repository, |model| history(model).push(prune(NEWEST)));
    assert_found(&repository, &[], 4, &["is there, although an event removed it"]);
}

fn a_prune_of_what_must_be_kept_is_a_problem() {
    let repository = on_a_branch("pruned");
    for (version, code, message) in [
        (NEWEST, 0, "eve removed 1 version of model `minutes_v1_lgbm`".to_owned()),
        (STAGING, 4, format!("removes version `{STAGING}`, which must be kept")),
        // What a rollback goes to.
        (PROD, 4, format!("removes version `{PROD}`, which must be kept")),
    ] {
        repository.git(&["checkout", "--quiet", "--", MANIFEST]);
        edit(&repository, |model| {
            history(model).push(prune(version));
            remove(model, version);
        });
        assert_found(&repository, &[], code, &[&message]);
    }
}

fn published_versions_stay_in_their_order() {
    let repository = on_a_branch("versions-order");
    edit(&repository, |model| model["versions"].as_array_mut().expect("versions").reverse());
    assert_found(&repository, &[], 4, &["the published versions of model", "in another order"]);
}

fn a_worse_version_after_a_rollback_or_a_demotion_is_reported() {
    let rule = "[prod]\nrequire = [\"val_rmse <= prod\"]\n";
    let rollback: &[&str] = &["rollback", MODEL];
    let demotion: &[&str] = &["promote", MODEL, STAGING, "--stage", "dev"];
    for (name, first) in [("rolled-back-first", rollback), ("demoted-first", demotion)] {
        let repository = with_policy(name, rule);
        repository.registry(first);
        repository.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
        let message = "does not meet the gate of prod compared with what is published";
        assert_found(&repository, &[], 0, &["warning", message, "val_rmse <= prod"]);
        assert_found(&repository, &["--no-forced"], 4, &["problem", message]);
        let strict = with_policy(&format!("{name}-strict"), &format!("{rule}force = false\n"));
        strict.registry(first);
        assert_found(&strict, &[], 0, &["No problems found"]);
        strict.registry(&["promote", MODEL, NEWEST, "--stage", "prod"]);
        assert_found(&strict, &[], 4, &["problem", message]);
    }
}

fn an_override_names_rules() {
    let repository = on_a_branch("empty-override");
    edit(&repository, |model| {
        let mut forced = event("promote", NEWEST, "dev", "prod", Some(STAGING));
        forced["forced"] = true.into();
        forced["unmet"] = json!([]);
        forge(model, 1, forced);
    });
    assert_found(&repository, &[], 4, &["claims to have overridden rules, and names none"]);
}

fn a_promotion_before_the_history_is_not_invented() {
    let repository = on_a_branch("invented");
    edit(&repository, |model| {
        let mut invented = event("promote", NEWEST, "dev", "prod", Some(STAGING));
        invented["promoted_before"] = "2025-12-14T08:00:00.000000+00:00".into();
        forge(model, 1, invented);
    });
    assert_found(
        &repository,
        &[],
        4,
        &["the promotion before that no event records was at no time"],
    );
    // Only a move explains a promotion time.
    repository.git(&["checkout", "--quiet", "--", MANIFEST]);
    edit(&repository, |model| {
        let at = "2025-12-14T08:00:00.000000+00:00";
        history(model).push(json!({
            "at": "2026-06-01T00:00:00.000000+00:00", "action": "describe", "version": NEWEST,
            "changed": ["description"], "by": "eve", "reason": null, "promoted_before": at
        }));
        let versions = model["versions"].as_array_mut().expect("versions");
        let newest = versions.iter_mut().find(|found| found["version"] == NEWEST);
        newest.expect("the version")["promoted_at"] = at.into();
    });
    assert_found(&repository, &[], 4, &["`promoted_at` of version", "but no event records it"]);
}

fn a_move_is_recorded_once() {
    let repository = on_a_branch("twice");
    edit(&repository, |model| {
        let mut again = event("promote", STAGING, "prod", "prod", None);
        again["at"] = history(model)[0]["at"].clone();
        history(model).push(again);
    });
    assert_found(&repository, &[], 4, &["repeats another move of the same time"]);
}

fn a_version_is_named_and_not_referred_to() {
    let repository = on_a_branch("reference");
    let at = "2026-06-01T00:00:00.000000+00:00";
    edit(&repository, |model| {
        history(model).push(json!({
            "at": at, "action": "retire", "version": "@latest", "by": "eve", "reason": "leaked"
        }));
        let versions = model["versions"].as_array_mut().expect("versions");
        let newest = versions.iter_mut().find(|found| found["version"] == NEWEST);
        newest.expect("the version")["retired"] =
            json!({"at": at, "by": "eve", "reason": "leaked"});
    });
    assert_found(&repository, &[], 4, &["names a version that the model does not have"]);
    repository.git(&["checkout", "--quiet", "--", MANIFEST]);
    edit(&repository, |model| {
        history(model).push(json!({
            "at": at, "action": "alias", "version": "@latest", "alias": "champion",
            "replaced": null, "by": "eve", "reason": null
        }));
        model["aliases"] = json!({"champion": NEWEST});
    });
    assert_found(&repository, &[], 4, &["names a version that the model does not have"]);
}

fn a_blank_reason_is_none() {
    let repository = with_policy("blank-reason", "[prod]\nreason = true\n");
    edit(&repository, |model| {
        let mut blank = event("promote", NEWEST, "dev", "prod", Some(STAGING));
        blank["reason"] = " ".into();
        forge(model, 1, blank);
    });
    assert_found(&repository, &[], 4, &["does not meet the published policy: `a reason is given`"]);
}

fn a_verified_artifact_has_a_digest() {
    let repository = with_policy("no-digest", "[prod]\nartifact = \"verified\"\n");
    // With a digest the check cannot know: the artifact is not looked at.
    edit(&repository, |model| {
        forge(model, 1, event("promote", NEWEST, "dev", "prod", Some(STAGING)));
    });
    assert_found(&repository, &[], 0, &[]);
    repository.git(&["checkout", "--quiet", "--", MANIFEST]);
    let register = ["register", MODEL, "--version", "new", "--artifact-path", "runs/gone"];
    repository.registry(&[&register[..], &["--no-digest"]].concat());
    edit(&repository, |model| {
        forge(model, 1, event("promote", "new", "dev", "prod", Some(STAGING)));
    });
    let expected = ["does not meet the published policy: `the artifact is verified`"];
    assert_found(&repository, &[], 4, &expected);
}

fn keys_of_other_tools_in_a_published_version_stay() {
    let repository = on_a_branch("unknown-keys");
    repository.git(&["checkout", "--quiet", "main"]);
    edit(&repository, |model| model["versions"][0]["seed"] = 7.into());
    repository.commit("a key of another tool");
    repository.git(&["checkout", "--quiet", "-b", "pull-request"]);
    let of = format!("of version `20251128T061502Z` of model `{MODEL}`");
    for (key, value, message) in [
        ("seed", json!(8), format!("`seed` {of} was published as 7 and is now 8")),
        ("quality", json!("high"), format!("`quality` {of} was not published and is now \"high\"")),
    ] {
        repository.git(&["checkout", "--quiet", "--", MANIFEST]);
        edit(&repository, |model| model["versions"][0][key] = value);
        assert_found(&repository, &[], 4, &[&message]);
    }
    repository.git(&["checkout", "--quiet", "--", MANIFEST]);
    repository.registry(&["describe", MODEL, PROD, "--tag", "a=b", "--description", "c"]);
    assert_found(&repository, &[], 0, &["No problems found"]);
}

fn a_file_that_git_converts_is_a_problem() {
    for attribute in ["working-tree-encoding=SHIFT-JIS", "filter=lfs", "ident"] {
        let repository = on_a_branch(&format!("converted-{}", &attribute[..5]));
        let attributes = repository.read(".gitattributes");
        let line = format!("{attributes}{MANIFEST} {attribute}\n");
        fs::write(repository.path(".gitattributes"), line).expect("a file");
        let expected = ["git converts the manifest when it is checked out", attribute];
        assert_found(&repository, &[], 4, &expected);
    }
}

/// What a check reports about [`with_a_taken_run_id`].
pub(crate) const TAKEN: &str =
    "the name of version `nightly-7` of model `minutes_v1_lgbm` is the run id of version `good`";

/// A change that adds a version whose name is the run id of a published one. `add` puts it in its place.
pub(crate) fn with_a_taken_run_id(
    name: &str,
    add: impl FnOnce(&mut Vec<Value>, Value),
) -> Repository {
    let repository = on_a_branch(name);
    repository.git(&["checkout", "--quiet", "main"]);
    let register = ["register", MODEL, "--artifact-path", "runs/1", "--no-digest"];
    repository.registry(&[&register[..], &["--version", "good", "--run-id", "nightly-7"]].concat());
    repository.commit("a run");
    repository.git(&["checkout", "--quiet", "-b", "hijack"]);
    edit(&repository, |model| {
        let versions = model["versions"].as_array_mut().expect("versions");
        let mut hijack = versions.last().expect("a version").clone();
        hijack["version"] = "nightly-7".into();
        hijack["run_id"] = "evil".into();
        add(versions, hijack);
    });
    repository
}

fn a_version_does_not_take_the_run_id_of_another_one() {
    let repository = with_a_taken_run_id("run-id", Vec::push);
    assert_found(&repository, &[], 4, &[TAKEN]);
    // Once it is published, no pull request can change it.
    repository.commit("a reference that means another version");
    repository.git(&["branch", "--quiet", "--force", "main"]);
    assert_found(&repository, &[], 0, &["warning", TAKEN]);
}

/// The check cannot know that events which `main` does not have were published once.
fn a_lost_history_is_restored_against_the_revision_that_had_it() {
    let repository = on_a_branch("restored");
    let whole = repository.read(MANIFEST);
    repository.git(&["branch", "good"]);
    repository.git(&["checkout", "--quiet", "main"]);
    edit(&repository, |model| drop(model.as_object_mut().expect("a model").remove("history")));
    repository.commit("saved by another tool");
    repository.git(&["checkout", "--quiet", "-b", "restore"]);
    fs::write(repository.path(MANIFEST), whole).expect("the manifest");
    assert_found(&repository, &[], 4, &["does not fit"]);
    let checked = stderr(&repository.try_registry(&["check", "--against", "main"]));
    let command = checked.rsplit_once("before: ").expect("a hint").1.trim();
    let mut shell = command_in(&repository.folder, "sh");
    stdout(shell.args(["-c", command]).output().expect("sh runs"));
    repository.passes("good");
    repository.commit("the history is restored");
    repository.git(&["branch", "--quiet", "--force", "main"]);
    assert_found(&repository, &[], 0, &["No problems found"]);
}

#[cfg(unix)]
fn link(repository: &Repository, path: &str, target: &str) {
    let _ = fs::remove_file(repository.path(path));
    std::os::unix::fs::symlink(target, repository.path(path)).expect("a link");
}

#[cfg(unix)]
fn a_manifest_that_a_link_replaced_is_a_problem() {
    // The content is the published one, so that nothing else is found.
    for (name, target) in [("inside", "copy.json"), ("outside", "../../../copy.json")] {
        let repository = on_a_branch(&format!("link-{name}"));
        let copy = repository.path("artifacts/registry").join(target);
        fs::copy(repository.path(MANIFEST), copy).expect("the copy");
        link(&repository, MANIFEST, target);
        let expected = format!("`{MANIFEST}` was replaced by a link to `{target}`");
        assert_found(&repository, &[], 4, &["problem", &expected]);
        repository.commit("a link");
        assert_found(&repository, &[], 4, &["problem", &expected]);
    }
    let repository = on_a_branch("link-folder");
    repository.git(&["mv", "artifacts", "real"]);
    link(&repository, "artifacts", "real");
    assert_found(&repository, &[], 4, &["`artifacts` was replaced by a link to `real`"]);
    // Nothing can be read through it.
    let repository = on_a_branch("link-to-nothing");
    for target in ["/dev/null", "gone.json", "manifest.json"] {
        link(&repository, MANIFEST, target);
        let expected = format!("was replaced by a link to `{target}`");
        assert_found(&repository, &[], 4, &[&expected]);
    }
}

#[cfg(unix)]
fn a_published_link_leads_where_it_did() {
    let repository = Repository::new("published-link");
    repository.git(&["mv", MANIFEST, "artifacts/real.json"]);
    fs::create_dir_all(repository.path("artifacts/registry")).expect("a folder");
    link(&repository, "artifacts/linked.json", "real.json");
    link(&repository, MANIFEST, "../linked.json");
    repository.commit("links");
    repository.git(&["branch", "--force", "published"]);
    let check = |code, expected: &str| {
        let output = repository.try_registry(&["check", "--against", "published"]);
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(found.contains(expected), "{expected}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    };
    check(0, "No problems found");
    fs::copy(repository.path("artifacts/real.json"), repository.path("copy.json"))
        .expect("the copy");
    link(&repository, "artifacts/linked.json", "../copy.json");
    check(4, "`artifacts/linked.json` was replaced by a link to `../copy.json`");
    repository.git(&["checkout", "--quiet", "--", "artifacts/linked.json"]);
    link(&repository, "artifacts/real.json", "../copy.json");
    check(4, "`artifacts/real.json` was replaced by a link to `../copy.json`");
}
