//! A model, and changes to it, one after the other.

use model_registry::check::{Finding, Strictness, replay};
use model_registry::{Manifest, Notes, Policy, Provenance, Prune, Registration, Stage, Timestamp};

pub(crate) const MODEL: &str = "m";

pub(crate) fn record(second: u32) -> Provenance<'static> {
    let at = Timestamp::parse(&format!("2025-12-15T05:00:{second:02}+00:00")).expect("a time");
    Provenance { by: Some("ada"), reason: Some("leak"), ..Provenance::at(at) }
}

/// A model with the versions 1 to 5. 1 and 2 were in production one after the other.
pub(crate) fn base() -> Manifest {
    let mut manifest = Manifest::default();
    for version in ["1", "2", "3", "4", "5"] {
        let registration = Registration::new(format!("s3://{version}")).version(version);
        manifest.register(MODEL, &registration, record(0).at).expect("a new version");
    }
    promote("1", Stage::Prod, 1)(&mut manifest);
    promote("2", Stage::Prod, 2)(&mut manifest);
    manifest
}

pub(crate) type Change = Box<dyn Fn(&mut Manifest)>;

pub(crate) fn retire(version: &'static str, second: u32) -> Change {
    Box::new(move |manifest| {
        manifest.retire(MODEL, version, &record(second)).expect("it is not current");
    })
}

pub(crate) fn unretire(version: &'static str, second: u32) -> Change {
    Box::new(move |manifest| {
        manifest.unretire(MODEL, version, &record(second)).expect("a version");
    })
}

pub(crate) fn promote(version: &'static str, stage: Stage, second: u32) -> Change {
    Box::new(move |manifest| {
        manifest.promote(MODEL, version, stage, &record(second)).expect("a promotion");
    })
}

pub(crate) fn prune(keep: usize, second: u32) -> Change {
    Box::new(move |manifest| {
        manifest.prune(MODEL, &Prune::keep(keep), &record(second)).expect("the model");
    })
}

pub(crate) fn describe(version: &'static str, second: u32) -> Change {
    Box::new(move |manifest| {
        let notes = Notes::new().description("good");
        manifest.describe(MODEL, Some(version), &notes, &record(second)).expect("valid notes");
    })
}

pub(crate) fn rollback(second: u32) -> Change {
    Box::new(move |manifest| {
        manifest.rollback(MODEL, None, &record(second)).expect("a rollback");
    })
}

pub(crate) fn after(manifest: &Manifest, changes: &[Change]) -> Manifest {
    let mut manifest = manifest.clone();
    for change in changes {
        change(&mut manifest);
    }
    manifest
}

pub(crate) fn moves(manifest: &Manifest, published: &Manifest) -> Vec<Finding> {
    replay(manifest, published, &Policy::default(), Strictness::default())
}

pub(crate) fn problems(findings: Vec<Finding>) -> Vec<String> {
    use model_registry::check::Severity::Problem;
    let problems = findings.into_iter().filter(|finding| finding.severity == Problem);
    problems.map(|finding| finding.message).collect()
}
