//! Which event records a resolved conflict, and what it leaves alone.

use model_registry::merge::{Side, resolve, take_model};
use model_registry::{
    Action, Event, Manifest, Provenance, Registration, Stage, Timestamp, merge::Dispute,
};

fn at(second: u32) -> Timestamp {
    Timestamp::parse(&format!("2025-12-15T05:00:{second:02}+00:00")).expect("a time")
}

fn promoted(manifest: &Manifest, moves: &[(&str, Stage, u32)]) -> Manifest {
    let mut manifest = manifest.clone();
    for (version, stage, second) in moves {
        let record = Provenance::at(at(*second));
        manifest.promote("m", version, *stage, &record).expect("a promotion");
    }
    manifest
}

/// Two models with the versions 1 to 4, of which 1 is in production.
fn base() -> Manifest {
    let mut manifest = Manifest::default();
    for model in ["m", "n"] {
        for version in ["1", "2", "3", "4"] {
            let registration = Registration::new(format!("s3://{version}")).version(version);
            manifest.register(model, &registration, at(0)).expect("a new version");
        }
    }
    promoted(&manifest, &[("1", Stage::Prod, 1)])
}

fn settle(base: &Manifest, ours: &Manifest, theirs: &Manifest, side: Side) -> (Event, Manifest) {
    let by =
        Provenance { by: Some("ada"), reason: Some("measured again"), ..Provenance::at(at(9)) };
    let resolution = resolve(base, ours, theirs, side, &by);
    let [(model, event)] = &resolution.models[..] else { panic!("{:?}", resolution.models) };
    assert_eq!(model, "m");
    let history = resolution.manifest.model("m").expect("the model").history();
    assert_eq!(history.last(), Some(event));
    (event.clone(), resolution.manifest)
}

#[test]
fn an_event_records_the_stage_both_versions_and_who_decided() {
    use Stage::{Prod, Staging};
    let base = base();
    let cases: [(&[_], &[_], _, _, _, &[&str]); 4] = [
        (&[("2", Prod, 2)], &[("3", Prod, 3)], Prod, "2", Some("3"), &["3"]),
        (&[("2", Staging, 2)], &[("3", Staging, 3)], Staging, "2", Some("3"), &["3"]),
        // Production differs, and decides.
        (
            &[("2", Staging, 2), ("4", Prod, 4)],
            &[("3", Staging, 3), ("2", Prod, 5)],
            Prod,
            "4",
            Some("2"),
            &["3", "2"],
        ),
        // No version is current on one side.
        (&[("1", Stage::Dev, 2)], &[("3", Prod, 3)], Prod, "", Some("3"), &["3"]),
    ];
    for (kept, other, stage, version, replaced, dropped) in cases {
        let (kept, other) = (promoted(&base, kept), promoted(&base, other));
        for side in [Side::Ours, Side::Theirs] {
            let (ours, theirs) = if side == Side::Ours { (&kept, &other) } else { (&other, &kept) };
            let (event, manifest) = settle(&base, ours, theirs, side);
            let given_up: Vec<_> = event.dropped.iter().map(|drop| drop.version.as_str()).collect();
            assert_eq!(given_up, dropped);
            let expected = Event {
                at: Some("2025-12-15T05:00:09.000000+00:00".to_owned()),
                action: Some(Action::Resolve),
                version: version.to_owned(),
                to: Some(stage.into()),
                replaced: replaced.map(ToOwned::to_owned),
                by: Some("ada".to_owned()),
                reason: Some("measured again".to_owned()),
                dropped: event.dropped.clone(),
                ..Event::default()
            };
            assert_eq!(event, expected);
            let (found, wanted) = (manifest.model("m").expect("it"), kept.model("m").expect("it"));
            assert_eq!(found.versions(), wanted.versions());
            for stage in [Prod, Staging] {
                assert_eq!(found.current(stage), wanted.current(stage));
            }
        }
    }
}

#[test]
fn an_event_is_not_before_the_moves_that_it_decides_about() {
    let base = base();
    let ours = promoted(&base, &[("2", Stage::Prod, 2)]);
    let theirs = promoted(&base, &[("3", Stage::Prod, 30)]);
    let (event, _) = settle(&base, &ours, &theirs, Side::Ours);
    assert_eq!(event.at.as_deref(), Some("2025-12-15T05:00:30.000001+00:00"));
}

#[test]
fn conflicts_have_the_sides_under_their_own_names() {
    let base = base();
    let ours = promoted(&base, &[("2", Stage::Prod, 2)]);
    let theirs = promoted(&base, &[("3", Stage::Prod, 3)]);
    for side in [Side::Ours, Side::Theirs] {
        let conflicts = resolve(&base, &ours, &theirs, side, &Provenance::at(at(9))).conflicts;
        assert_eq!(conflicts.len(), 1);
        assert!(matches!(conflicts[0].kind, Dispute::Pointer(Stage::Prod)));
        let values = (conflicts[0].ours.as_deref(), conflicts[0].theirs.as_deref());
        assert_eq!(values, (Some("\"2\""), Some("\"3\"")));
    }
    // Without a conflict there is nothing to record.
    let resolution = resolve(&base, &ours, &base, Side::Theirs, &Provenance::at(at(9)));
    assert_eq!((resolution.conflicts.len(), resolution.models.len()), (0, 0));
    assert_eq!(resolution.manifest, ours);
}

#[test]
fn a_retirement_is_given_up_only_for_a_move_of_its_own_model() {
    let base = base();
    let record = |second| Provenance { reason: Some("leak"), ..Provenance::at(at(second)) };
    let mut ours = promoted(&base, &[("2", Stage::Prod, 2)]);
    ours.promote("n", "3", Stage::Prod, &record(3)).expect("a promotion");
    let mut theirs = promoted(&base, &[("4", Stage::Prod, 4)]);
    for model in ["m", "n"] {
        theirs.retire(model, "3", &record(5)).expect("it is not current");
    }
    let resolution = resolve(&base, &ours, &theirs, Side::Ours, &record(9));
    let dropped: Vec<(&str, Vec<&str>)> = resolution
        .models
        .iter()
        .map(|(model, event)| {
            (&**model, event.dropped.iter().map(|dropped| &*dropped.version).collect())
        })
        .collect();
    assert_eq!(dropped, [("m", vec!["4"]), ("n", vec!["3"])]);
    let retired = |model| {
        let model = resolution.manifest.model(model).expect("the model");
        model.version("3").expect("the version").retired().is_some()
    };
    assert_eq!((retired("m"), retired("n")), (true, false));
}

#[test]
fn one_model_is_taken_and_the_others_are_kept() {
    let base = base();
    let mut from = promoted(&base, &[("2", Stage::Prod, 2)]);
    from.promote("n", "3", Stage::Prod, &Provenance::at(at(3))).expect("a promotion");
    let taken = take_model(&base, &from, "m");
    assert_eq!(taken.models(), [from.models()[0].clone(), base.models()[1].clone()]);
    let taken = take_model(&base, &from, "n");
    assert_eq!(taken.models(), [base.models()[0].clone(), from.models()[1].clone()]);
    assert_eq!(take_model(&base, &from, "other"), base);
}
