//! Many processes at the same time: every acknowledged change is present exactly once.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;
use model_registry::Manifest;

use super::stores::{Kind, TestStore, on, on_all};
use crate::histories::{Faults, Random, assert_none, history_on, seed};
use crate::support::object_server::{Dialect, Fault};
use crate::support::{long, run, time, trained};

pub(crate) fn trials() -> Vec<Trial> {
    let name = "parallel::sixteen_processes_register_25_versions_each";
    let full = [Kind::Moto, Kind::Azurite, Kind::Fake(Dialect::Google)];
    [
        on_all("parallel::one_of_20_expectations_wins", one_of_20_expectations_wins),
        on_all("parallel::sixteen_processes_register", |store| register_from_16(store, 4)),
        full.map(|kind| long(on(kind, name, |store| register_from_16(store, 25)))).into(),
        full.map(|kind| long(on(kind, "parallel::sixteen_processes_are_killed", while_killed)))
            .into(),
        Dialect::ALL
            .map(|dialect| {
                long(on(
                    Kind::Fake(dialect),
                    "parallel::sixteen_processes_meet_faults",
                    with_faults,
                ))
            })
            .into(),
        Dialect::ALL
            .map(|dialect| {
                long(on(
                    Kind::Fake(dialect),
                    "parallel::histories_with_each_fault",
                    histories_with_each_fault,
                ))
            })
            .into(),
        [Kind::Moto, Kind::Azurite]
            .map(|kind| {
                long(on(kind, "parallel::histories_of_several_seeds", histories_of_several_seeds))
            })
            .into(),
        on_all("parallel::histories", histories),
        Dialect::ALL
            .map(|dialect| {
                on(Kind::Fake(dialect), "parallel::histories_with_faults", histories_with_faults)
            })
            .into(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn one_of_20_expectations_wins(store: &TestStore) {
    for version in 0..20 {
        store.register(&format!("v{version}"));
    }
    let promote = |version: u32| {
        let version = format!("v{version}");
        let arguments = ["promote", "m", &version, "--stage", "prod", "--expect-current", "none"];
        run(store.registry().args(arguments)).code
    };
    let codes: Vec<_> = thread::scope(|scope| {
        let promote = &promote;
        let threads: Vec<_> =
            (0..20).map(|version| scope.spawn(move || promote(version))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(4)).count(), 19, "{codes:?}");
}

fn register_from_16(store: &TestStore, each: u32) {
    thread::scope(|scope| {
        for writer in 0..16 {
            scope.spawn(move || {
                for number in 0..each {
                    store.register(&format!("{writer}-{number}"));
                }
            });
        }
    });
    let versions = store.versions();
    assert_eq!(versions.len(), 16 * each as usize);
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), versions.len());
}

/// Registers 25 versions from each of 16 processes, where each command is killed at first, at a random
/// time, and then repeated until it reports that it is done.
#[expect(clippy::print_stderr, reason = "a long test reports its numbers")]
fn while_killed(store: &TestStore) {
    let kills = AtomicU32::new(0);
    register_stubbornly(store, &|command, random| {
        // A command takes some 50 ms, more on a busy machine.
        for _ in 0..random.below(3) {
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let child = child.as_mut().expect("the command starts");
            thread::sleep(Duration::from_millis(random.below(150)));
            let is_done = child.try_wait().expect("its state").is_some();
            child.kill().expect("it can be killed");
            child.wait().expect("its end");
            kills.fetch_add(u32::from(!is_done), Ordering::Relaxed);
        }
    });
    eprintln!("{} commands were killed", kills.into_inner());
}

fn with_faults(store: &TestStore) {
    store.register("first");
    store.fake.as_ref().expect("a fake").fail_at_random(seed(7), 6);
    register_stubbornly(store, &|_, _| {});
}

/// Repeats each registration until it is acknowledged, and makes sure that each is there once.
#[expect(clippy::print_stderr, reason = "a long test reports its numbers")]
fn register_stubbornly(store: &TestStore, before: &(dyn Fn(&mut Command, &mut Random) + Sync)) {
    let expected: BTreeSet<_> =
        (0..16).flat_map(|w| (0..25).map(move |number| format!("{w}-{number}"))).collect();
    let failures = AtomicU32::new(0);
    thread::scope(|scope| {
        for writer in 0..16 {
            let failures = &failures;
            scope.spawn(move || {
                let mut random = Random::new(seed(1), writer);
                for number in 0..25 {
                    let version = format!("{writer}-{number}");
                    let command = || {
                        let register = ["register", "m", "--artifact-path", "s3://p", "--version"];
                        let mut command = store.registry();
                        command.args(register).arg(&version);
                        command
                    };
                    before(&mut command(), &mut random);
                    while run(&mut command()).code != Some(0) {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    eprintln!("{} commands failed and were repeated", failures.into_inner());
    if let Some(fake) = &store.fake {
        fake.forget_faults();
    }
    let mut found = store.versions();
    found.retain(|version| version != "first");
    assert_eq!(found.len(), 400);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Judges histories of each fault, with three seeds.
#[expect(clippy::print_stderr, reason = "a long test reports its numbers")]
fn histories_with_each_fault(store: &TestStore) {
    let Kind::Fake(dialect) = store.kind else { unreachable!("only the tests' server has faults") };
    let (mut judged, mut changes) = (0, 0);
    for fault in Fault::EACH {
        for seed in 1..=3 {
            let store = TestStore::new(Kind::Fake(dialect));
            after_the_probe(&store);
            store.fake.as_ref().expect("a fake").repeat_at_random(&fault, seed, 8);
            changes += judge(&store, seed, 6);
            judged += 1;
        }
        eprintln!("{judged} histories of {dialect:?} with {changes} changes, up to {fault:?}");
    }
}

#[expect(clippy::print_stderr, reason = "a long test reports its numbers")]
fn histories_of_several_seeds(store: &TestStore) {
    let changes: usize = (1..=5).map(|seed| judge(&TestStore::new(store.kind), seed, 8)).sum();
    eprintln!("5 histories of {:?} with {changes} changes", store.kind);
}

fn histories(store: &TestStore) {
    check_history(store, 12);
}

fn histories_with_faults(store: &TestStore) {
    after_the_probe(store);
    store.fake.as_ref().expect("a fake").fail_at_random(seed(7), 10);
    check_history(store, 12);
}

/// Lets the command and the library find out that the store supports conditional writes. For a probe,
/// every fault would be a reason to begin again.
fn after_the_probe(store: &TestStore) {
    store.register("first");
    let register = |manifest: &mut Manifest| manifest.register("other", &trained("v0"), time(0));
    store.store().update(register).expect("no fault yet");
}

fn check_history(store: &TestStore, operations: u64) {
    let changes = judge(store, seed(1), operations);
    assert!(changes > 50, "{changes} changes");
}

/// Runs a history and judges it. Returns the number of attempts to change something.
fn judge(store: &TestStore, seed: u64, operations: u64) -> usize {
    let copy = || {
        if let Some(fake) = &store.fake {
            fake.forget_faults();
        }
        store.copy()
    };
    let (journal, problems) = history_on(&store.store(), seed, operations, Faults::Kills, copy);
    assert_none(&problems, seed);
    journal.changes.len()
}
