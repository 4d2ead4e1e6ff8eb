//! Reading a document: every event, one pass over it, its members, and its values.

#![allow(missing_docs, reason = "criterion's macros make functions without any")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use json_document::{Event, Object, Parser, Raw, Style, Value};

criterion_group!(benches, read);
criterion_main!(benches);

/// An array of records as `json.dump(records, file, indent=2)` writes it.
fn records(count: usize) -> String {
    let mut text = String::from("[");
    for index in 0..count {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}\n  {{\n    \"name\": \"run_{index:06}\",\n    \"path\": \"runs/{index}/model.txt\",\n    \
             \"created_at\": \"2025-12-06T06:00:40.537326+00:00\",\n    \"promoted_at\": null,\n    \
             \"metrics\": {{\n      \"val_mae\": 0.{index:016},\n      \"rows\": {index}\n    }},\n    \
             \"description\": \"Train to 2024-06-30 | stage1 | run {index}\"\n  }}"
        );
    }
    text + "\n]"
}

fn read(criterion: &mut Criterion) {
    let text = records(10_000);
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("events", |bencher| {
        bencher.iter(|| {
            let mut parser = Parser::from_str(black_box(&text));
            let mut events = 0;
            while parser.next_event().expect("valid") != Event::End {
                events += 1;
            }
            events
        });
    });
    group.bench_function("skip", |bencher| {
        bencher.iter(|| Parser::from_str(black_box(&text)).skip().expect("valid"));
    });
    group.bench_function("skip a stream", |bencher| {
        bencher.iter(|| Parser::from_reader(black_box(text.as_bytes())).skip().expect("valid"));
    });
    group.bench_function("skip without duplicate keys", |bencher| {
        bencher.iter(|| Parser::from_str(black_box(&text)).skip_unique().expect("valid"));
    });
    group.bench_function("members", |bencher| {
        bencher.iter(|| {
            let elements = Raw::new(black_box(&text)).elements();
            elements.map(|record| record.members().count()).sum::<usize>()
        });
    });
    group.bench_function("values", |bencher| {
        bencher.iter(|| Value::parse(black_box(&text)).expect("valid"));
    });
    group.bench_function("restyle", |bencher| {
        bencher.iter(|| Raw::new(black_box(&text)).restyle(&Style::one_line(), 0));
    });
    group.finish();

    let keys = |count: usize| (0..count).map(|key| format!("\"k{key}\":{key}"));
    let text = format!("{{{}}}", keys(20_000).collect::<Vec<_>>().join(",")).into();
    criterion.bench_function("edit 20,000 members", |bencher| {
        bencher.iter(|| {
            let mut object = Object::parse(black_box(&text)).expect("valid");
            for key in 0..20_000 {
                object.set(&format!("k{key}"), "null".into(), &Style::default(), 0);
            }
            object
        });
    });
}
