//! Does several pieces of work at the same time.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does the work with each index below `count`, on several threads, and returns the results in
/// their order. Each thread begins with its own `start`.
pub(super) fn in_parallel<S, R: Send>(
    threads: NonZero<usize>,
    count: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let (mut state, mut done) = (start(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(&mut state, index)));
        }
    };
    let mut done = thread::scope(|scope| {
        let helpers = threads.get().min(count).saturating_sub(1);
        // Without a thread that the system refuses, the others do its work.
        let helper = || thread::Builder::new().spawn_scoped(scope, run);
        let helpers: Vec<_> = (0..helpers).map_while(|_| helper().ok()).collect();
        let mut done = run();
        for helper in helpers {
            match helper.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
