//! Soak: parallel histories with kills and failing system calls, and programs that dump in place,
//! repeated for some minutes, each round with its own seed.
//!
//! `tests/soak.sh MINUTES` runs it (2 by default). It ends with `operations N, faults injected M,
//! losses 0`, or fails with what was lost and the seed. The module `histories` decides what is a
//! loss, and lists the faults that it was seen to find.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libtest_mimic::Trial;

use crate::concurrency::histories::{Faults, Journal, assert_none, beside_a_dumper, history, seed};
use crate::support::{Need, long, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Strace, Need::Program("python3")];
    vec![long(trial("soak", &needs, soak))]
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
