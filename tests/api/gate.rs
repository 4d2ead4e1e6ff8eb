//! Which demands apply to a planned move, by its action and its stage.

use model_registry::{
    Gate, Manifest, Move, Provenance, Registration, Stage, Timestamp, Verdict, judge,
};

fn at(second: u32) -> Timestamp {
    Timestamp::parse(&format!("2025-12-15T05:00:{second:02}+00:00")).expect("a time")
}

/// 1 and 2 were in production, and 2 was rolled back. 3 is retired, and 4 is new.
fn manifest() -> Manifest {
    let mut manifest = Manifest::default();
    for version in ["1", "2", "3", "4"] {
        let registration = Registration::new(format!("s3://{version}")).version(version);
        manifest.register("m", &registration, at(0)).expect("a new version");
    }
    let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
    manifest.promote("m", "1", Stage::Prod, &record(1)).expect("a promotion");
    manifest.promote("m", "2", Stage::Prod, &record(2)).expect("a promotion");
    manifest.rollback("m", None, &record(3)).expect("a rollback");
    let because = Provenance { reason: Some("leaked features"), ..record(4) };
    manifest.retire("m", "3", &because).expect("it is not current");
    manifest
}

fn rules(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().map(|verdict| verdict.rule.as_str()).collect()
}

#[test]
fn a_decision_against_a_version_counts_for_the_stages_that_it_is_about() {
    let manifest = manifest();
    let model = manifest.model("m").expect("the model");
    for (version, stage, expected) in [
        ("2", Stage::Prod, &["not rolled back"][..]),
        ("2", Stage::Staging, &[]),
        ("2", Stage::Dev, &[]),
        ("3", Stage::Prod, &["not retired"]),
        ("3", Stage::Staging, &["not retired"]),
        ("3", Stage::Dev, &[]),
        ("4", Stage::Prod, &[]),
        ("4", Stage::Staging, &[]),
        ("1", Stage::Prod, &[]),
    ] {
        let plan = model.plan_promotion(version, stage).expect("a plan");
        let verdicts = judge(&[], model, &plan, None);
        assert_eq!(rules(&verdicts), expected, "{version} to {stage}");
        assert!(verdicts.iter().all(|verdict| !verdict.met && verdict.note.is_some()));
    }
    let plan = model.plan_promotion("2", Stage::Prod).expect("a plan");
    let note = judge(&[], model, &plan, None)[0].note.clone().expect("a note");
    assert_eq!(note, "rolled back at 2025-12-15T05:00:03.000000+00:00 by ada");
    let plan = model.plan_promotion("3", Stage::Prod).expect("a plan");
    let note = judge(&[], model, &plan, None)[0].note.clone().expect("a note");
    assert_eq!(note, "retired by ada on 2025-12-15 05:00:04: leaked features");
}

#[test]
fn a_rollback_is_not_judged_by_decisions_against_a_version() {
    let mut manifest = manifest();
    manifest.promote("m", "4", Stage::Prod, &Provenance::at(at(5))).expect("a promotion");
    let plan = manifest.model("m").expect("the model").plan_rollback(None).expect("a plan");
    assert_eq!(plan.version, "1");
    // The model may have changed since the move was planned: the version is retired by then.
    let because = Provenance { reason: Some("leaked features"), ..Provenance::at(at(6)) };
    manifest.retire("m", "1", &because).expect("it is not current");
    let model = manifest.model("m").expect("the model");
    assert_eq!(rules(&judge(&[], model, &plan, None)), [""; 0]);
}

#[test]
fn a_reason_is_one_requirement_however_many_gates_have_it() {
    let manifest = manifest();
    let model = manifest.model("m").expect("the model");
    let plan = model.plan_promotion("4", Stage::Prod).expect("a plan");
    let with = |reason| Gate { reason, ..Gate::default() };
    for (gates, reason, expected) in [
        (vec![], Some("better"), None),
        (vec![with(false)], None, None),
        (vec![with(true)], None, Some(false)),
        (vec![with(true)], Some(" \t"), Some(false)),
        (vec![with(true)], Some("better"), Some(true)),
        (vec![with(false), with(true)], None, Some(false)),
        (vec![with(true), with(true)], Some("better"), Some(true)),
    ] {
        let verdicts = judge(&gates, model, &plan, reason);
        let met: Vec<_> = verdicts.iter().map(|verdict| verdict.met).collect();
        assert_eq!(met, expected.into_iter().collect::<Vec<_>>(), "{gates:?} {reason:?}");
    }
    // A version that the model does not have is not judged.
    let unknown = Manifest::default();
    let mut other = unknown.clone();
    other.register("m", &Registration::new("p").version("9"), at(0)).expect("a new version");
    let judged = |plan: &Move| judge(&[with(true)], other.model("m").expect("it"), plan, None);
    assert_eq!(judged(&plan), []);
}
