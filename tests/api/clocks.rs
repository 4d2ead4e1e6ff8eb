//! Changes by a machine whose clock is behind the one that made the last change.

use model_registry::check::{Strictness, against, check, explained, replay};
use model_registry::{
    Manifest, Notes, Policy, Provenance, Prune, Registration, Result, Stage, Timestamp,
};

fn at(time: &str) -> Timestamp {
    Timestamp::parse(&format!("2025-12-15T{time}+00:00")).expect("a time")
}

/// A model with six versions of 05:00. 1 and 2 were in production one after the other, 3 is in
/// staging. The last move was at 05:10.
fn base() -> Manifest {
    let mut manifest = Manifest::default();
    for version in ["1", "2", "3", "4", "5", "6"] {
        let registration = Registration::new(format!("s3://{version}")).version(version);
        manifest.register("m", &registration, at("05:00:00")).expect("a new version");
    }
    for (version, stage, time) in [
        ("1", Stage::Prod, "05:01:00"),
        ("3", Stage::Staging, "05:02:00"),
        ("2", Stage::Prod, "05:10:00"),
    ] {
        manifest.promote("m", version, stage, &Provenance::at(at(time))).expect("a promotion");
    }
    manifest
}

type Change = fn(&mut Manifest, &Provenance<'_>) -> Result<()>;

const CHANGES: [(&str, Change); 8] = [
    ("promote", |m, p| m.promote("m", "4", Stage::Prod, p).map(drop)),
    ("demote", |m, p| m.promote("m", "3", Stage::Dev, p).map(drop)),
    ("rollback", |m, p| m.rollback("m", None, p).map(drop)),
    ("alias", |m, p| m.set_alias("m", "champion", Some("4"), p).map(drop)),
    ("retire", |m, p| m.retire("m", "4", p).map(drop)),
    ("describe", |m, p| m.describe("m", None, &Notes::new().tag("owner", "ada"), p).map(drop)),
    ("describe a version", |m, p| {
        m.describe("m", Some("4"), &Notes::new().description("good"), p).map(drop)
    }),
    ("prune", |m, p| m.prune("m", &Prune::keep(1), p).map(drop)),
];

fn last_time(manifest: &Manifest) -> String {
    let history = manifest.model("m").expect("the model").history();
    history.last().expect("an event").at.clone().expect("its time")
}

/// Asserts that a manifest is sound, also compared with the one before.
#[track_caller]
fn assert_sound(manifest: &Manifest, published: &Manifest, name: &str) {
    assert_eq!(check(manifest), [], "{name}");
    assert_eq!(explained(manifest), [], "{name}");
    let mut found = against(manifest, published);
    found.extend(replay(manifest, published, &Policy::default(), Strictness::default()));
    // A prune is a warning in any case.
    found.retain(|finding| finding.severity == model_registry::Severity::Problem);
    assert_eq!(found, [], "{name}");
}

#[test]
fn a_change_is_not_before_the_last_event() {
    let base = base();
    for (name, change) in CHANGES {
        for (now, expected) in [
            ("04:00:00", "05:10:00.000001"),
            ("05:09:55", "05:10:00.000001"),
            ("05:10:00", "05:10:00.000001"),
            ("05:10:00.000001", "05:10:00.000001"),
            ("05:10:05", "05:10:05.000000"),
        ] {
            let mut manifest = base.clone();
            let reason = Some("leaked features");
            let provenance = Provenance { reason, ..Provenance::at(at(now)) };
            change(&mut manifest, &provenance).expect(name);
            let expected = format!("2025-12-15T{expected}+00:00");
            assert_eq!(last_time(&manifest), expected, "{name} at {now}");
            let saved = manifest.get("updated_at").expect("a time");
            assert_eq!(saved.as_str(), Some(&*expected), "{name} at {now}");
            assert_sound(&manifest, &base, name);
        }
    }
}

#[test]
fn changes_one_after_the_other_are_in_order_under_a_slow_clock() {
    let base = base();
    let mut manifest = base.clone();
    let provenance = |reason| Provenance { reason, ..Provenance::at(at("04:00:00")) };
    for (name, change) in CHANGES {
        // The rollback of 4 and the demotion of 3 leave them as they were.
        change(&mut manifest, &provenance(Some("leaked features"))).expect(name);
        if name == "retire" {
            let retired = manifest.model("m").expect("the model").version("4").expect("it");
            assert_eq!(retired.retired().expect("retired").at, Some(last_time(&manifest)));
            manifest.unretire("m", "4", &provenance(None)).expect("it is retired");
        }
        if name == "alias" {
            manifest.set_alias("m", "champion", None, &provenance(None)).expect("it is there");
        }
        assert_sound(&manifest, &base, name);
    }
    let times: Vec<_> = manifest.model("m").expect("the model").history();
    let times: Vec<_> = times.into_iter().map(|event| event.at).collect();
    assert_eq!(times.len(), 13);
    assert!(times.is_sorted_by(|one, two| one < two), "{times:?}");
}

#[test]
fn a_change_of_a_version_is_not_before_its_creation() {
    let mut base = Manifest::default();
    let registration = Registration::new("s3://1").version("1");
    base.register("m", &registration, at("05:00:00")).expect("a new version");
    let changes: [(&str, Change); 4] = [
        ("promote", |m, p| m.promote("m", "1", Stage::Prod, p).map(drop)),
        ("alias", |m, p| m.set_alias("m", "champion", Some("1"), p).map(drop)),
        ("retire", |m, p| m.retire("m", "1", p).map(drop)),
        ("describe", |m, p| {
            m.describe("m", Some("1"), &Notes::new().description("good"), p).map(drop)
        }),
    ];
    for (name, change) in changes {
        let mut manifest = base.clone();
        let provenance = Provenance { reason: Some("why"), ..Provenance::at(at("04:59:55")) };
        change(&mut manifest, &provenance).expect(name);
        assert_eq!(last_time(&manifest), "2025-12-15T05:00:00.000000+00:00", "{name}");
        assert_sound(&manifest, &base, name);
    }
}
