//! Histories: many processes at once, their journals, and the manifest that must agree with them.

mod dumper;
mod journal;
mod judge;
mod random;
pub(crate) mod suite;
mod worker;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use model_registry::{Manifest, Store};

pub(crate) use dumper::beside_a_dumper;
pub(crate) use journal::{Journal, Outcome};
pub(crate) use random::{Random, seed};
pub(crate) use worker::Faults;

use crate::support::{Folder, time, trained};
use worker::{MODELS, Worker};

/// Runs sixteen workers on a file. Returns their journal and all problems.
pub(crate) fn history(seed: u64, operations: u64, faults: Faults) -> (Journal, Vec<String>) {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let (journal, mut problems) =
        history_on(&Store::new(&path), seed, operations, faults, || path.clone());
    // A killed writer's file stays until the next one; that one needs no help.
    if !folder.leftovers().is_empty() {
        problems.push(format!("left behind {:?}", folder.leftovers()));
    }
    (journal, problems)
}

/// Runs sixteen workers with this many operations each. Returns their journal and all problems of
/// the file that `copy` makes of the manifest at the end.
pub(crate) fn history_on(
    store: &Store,
    seed: u64,
    operations: u64,
    faults: Faults,
    copy: impl FnOnce() -> PathBuf,
) -> (Journal, Vec<String>) {
    let path = store.path();
    let first = |manifest: &mut Manifest| {
        for model in MODELS {
            manifest.register(model, &trained("v0"), time(0))?;
        }
        Ok(())
    };
    store.update(first).expect("the first versions");
    let known = Mutex::new(MODELS.map(|model| (model, "v0".to_owned())).to_vec());
    let mut journal = Journal::default();
    thread::scope(|scope| {
        let start = |worker: u64| {
            let worker = Worker {
                name: format!("w{worker}"),
                random: Random::new(seed, worker),
                path,
                known: &known,
                faults,
                journal: Journal::default(),
            };
            scope.spawn(move || worker.work(operations))
        };
        let workers: Vec<_> = (0..16).map(start).collect();
        for worker in workers {
            journal.add(worker.join().expect("no worker panics"));
        }
    });
    let mut problems = judge::judge(&copy(), &journal);
    let next = store.update(|m| m.register("a", &trained("next"), time(1)));
    if next.is_err() {
        problems.push(format!("the next writer: {next:?}"));
    }
    (journal, problems)
}

/// Panics if there are problems, with the seed that repeats them.
#[track_caller]
pub(crate) fn assert_none(problems: &[String], seed: u64) {
    let mut text = String::new();
    for problem in problems.iter().take(20) {
        let _ = writeln!(text, "{problem}");
    }
    let count = problems.len();
    assert!(count == 0, "{count} problems, with REGISTRY_TEST_SEED={seed}:\n{text}");
}
