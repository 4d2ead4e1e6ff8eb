//! Events and values that no command would have written, each of which a replay must notice.

use model_registry::check::{Finding, Severity, Strictness, replay};
use model_registry::merge::{Side, resolve};
use model_registry::{Manifest, Policy, Registration, Stage};
use serde_json::{Value, json};

use super::changes::{
    Change, MODEL, after, base, describe, moves, problems, promote, prune, record, retire,
    rollback, unretire,
};

/// A manifest whose model was edited by hand.
fn by_hand(manifest: &Manifest, edit: impl FnOnce(&mut Value)) -> Manifest {
    let mut document: Value = serde_json::from_str(&manifest.to_text()).expect("JSON");
    edit(&mut document["models"][MODEL]);
    document.to_string().parse().expect("a manifest")
}

fn model_of(manifest: &Manifest) -> Value {
    let document: Value = serde_json::from_str(&manifest.to_text()).expect("JSON");
    document["models"][MODEL].clone()
}

fn last_event(model: &mut Value) -> &mut Value {
    model["history"].as_array_mut().expect("a history").last_mut().expect("an event")
}

fn version<'m>(model: &'m mut Value, name: &str) -> &'m mut Value {
    let versions = model["versions"].as_array_mut().expect("versions");
    versions.iter_mut().find(|version| version["version"] == name).expect("the version")
}

fn judged(manifest: &Manifest, published: &Manifest, policy: &str) -> Vec<Finding> {
    let policy: Policy = policy.parse().expect("a policy");
    replay(manifest, published, &policy, Strictness::default())
}

#[track_caller]
fn assert_problem(manifest: &Manifest, published: &Manifest, expected: &str) {
    let found = problems(moves(manifest, published));
    assert!(found.iter().any(|message| message.contains(expected)), "{expected}: {found:#?}");
}

#[test]
fn what_no_event_records_is_a_warning_where_that_is_allowed() {
    type Edit = fn(&mut Value);
    let base = base();
    let edits: [(&str, Edit); 5] = [
        ("current_staging", |model| model["current_staging"] = "3".into()),
        ("aliases", |model| model["aliases"] = json!({"champion": "3"})),
        ("stage", |model| version(model, "3")["stage"] = "staging".into()),
        ("retired", |model| version(model, "3")["retired"] = json!({"by": "eve"})),
        ("promoted_at", |model| {
            version(model, "3")["promoted_at"] = "2025-12-15T05:00:09.000000+00:00".into();
        }),
    ];
    for (field, edit) in edits {
        let edited = by_hand(&base, edit);
        for (allow, severity) in [(false, Severity::Problem), (true, Severity::Warning)] {
            let strictness = Strictness::default().allow_unrecorded(allow);
            let found = replay(&edited, &base, &Policy::default(), strictness);
            let found: Vec<_> = found.iter().map(|f| (f.field.as_deref(), f.severity)).collect();
            assert_eq!(found, [(Some(field), severity)]);
        }
    }
}

#[test]
fn a_rollback_is_to_production() {
    let base = base();
    let rolled_back = after(&base, &[rollback(5)]);
    assert_eq!(moves(&rolled_back, &base), []);
    let elsewhere = by_hand(&rolled_back, |model| last_event(model)["to"] = "staging".into());
    assert_problem(&elsewhere, &base, "rolls back to another stage than prod");
}

#[test]
fn only_versions_that_prune_would_remove_are_removed() {
    let base = after(&base(), &[prune(2, 3)]);
    let pruned = after(&base, &[prune(1, 5)]);
    assert_eq!(problems(moves(&pruned, &base)), [""; 0]);
    // A version that the model never had.
    let unknown = by_hand(&pruned, |model| last_event(model)["versions"] = json!(["4", "9"]));
    assert_problem(&unknown, &base, "removes version `9`, which must be kept");
    // `3` was pruned before it was registered again, and is in production now.
    let mut again = pruned;
    let registration = Registration::new("runs/3").version("3");
    again.register(MODEL, &registration, record(6).at).expect("a new version");
    let again = after(&again, &[promote("3", Stage::Prod, 7)]);
    let removed = by_hand(&again, |model| {
        let mut event = model["history"][3].clone();
        event["at"] = "2025-12-15T05:00:08.000000+00:00".into();
        event["versions"] = json!(["3"]);
        model["history"].as_array_mut().expect("a history").push(event);
    });
    assert_problem(&removed, &again, "removes version `3`, which must be kept");
}

#[test]
fn how_a_version_is_retired_is_recorded() {
    let expected = "`retired` of version `3` of model `m` changed, but no event records it";
    let base = after(&base(), &[retire("3", 3)]);
    let retired = version(&mut model_of(&base), "3")["retired"].clone();
    let restored = after(&base, &[unretire("3", 4)]);
    // An old event records it, but the new ones are of another kind, or of another version.
    for change in [describe("3", 6), retire("4", 6)] {
        let silent = by_hand(&after(&restored, &[change]), |model| {
            version(model, "3")["retired"] = retired.clone();
        });
        assert_problem(&silent, &restored, expected);
    }
    // The event of another version records it.
    let both = after(&restored, &[retire("3", 6), retire("4", 7)]);
    let exchanged = by_hand(&both, |model| {
        let other = version(model, "4")["retired"].clone();
        version(model, "3")["retired"] = other;
    });
    assert_problem(&exchanged, &restored, expected);
    // A new event of the version records it in another way.
    let again = after(&restored, &[retire("3", 6)]);
    assert_eq!(moves(&again, &restored), []);
    let other = by_hand(&again, |model| version(model, "3")["retired"]["by"] = "eve".into());
    assert_problem(&other, &restored, expected);
}

#[test]
fn a_promotion_time_is_removed_only_with_its_promotion() {
    let expected = "`promoted_at` of version `1` of model `m` changed, but no event records it";
    let base = base();
    let moved = after(&base, &[promote("3", Stage::Prod, 5)]);
    let erased = by_hand(&moved, |model| version(model, "1")["promoted_at"] = Value::Null);
    assert_problem(&erased, &base, expected);
    // A resolved conflict gave up the promotion of another version.
    let theirs = after(&base, &[promote("4", Stage::Prod, 6)]);
    let resolved = resolve(&base, &moved, &theirs, Side::Ours, &record(20)).manifest;
    assert_eq!(moves(&resolved, &base), []);
    let erased = by_hand(&resolved, |model| version(model, "1")["promoted_at"] = Value::Null);
    assert_problem(&erased, &base, expected);
    // The time of another version, or of something that is not a move.
    let described = after(&moved, &[describe("1", 7)]);
    for time in ["2025-12-15T05:00:05.000000+00:00", "2025-12-15T05:00:07.000000+00:00"] {
        let later = by_hand(&described, |model| version(model, "1")["promoted_at"] = time.into());
        assert_problem(&later, &base, expected);
    }
}

/// Published: a promotion of `3`. The change keeps one of its own, or claims to.
fn resolved(changes: &[Change]) -> (Manifest, Manifest) {
    let base = base();
    let published = after(&base, &[promote("3", Stage::Prod, 5)]);
    let resolution = resolve(&base, &after(&base, changes), &published, Side::Ours, &record(20));
    (resolution.manifest, published)
}

#[test]
fn a_published_move_is_given_up_for_another_one_only() {
    let (honest, published) = resolved(&[promote("4", Stage::Prod, 6)]);
    assert_eq!(problems(moves(&honest, &published)), [""; 0]);
    // Without the promotion of `4`: production goes back to `2`, which no one promoted again.
    let without_move = |event: Value| {
        by_hand(&honest, |model| {
            let history = model["history"].as_array_mut().expect("a history");
            history.retain(|event| event["version"] != "4" || event["action"] != "promote");
            let last = history.last_mut().expect("the resolution");
            last["version"] = "2".into();
            let at = history.len() - 1;
            history.insert(at, event);
            model["current_prod"] = "2".into();
            version(model, "4")["stage"] = "dev".into();
            version(model, "4")["promoted_at"] = Value::Null;
            version(model, "2")["stage"] = "prod".into();
            version(model, "5")["retired"] =
                json!({"at": "2025-12-15T05:00:06.000000+00:00", "by": "ada", "reason": "leak"});
        })
    };
    let retirement = json!({
        "at": "2025-12-15T05:00:06.000000+00:00", "action": "retire", "version": "5",
        "from": null, "to": null, "replaced": null, "by": "ada", "reason": "leak",
        "forced": false, "unmet": []
    });
    let note = json!({
        "at": "2025-12-15T05:00:06.000000+00:00", "action": "describe", "version": "3",
        "from": null, "to": null, "replaced": null, "by": "ada", "reason": null,
        "forced": false, "unmet": []
    });
    for event in [retirement, note] {
        let expected = "was given up, and no other move was made";
        assert_problem(&without_move(event), &published, expected);
    }
}

#[test]
fn a_published_retirement_is_given_up_for_a_move_of_the_version_only() {
    let base = base();
    let published = after(&base, &[retire("3", 5)]);
    let moved = after(&base, &[promote("3", Stage::Prod, 6)]);
    let honest = resolve(&base, &moved, &published, Side::Ours, &record(20)).manifest;
    assert_eq!(problems(moves(&honest, &published)), [""; 0]);
    let expected = "cannot be given up: no move replaces it";
    // The events that are there instead of the promotion of `3`.
    let nothing: Change = Box::new(|_: &mut Manifest| ());
    for instead in [promote("4", Stage::Prod, 6), describe("3", 6), nothing] {
        let other = after(&published, &[unretire("3", 6), instead]);
        let forged = by_hand(&other, |model| {
            let resolution = model_of(&honest)["history"].as_array().expect("it").last().cloned();
            let history = model["history"].as_array_mut().expect("a history");
            history.retain(|event| event["action"] != "unretire");
            history.push(resolution.expect("an event"));
        });
        assert_problem(&forged, &published, expected);
    }
    // The promotion itself is given up too.
    let both = by_hand(&honest, |model| {
        let promotion = json!({
            "at": "2025-12-15T05:00:06.000000+00:00", "version": "3", "to": "prod"
        });
        last_event(model)["dropped"].as_array_mut().expect("a list").push(promotion);
    });
    assert_problem(&both, &published, expected);
}

#[test]
fn where_a_version_comes_from_is_judged_when_it_moves_and_not_again() {
    use Stage::{Prod, Staging};
    let policy = "[prod]\nfrom = 'staging'\nforce = false\n";
    let base = base();
    let moved = after(&base, &[promote("3", Staging, 5), promote("3", Prod, 6)]);
    assert_eq!(judged(&moved, &base, policy), []);
    let theirs = after(&base, &[promote("4", Staging, 7), promote("4", Prod, 8)]);
    let resolved = resolve(&base, &moved, &theirs, Side::Ours, &record(20)).manifest;
    assert_eq!(problems(judged(&resolved, &theirs, policy)), [""; 0]);
}

#[test]
fn a_rule_is_reported_again_only_if_it_was_met_at_the_time() {
    use Stage::Prod;
    // `4` is worse than `2`, and better than `3`.
    let measured = by_hand(&base(), |model| {
        for (name, mae) in [("2", 3), ("3", 9), ("4", 6)] {
            version(model, name)["metrics"] = json!({"mae": mae});
        }
    });
    let policy = "[prod]\nrequire = ['mae <= prod', 'mae <= 5']\n";
    let change = after(&measured, &[promote("3", Prod, 5), promote("4", Prod, 6)]);
    let forced = by_hand(&change, |model| {
        let history = model["history"].as_array_mut().expect("a history");
        history[2]["unmet"] = json!(["mae <= prod", "mae <= 5"]);
        history[3]["unmet"] = json!(["mae <= 5"]);
        for event in &mut history[2..] {
            event["forced"] = true.into();
        }
    });
    let found = judged(&forced, &measured, policy);
    assert!(found.iter().all(|finding| finding.severity == Severity::Warning), "{found:#?}");
    let again: Vec<_> = found.iter().filter(|f| f.message.contains("another move came")).collect();
    assert_eq!(again.len(), 1, "{found:#?}");
    assert_eq!(again[0].version.as_deref(), Some("4"));
}

#[test]
fn a_rollback_to_a_version_that_was_in_production_needs_no_gate() {
    use Stage::Prod;
    // `1` was in production before `2`, which is better; `5` never was. `3` is worse than both.
    let measured = by_hand(&base(), |model| {
        for (name, mae) in [("1", 6), ("2", 3), ("3", 9), ("4", 1), ("5", 6)] {
            version(model, name)["metrics"] = json!({"mae": mae});
        }
    });
    for (back_to, expected) in [("1", 0), ("5", 1)] {
        let changes =
            [promote("3", Prod, 5), promote(back_to, Prod, 6), promote("4", Prod, 7), rollback(8)];
        let change = by_hand(&after(&measured, &changes), |model| {
            model["history"][2]["unmet"] = json!(["mae <= prod"]);
            model["history"][2]["forced"] = true.into();
        });
        assert_eq!(change.production(MODEL).expect("a version").version(), back_to);
        let found = judged(&change, &measured, "[prod]\nrequire = ['mae <= prod']\n");
        assert_eq!(problems(found.clone()), [""; 0]);
        let again = found.iter().filter(|f| f.message.contains("another move came first")).count();
        assert_eq!(again, expected, "{back_to}: {found:#?}");
    }
}

#[test]
fn the_version_that_a_conflict_keeps_is_compared_with_the_published_one() {
    use Stage::Prod;
    // Each is better than `2`, and `4` is worse than the published `3`.
    let measured = by_hand(&base(), |model| {
        for (name, mae) in [("2", 9), ("3", 1), ("4", 5)] {
            version(model, name)["metrics"] = json!({"mae": mae});
        }
    });
    let published = after(&measured, &[promote("3", Prod, 5)]);
    let ours = after(&measured, &[promote("4", Prod, 6)]);
    let resolved = resolve(&measured, &ours, &published, Side::Ours, &record(20)).manifest;
    for (force, severity) in [("false", Severity::Problem), ("true", Severity::Warning)] {
        let policy = format!("[prod]\nrequire = ['mae <= prod']\nforce = {force}\n");
        let found = judged(&resolved, &published, &policy);
        let [finding] = &found[..] else { panic!("{found:#?}") };
        assert!(finding.message.contains("resolved a conflict for `4`"), "{found:#?}");
        assert_eq!((finding.severity, finding.verdicts.len()), (severity, 1));
    }
}

#[test]
fn an_event_has_only_the_fields_of_its_action() {
    let base = base();
    for (field, value, named) in [
        ("from", json!("dev"), "from"),
        ("to", json!("prod"), "to"),
        ("replaced", json!("2"), "replaced"),
        ("promoted_before", json!("2025-12-15T05:00:01.000000+00:00"), "promoted_before"),
        ("forced", json!(true), "unmet"),
        ("unmet", json!(["mae <= 5"]), "unmet"),
        ("versions", json!(["1"]), "versions"),
        ("alias", json!("champion"), "alias"),
        ("dropped", json!([{"at": null, "version": "2", "to": "prod"}]), "dropped"),
    ] {
        let noted = by_hand(&after(&base, &[describe("3", 5)]), |model| {
            last_event(model)[field] = value.clone();
        });
        let expected = format!("contains `{named}`, which only another action records");
        assert_problem(&noted, &base, &expected);
    }
    let moved = by_hand(&after(&base, &[promote("3", Stage::Prod, 5)]), |model| {
        last_event(model)["changed"] = json!(["description"]);
    });
    assert_problem(&moved, &base, "contains `changed`, which only another action records");
}

#[test]
fn an_override_that_was_not_needed_is_a_warning_where_overrides_are_forbidden() {
    let base = base();
    let forced = by_hand(&after(&base, &[promote("3", Stage::Prod, 5)]), |model| {
        last_event(model)["forced"] = true.into();
        last_event(model)["unmet"] = json!(["mae <= 5"]);
    });
    let found = judged(&forced, &base, "[prod]\nforce = false\n");
    let found: Vec<_> = found.iter().map(|f| (f.severity, &*f.message)).collect();
    let message = "the promotion of version `3` to prod at 2025-12-15T05:00:05.000000+00:00 in model \
                   `m` overrode `mae <= 5` (ada: leak)";
    assert_eq!(found, [(Severity::Warning, message)]);
}
