//! What diff, check and merge make of versions that are retired, restored or pruned.

use model_registry::check::{against, check, explained};
use model_registry::diff::diff;
use model_registry::merge::{Dispute, Resolution, Side, merge, resolve};
use model_registry::{Action, Manifest, Merged, Provenance, Registration, Stage};

use super::changes::{
    MODEL, after, base, describe, moves, problems, promote, prune, record, retire, rollback,
    unretire,
};

/// Nothing is wrong with a merged manifest, compared with what was merged.
#[track_caller]
fn assert_sound(manifest: &Manifest, published: &[&Manifest]) {
    let text = manifest.to_text();
    let again: Manifest = text.parse().expect("a manifest");
    assert_eq!(again.to_text(), text);
    assert_eq!(check(manifest), []);
    assert_eq!(explained(manifest), []);
    for published in published {
        let mut found = against(manifest, published);
        found.extend(moves(manifest, published));
        assert_eq!(problems(found), [""; 0]);
    }
}

/// Merges both ways, without a conflict.
#[track_caller]
fn clean(base: &Manifest, ours: &Manifest, theirs: &Manifest) -> Manifest {
    let both = [merge(base, ours, theirs), merge(base, theirs, ours)];
    for Merged { manifest, conflicts, .. } in &both {
        assert_eq!(*conflicts, []);
        assert_sound(manifest, &[base, ours, theirs]);
    }
    let [one, two] = both;
    assert!(diff(&one.manifest, &two.manifest).is_empty());
    one.manifest
}

fn retired(manifest: &Manifest, version: &str) -> Option<String> {
    let model = manifest.model(MODEL).expect("the model");
    model.version(version).expect("the version").retired().map(|retired| retired.details())
}

fn actions(manifest: &Manifest) -> Vec<Action> {
    let history = manifest.model(MODEL).expect("the model").history();
    history.into_iter().filter_map(|event| event.action).collect()
}

#[test]
fn two_registrations_that_differ_only_in_their_digest_are_not_mixed() {
    let base = base();
    let registered = |digit: &str| {
        let mut manifest = base.clone();
        let mut registration = Registration::new("runs/6").version("6");
        registration.artifact_digest = Some(format!("sha256:{}", digit.repeat(64)));
        registration.artifact_size = Some(digit.parse().expect("a number"));
        manifest.register(MODEL, &registration, record(5).at).expect("a new version");
        manifest
    };
    let ours = registered("1");
    let theirs = after(&registered("2"), &[promote("6", Stage::Prod, 6)]);
    let merged = merge(&base, &ours, &theirs);
    let model = merged.manifest.model(MODEL).expect("the model");
    assert_eq!(model.version("6"), ours.model(MODEL).expect("the model").version("6"));
    assert_eq!(model.current(Stage::Prod).as_deref(), Some("2"));
    assert!(merged.conflicts.iter().any(|c| c.field.as_deref() == Some("artifact_digest")));
}

#[test]
fn two_registrations_of_one_name_are_not_mixed_by_their_retirements() {
    let base = base();
    let registered = |run: &str, retired: u32| {
        let mut manifest = base.clone();
        let registration = Registration::new(format!("runs/{run}")).version("6");
        manifest.register(MODEL, &registration, record(3).at).expect("a new version");
        after(&manifest, &[retire("6", retired)])
    };
    let (ours, theirs) = (registered("one", 6), registered("two", 5));
    let merged = merge(&base, &ours, &theirs);
    let model = merged.manifest.model(MODEL).expect("the model");
    assert_eq!(model.version("6"), ours.model(MODEL).expect("the model").version("6"));
    assert!(merged.conflicts.iter().any(|c| c.field.as_deref() == Some("retired")));
}

#[test]
fn a_version_that_both_sides_registered_can_be_retired_by_one() {
    let base = base();
    let mut theirs = base.clone();
    let registration = Registration::new("runs/6").version("6");
    theirs.register(MODEL, &registration, record(3).at).expect("a new version");
    let ours = after(&theirs, &[retire("6", 5)]);
    let theirs = after(&theirs, &[describe("6", 6)]);
    assert!(retired(&clean(&base, &ours, &theirs), "6").is_some());
}

#[test]
fn a_version_that_both_sides_retired_keeps_the_first_reason() {
    let base = base();
    let ours = after(&base, &[retire("3", 5)]);
    let mut theirs = base.clone();
    let other = Provenance { by: Some("grace"), reason: Some("old"), ..record(4) };
    theirs.retire(MODEL, "3", &other).expect("it is not current");
    let merged = clean(&base, &ours, &theirs);
    assert_eq!(retired(&merged, "3").as_deref(), Some("by grace on 2025-12-15 05:00:04: old"));
    assert_eq!(actions(&merged)[2..], [Action::Retire, Action::Retire]);
}

#[test]
fn a_retirement_and_changes_of_other_versions_are_united() {
    let base = base();
    let ours = after(&base, &[retire("3", 5)]);
    for changes in [
        vec![promote("4", Stage::Prod, 6)],
        vec![describe("3", 6)],
        vec![retire("1", 6)],
        vec![retire("3", 6), unretire("3", 7), retire("4", 8)],
        vec![rollback(6)],
    ] {
        let theirs = after(&base, &changes);
        let merged = clean(&base, &ours, &theirs);
        assert!(retired(&merged, "3").is_some());
        let events = actions(&ours).len() + actions(&theirs).len() - actions(&base).len();
        assert_eq!(actions(&merged).len(), events);
    }
}

#[test]
fn a_version_that_one_side_restored_is_restored() {
    let base = after(&base(), &[retire("3", 3)]);
    let ours = after(&base, &[unretire("3", 5)]);
    let theirs = after(&base, &[promote("4", Stage::Prod, 6)]);
    assert_eq!(retired(&clean(&base, &ours, &theirs), "3"), None);
    // Retired and restored on one side only.
    let base = self::base();
    let ours = after(&base, &[retire("3", 5), unretire("3", 6)]);
    let theirs = after(&base, &[promote("3", Stage::Prod, 7)]);
    let merged = clean(&base, &ours, &theirs);
    assert_eq!(retired(&merged, "3"), None);
    assert_eq!(merged.production(MODEL).expect("a version").version(), "3");
}

#[test]
fn a_version_that_one_side_retired_and_the_other_promoted_is_a_conflict() {
    let base = base();
    for stage in [Stage::Staging, Stage::Prod] {
        let withdrawn = after(&base, &[retire("3", 5), retire("4", 5)]);
        let moved = after(&base, &[promote("3", stage, 6)]);
        for (ours, theirs, is_retired) in [(&withdrawn, &moved, true), (&moved, &withdrawn, false)]
        {
            let Merged { manifest, conflicts, .. } = merge(&base, ours, theirs);
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            assert!(matches!(conflicts[0].kind, Dispute::Retired { .. }), "{conflicts:?}");
            let kept = ours.model(MODEL).expect("the model").version("3");
            assert_eq!(manifest.model(MODEL).expect("the model").version("3"), kept);
            assert_eq!(retired(&manifest, "3").is_some(), is_retired);
            assert_eq!(check(&manifest), []);
            let (by, other) = if is_retired { ("ours", "theirs") } else { ("theirs", "ours") };
            assert_eq!(
                conflicts[0].to_string(),
                format!(
                    "{by} retired version `3` of model `m`, {other} moved it to {stage}; ours is kept"
                )
            );

            for (prefer, kept) in [(Side::Ours, ours), (Side::Theirs, theirs)] {
                let Resolution { manifest, models, .. } =
                    resolve(&base, ours, theirs, prefer, &record(20));
                assert_eq!(models.len(), 1);
                let current = |manifest: &Manifest| {
                    let model = manifest.model(MODEL).expect("the model");
                    model.current(stage).map(std::borrow::Cow::into_owned)
                };
                assert_eq!(current(&manifest), current(kept));
                assert_eq!(retired(&manifest, "3"), retired(kept, "3"));
                // The retirement of another version takes effect for either side.
                assert!(retired(&manifest, "4").is_some());
                assert_sound(&manifest, &[&base, ours, theirs]);
            }
        }
    }
}

#[test]
fn a_retired_version_may_be_promoted_by_one_side_alone() {
    let base = base();
    let ours = after(&base, &[retire("3", 5), promote("3", Stage::Prod, 6)]);
    let theirs = after(&base, &[promote("4", Stage::Staging, 7)]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(merged.conflicts, []);
    assert!(retired(&merged.manifest, "3").is_some());
}

#[test]
fn versions_that_both_sides_pruned_are_gone() {
    let base = base();
    let ours = after(&base, &[prune(2, 5)]);
    let theirs = after(&base, &[prune(1, 6)]);
    let merged = clean(&base, &ours, &theirs);
    let model = merged.model(MODEL).expect("the model");
    let names: Vec<_> =
        model.versions().iter().map(model_registry::ModelVersion::version).collect();
    assert_eq!(names, ["1", "2", "5"]);
    assert_eq!(actions(&merged)[2..], [Action::Prune, Action::Prune]);
}

#[test]
fn a_version_that_one_side_pruned_and_the_other_changed_is_a_conflict() {
    let base = base();
    let pruned = after(&base, &[prune(2, 5)]);
    for change in [promote("3", Stage::Prod, 6), describe("3", 6), retire("3", 6)] {
        let changed = after(&base, &[change]);
        for (ours, theirs) in [(&pruned, &changed), (&changed, &pruned)] {
            let Merged { manifest, conflicts, .. } = merge(&base, ours, theirs);
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            assert!(matches!(conflicts[0].kind, Dispute::Deleted { .. }), "{conflicts:?}");
            let kept = manifest.model(MODEL).expect("the model").version("3").is_some();
            assert_eq!(conflicts[0].to_string().ends_with("it is kept"), kept);
            assert_eq!(problems(check(&manifest)), [""; 0]);
        }
    }
    // A rollback needs a version that was promoted, which only `past` removes.
    let theirs = after(&base, &[rollback(6)]);
    let merged = clean(&base, &pruned, &theirs);
    assert_eq!(merged.production(MODEL).expect("a version").version(), "1");
}

#[test]
fn a_difference_names_retirements_and_pruned_versions() {
    let base = base();
    let ours = after(&base, &[retire("4", 5), prune(2, 6)]);
    let found = diff(&base, &ours);
    let gone: Vec<_> = found.versions_gone.iter().map(|version| version.version).collect();
    assert_eq!(gone, ["3"]);
    assert_eq!(found.unknown.len(), 1);
    assert_eq!((found.unknown[0].version, &*found.unknown[0].field), (Some("4"), "retired"));
    assert_eq!(found.events_added.len(), 2);
    assert_sound(&ours, &[&base]);
    // Without the events, both are problems.
    let text = ours.to_text();
    let end = text.find(",\n        {\n          \"at\": \"2025-12-15T05:00:05").expect("an event");
    let silent: Manifest =
        format!("{}\n      ]\n    }}\n  }}\n}}", &text[..end]).parse().expect("it");
    let mut findings = against(&silent, &base);
    findings.extend(moves(&silent, &base));
    let expected = [
        "published version `3` of model `m` was removed",
        "`retired` of version `4` of model `m` changed, but no event records it",
    ];
    assert_eq!(problems(findings), expected);
}
