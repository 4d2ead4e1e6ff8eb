use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use object_store::UpdateVersion;

use super::*;
use crate::error::RemoteReason;
use crate::manifest::{Provenance, Registration, Timestamp};
use crate::stage::Stage;

/// The fate of one write.
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// It is written, and the answer is lost.
    Written,
    /// The answer is lost, and it is not written.
    Dropped,
    /// The answer is lost, and it is written after the next read.
    Late,
    /// As `Written`, and then somebody else writes.
    WrittenThenOther,
    /// As `Written`, and then a program without a chain writes.
    WrittenThenForeign,
    /// Not written, since somebody else was faster.
    Other,
    /// Not written, because of too many requests.
    Throttled,
    /// Written, but a proxy sent it twice and passes on the second answer.
    Twice,
}

/// A store with one object, whose answers are scripted.
#[derive(Default)]
struct Fake {
    object: RefCell<Option<(Manifest, State)>>,
    late: RefCell<Option<(Manifest, Option<State>, Chain)>>,
    faults: RefCell<VecDeque<Fault>>,
    reads_fail: Cell<bool>,
    version: Cell<u32>,
    requests: Cell<u32>,
}

impl Fake {
    fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let fake = Self { faults: RefCell::new(faults.into_iter().collect()), ..Self::default() };
        let mut manifest = Manifest::default();
        for version in ["1", "2"] {
            register(&mut manifest, version).expect("a version");
        }
        fake.store(manifest, Chain::absent());
        fake
    }

    fn store(&self, manifest: Manifest, chain: Chain) {
        self.version.set(self.version.get() + 1);
        let version = UpdateVersion { e_tag: Some(self.version.get().to_string()), version: None };
        *self.object.borrow_mut() = Some((manifest, State::of(version, chain)));
    }

    fn current(&self) -> Option<State> {
        self.object.borrow().as_ref().map(|(_, state)| state.clone())
    }

    fn try_store(&self, manifest: &Manifest, base: Option<&State>, chain: &Chain) -> bool {
        let matches = match (base, self.current()) {
            (None, None) => true,
            (Some(base), Some(now)) => now.is(base),
            _ => false,
        };
        if matches {
            self.store(manifest.clone(), chain.clone());
        }
        matches
    }

    fn other_writes(&self) {
        let (mut manifest, state) = self.object.borrow().clone().expect("an object");
        register(&mut manifest, &format!("other-{}", self.version.get())).expect("a version");
        self.store(manifest, state.chain.with(&WriteId::new()));
    }

    fn moves(&self) -> usize {
        let object = self.object.borrow();
        let (manifest, _) = object.as_ref().expect("an object");
        manifest.model("m").expect("the model").history().len()
    }
}

impl Object for Fake {
    fn get(&self) -> Result<Option<(Manifest, State)>> {
        self.requests.set(self.requests.get() + 1);
        if self.reads_fail.get() {
            return Err(self.contended(0));
        }
        let object = self.object.borrow().clone();
        if let Some((manifest, base, chain)) = self.late.borrow_mut().take() {
            self.try_store(&manifest, base.as_ref(), &chain);
        }
        Ok(object)
    }

    fn put(&self, manifest: &Manifest, base: Option<&State>, chain: &Chain) -> Result<Put> {
        self.requests.set(self.requests.get() + 1);
        let fault = self.faults.borrow_mut().pop_front().unwrap_or(Fault::None);
        let unknown = Ok(Put::Unknown { problem: "500".to_owned(), wait: None });
        if matches!(
            fault,
            Fault::Written | Fault::WrittenThenOther | Fault::WrittenThenForeign | Fault::Twice
        ) && !self.try_store(manifest, base, chain)
        {
            return Ok(Put::Lost);
        }
        match fault {
            Fault::None if self.try_store(manifest, base, chain) => return Ok(Put::Done),
            Fault::None | Fault::Twice => return Ok(Put::Lost),
            Fault::Other => {
                self.other_writes();
                return Ok(Put::Lost);
            }
            Fault::Throttled => {
                return Ok(Put::Throttled { problem: "429".to_owned(), wait: None });
            }
            Fault::Dropped | Fault::Written => {}
            Fault::Late => {
                *self.late.borrow_mut() = Some((manifest.clone(), base.cloned(), chain.clone()));
            }
            Fault::WrittenThenOther => self.other_writes(),
            Fault::WrittenThenForeign => {
                let (manifest, state) = self.object.borrow().clone().expect("an object");
                self.store(manifest, Chain::read(None, &state.version));
            }
        }
        unknown
    }

    fn sleep(&self, _: &mut Pause, _: Option<Duration>) {}

    fn maybe_written(&self, problem: &str) -> Error {
        let (url, problem) = ("s3://b/k".to_owned(), problem.to_owned());
        Error::Remote { action: "write", url, reason: RemoteReason::MaybeWritten, problem }
    }

    fn throttled(&self, problem: &str) -> Error {
        let (url, problem) = ("s3://b/k".to_owned(), problem.to_owned());
        Error::Remote { action: "write", url, reason: RemoteReason::Unreachable, problem }
    }

    fn contended(&self, attempts: u32) -> Error {
        Error::Contended { path: "k".into(), attempts }
    }
}

fn time() -> Timestamp {
    Timestamp::parse("2025-12-01T05:00:00+00:00").expect("a time")
}

fn register(manifest: &mut Manifest, version: &str) -> Result<()> {
    let mut new = Registration::new(format!("runs/{version}"));
    new.version = Some(version.to_owned());
    manifest.register("m", &new, time()).map(drop)
}

/// Promotes version 1, then 2, and so on: recording a move twice is visible.
fn promote(fake: &Fake) -> Result<bool> {
    update(fake, Duration::from_secs(60), |manifest| {
        let next =
            if manifest.production("m").is_ok_and(|v| v.version() == "1") { "2" } else { "1" };
        Ok(manifest.promote("m", next, Stage::Prod, &Provenance::at(time()))?.changed)
    })
}

fn is_undecided(result: &Result<bool>) -> bool {
    matches!(result, Err(Error::Remote { reason: RemoteReason::MaybeWritten, .. }))
}

#[test]
fn a_write_without_contention_is_one_read_and_one_write() {
    let fake = Fake::new([]);
    assert!(promote(&fake).expect("it is alone"));
    assert_eq!((fake.requests.get(), fake.moves()), (2, 1));
}

#[test]
fn a_move_is_recorded_once_even_if_the_response_is_lost() {
    use Fault::{Dropped, Late, Other, Throttled, Twice, Written, WrittenThenOther};
    let faults = [Written, Dropped, Late, WrittenThenOther, Other, Throttled, Twice];
    for first in faults {
        for second in faults {
            let fake = Fake::new([first, second]);
            assert!(promote(&fake).expect("it is written in the end"));
            assert_eq!(fake.moves(), 1);
        }
    }
}

#[test]
fn a_write_that_others_hide_is_reported_as_undecided() {
    let fake = Fake::new([Fault::WrittenThenForeign]);
    assert!(is_undecided(&promote(&fake)));
    assert_eq!(fake.moves(), 1);
}

#[test]
fn a_write_that_may_be_on_its_way_is_reported_as_undecided() {
    let fake = Fake::new([Fault::Dropped; 20]);
    assert!(is_undecided(&promote(&fake)));
    assert_eq!(fake.requests.get(), 11);
    // The same if the object cannot be read again.
    let fake = Fake::new([Fault::Dropped]);
    let mut tries = 0;
    let result = update(&fake, Duration::from_secs(60), |manifest| {
        tries += 1;
        fake.reads_fail.set(true);
        register(manifest, "3").map(|()| true)
    });
    assert!(is_undecided(&result) && tries == 1);
}

#[test]
fn a_store_with_too_many_requests_is_asked_until_the_time_is_over() {
    let fake = Fake::new([Fault::Throttled; 20]);
    assert!(promote(&fake).expect("it is written in the end"));
    assert_eq!((fake.requests.get(), fake.moves()), (42, 1));
    let fake = Fake::new([Fault::Throttled; 20]);
    let result = update(&fake, Duration::ZERO, |manifest| register(manifest, "3"));
    let Err(Error::Remote { reason, problem, .. }) = result else { panic!("{result:?}") };
    assert_eq!((reason, &*problem), (RemoteReason::Unreachable, "429"));
}

#[test]
fn losing_until_the_time_is_over_is_contention() {
    let fake = Fake::new([Fault::Other; 4]);
    let result = update(&fake, Duration::ZERO, |manifest| register(manifest, "3"));
    assert!(matches!(result, Err(Error::Contended { attempts: 1, .. })), "{result:?}");
    assert_eq!(fake.requests.get(), 3);
}

#[test]
fn the_first_write_creates_and_no_change_writes_nothing() {
    let fake = Fake::default();
    update(&fake, Duration::ZERO, |manifest| register(manifest, "1")).expect("it is created");
    assert_eq!(fake.requests.get(), 2);
    update(&fake, Duration::ZERO, |manifest| register(manifest, "1")).expect("it is there");
    assert_eq!(fake.requests.get(), 3);
}
