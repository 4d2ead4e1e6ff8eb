//! Many processes at the same time: every acknowledged change is present exactly once.

use std::collections::BTreeSet;
use std::thread;

use libtest_mimic::Trial;

use super::stores::{Kind, TestStore, on, on_all};
use crate::histories::{Faults, assert_none, history_on, seed};
use crate::support::object_server::Dialect;
use crate::support::{long, run};

pub(crate) fn trials() -> Vec<Trial> {
    let name = "parallel::sixteen_processes_register_25_versions_each";
    let full = [Kind::Moto, Kind::Azurite, Kind::Fake(Dialect::Google)];
    [
        on_all("parallel::one_of_20_expectations_wins", one_of_20_expectations_wins),
        on_all("parallel::sixteen_processes_register", |store| register_from_16(store, 4)),
        full.map(|kind| long(on(kind, name, |store| register_from_16(store, 25)))).into(),
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

fn histories(store: &TestStore) {
    check_history(store, 12);
}

fn histories_with_faults(store: &TestStore) {
    // After the probe, of which every fault would be a reason to begin again.
    store.register("first");
    store.fake.as_ref().expect("a fake").fail_at_random(seed(7), 10);
    check_history(store, 12);
}

fn check_history(store: &TestStore, operations: u64) {
    let seed = seed(1);
    let copy = || {
        if let Some(fake) = &store.fake {
            fake.forget_faults();
        }
        store.copy()
    };
    let (journal, problems) = history_on(&store.store(), seed, operations, Faults::Kills, copy);
    assert_none(&problems, seed);
    assert!(journal.changes.len() > 50, "{} changes", journal.changes.len());
}
