//! Many processes at once: no update is lost, and no reader sees anything but a whole file.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use libtest_mimic::Trial;

use crate::support::{Folder, registry, run, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![sixteen_writers_lose_nothing_and_no_reader_sees_a_broken_file,]
}

const WRITERS: u32 = 16;
const VERSIONS: u32 = 25;

fn sixteen_writers_lose_nothing_and_no_reader_sees_a_broken_file() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let done = AtomicBool::new(false);
    let reads = AtomicU32::new(0);

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = 0;
                while !done.load(Ordering::Relaxed) {
                    seen = read(&path, seen);
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let path = &path;
                scope.spawn(move || {
                    for version in 0..VERSIONS {
                        let name = format!("w{writer}-{version}");
                        let mut command = registry(path);
                        command.args([
                            "register",
                            "m",
                            "--artifact-path",
                            "s3://p",
                            "--version",
                            &name,
                        ]);
                        run(&mut command).code(0);
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok), "a writer failed");
    });

    let found = versions_in(&path);
    let names: BTreeSet<_> = found.iter().cloned().collect();
    let expected: BTreeSet<_> =
        (0..WRITERS).flat_map(|w| (0..VERSIONS).map(move |v| format!("w{w}-{v}"))).collect();
    assert_eq!(names, expected);
    assert_eq!(found.len(), 400);
    assert!(reads.into_inner() > 10, "the readers ran beside the writers");
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// Lists the versions; there are never fewer than before.
fn read(path: &std::path::Path, before: usize) -> usize {
    let ran = run(registry(path).args(["list", "--stage", "dev", "--json"]));
    ran.code(0);
    let listed: serde_json::Value = serde_json::from_str(&ran.stdout).expect("whole JSON");
    let count = listed.as_array().expect("a list").len();
    assert!(count >= before, "{count} versions after {before}");
    count
}
