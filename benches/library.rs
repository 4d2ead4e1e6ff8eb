//! The library by itself: reading, and changes with everything they do on disk.

#![allow(clippy::disallowed_methods, reason = "a benchmark sets up its files")]
#![allow(missing_docs, reason = "criterion's macros make functions without any")]

mod support;

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use model_registry::{Manifest, Record, Registration, Stage, Store, Timestamp};

use support::{MODEL, SIZES, first_version, folder, manifest};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = read, change
}
criterion_main!(benches);

/// A file with this many versions, and its text.
fn file(versions: usize) -> (PathBuf, String) {
    let path = folder().join(format!("library-{versions}.json"));
    let text = manifest(versions);
    fs::write(&path, &text).expect("a file for the benchmark");
    (path, text)
}

fn now() -> Timestamp {
    Timestamp::parse("2025-12-16T05:00:00+00:00").expect("a time")
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    for versions in SIZES {
        let (path, text) = file(versions);
        let store = Store::new(&path);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("load", versions), |bencher| {
            bencher.iter(|| store.load().expect("a manifest"));
        });
        group.bench_function(BenchmarkId::new("load_model", versions), |bencher| {
            bencher.iter(|| store.load_model(black_box(MODEL)).expect("the model"));
        });
        group.bench_function(BenchmarkId::new("production", versions), |bencher| {
            bencher.iter(|| store.production(black_box(MODEL)).expect("the version"));
        });
        drop(fs::remove_file(path));
    }
    group.finish();
}

fn change(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("change");
    let registration =
        Registration { artifact_path: "runs/new/model.txt".into(), ..Registration::default() };
    let first = first_version();
    for versions in SIZES {
        let (path, text) = file(versions);
        let store = Store::new(&path);
        // Each change starts from the same file.
        let restore = || fs::write(&path, &text).expect("a file for the benchmark");
        let mut bench = |name, change: &dyn Fn(&mut Manifest)| {
            group.bench_function(BenchmarkId::new(name, versions), |bencher| {
                let update = |()| {
                    let changed = store.update(|manifest| {
                        change(manifest);
                        Ok(())
                    });
                    changed.expect("the change is saved");
                };
                bencher.iter_batched(restore, update, BatchSize::PerIteration);
            });
        };
        bench("register", &|manifest| {
            manifest.register(MODEL, &registration, now()).expect("a new version");
        });
        bench("promote", &|manifest| {
            manifest
                .promote(MODEL, &first, Stage::Prod, &Record::at(now()))
                .expect("the version is there");
        });
        drop(fs::remove_file(path));
    }
    group.finish();
}
