//! Benchmarks the library: reads, changes with their writes to disk, and comparisons of two
//! manifests.

#![allow(clippy::disallowed_methods, reason = "a benchmark sets up its files")]
#![allow(missing_docs, reason = "criterion's macros make functions without any")]

mod support;

use std::fs::{self, File};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use model_registry::{
    Manifest, Provenance, Registration, Stage, Store, Timestamp, check, diff, merge,
};

use support::{MODEL, SIZES, first_version, folder, manifest};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = read, change, sides
}
criterion_main!(benches);

/// Writes a manifest with this many versions. Returns its path and its text.
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
    let registration = Registration::new("runs/new/model.txt");
    let first = first_version();
    for versions in SIZES {
        let (path, text) = file(versions);
        let store = Store::new(&path);
        // Each change starts from the same file. It is synced before, so that the change's own
        // fsync does not have to write it.
        let restore = || {
            fs::write(&path, &text).expect("a file for the benchmark");
            File::open(&path).and_then(|file| file.sync_all()).expect("a file on disk");
        };
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
                .promote(MODEL, &first, Stage::Prod, &Provenance::at(now()))
                .expect("the version exists");
        });
        drop(fs::remove_file(path));
    }
    group.finish();
}

/// Benchmarks diff, check and merge. Each side has registered and promoted a version, in a
/// manifest of ten models.
fn sides(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sides");
    for versions in SIZES {
        let parse = || Manifest::parse(manifest(versions), "m.json".as_ref()).expect("valid");
        let base = parse();
        let side = |name: &str| {
            // Parsed again, so that texts are not found equal only because they share memory.
            let mut side = parse();
            let registration = Registration::new("runs/new/model.txt").version(name);
            side.register(MODEL, &registration, now()).expect("a new version");
            side.promote(MODEL, name, Stage::Staging, &Provenance::at(now()))
                .expect("the version exists");
            side
        };
        let (ours, theirs) = (side("ours"), side("theirs"));
        group.throughput(Throughput::Bytes(base.to_text().len() as u64));
        group.bench_function(BenchmarkId::new("diff", versions), |bencher| {
            bencher.iter(|| diff::diff(black_box(&base), &ours).is_empty());
        });
        group.bench_function(BenchmarkId::new("check", versions), |bencher| {
            bencher.iter(|| check::check(black_box(&ours)));
        });
        group.bench_function(BenchmarkId::new("check_against", versions), |bencher| {
            bencher.iter(|| check::against(black_box(&ours), &base));
        });
        group.bench_function(BenchmarkId::new("merge", versions), |bencher| {
            bencher.iter(|| merge::merge(black_box(&base), &ours, &theirs));
        });
    }
    group.finish();
}
