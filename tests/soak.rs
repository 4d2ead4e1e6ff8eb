//! Soak: parallel histories with kills and failing system calls, and programs that dump in place,
//! again and again for some minutes, each round with a seed of its own.
//!
//! `tests/soak MINUTES` runs it (2 unless said otherwise). It ends with
//! `operations N, faults injected M, losses 0`, or fails with what was lost and the seed. A loss is
//! everything that `histories.rs` would not accept. What is judged, and how that was seen to fail,
//! is told there.

#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]
#![allow(clippy::print_stdout, reason = "it reports")]

#[path = "histories/mod.rs"]
mod parts;
mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parts::{Faults, Journal, assert_none, beside_a_dumper, history, seed};
use support::{Need, long, main_of, trial};

fn main() -> ExitCode {
    let needs = [Need::Strace, Need::Program("python3")];
    main_of(vec![long(trial("soak", &needs, soak))])
}

fn minutes() -> f64 {
    let named = std::env::var("REGISTRY_SOAK_MINUTES").ok();
    named.map_or(2.0, |text| text.parse().expect("REGISTRY_SOAK_MINUTES is a number"))
}

fn soak() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let mut seed = seed(now.as_secs());
    let end = Instant::now() + Duration::from_secs_f64(minutes() * 60.0);
    let mut total = Journal::default();
    loop {
        for (journal, problems) in
            [history(seed, 40, Faults::KillsAndErrors), beside_a_dumper(60, seed)]
        {
            total.add(Journal { changes: Vec::new(), ..journal });
            if !problems.is_empty() {
                println!("{}, losses {}", sum(&total), problems.len());
                assert_none(&problems, seed);
            }
        }
        if Instant::now() >= end {
            break;
        }
        seed += 1;
    }
    println!("{}, losses 0", sum(&total));
}

fn sum(total: &Journal) -> String {
    format!("operations {}, faults injected {}", total.operations, total.faults)
}
