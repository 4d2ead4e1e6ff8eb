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

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};
    use std::time::Duration;

    use super::*;

    /// Each thread waits for the other, so one thread alone would not end.
    #[test]
    fn results_are_in_order_when_another_thread_begins() {
        const LIMIT: Duration = Duration::from_secs(60);
        let caller = thread::current().id();
        let (taken, first_is_taken) = mpsc::channel();
        let (done, second_is_done) = mpsc::channel();
        let (first_is_taken, second_is_done) =
            (Mutex::new(first_is_taken), Mutex::new(second_is_done));
        let wait = |receiver: &Mutex<mpsc::Receiver<()>>| {
            receiver.lock().expect("a lock").recv_timeout(LIMIT).expect("a second thread");
        };
        let start = || {
            if thread::current().id() == caller {
                wait(&first_is_taken);
            }
        };
        let work = |(): &mut (), index| {
            if index == 0 {
                taken.send(()).expect("a receiver");
                wait(&second_is_done);
            } else {
                done.send(()).expect("a receiver");
            }
            (index, thread::current().id() == caller)
        };
        let two = NonZero::new(2).expect("a number");
        assert_eq!(in_parallel(two, 2, start, work), [(0, false), (1, true)]);
        assert_eq!(in_parallel(two, 0, || (), |(), index| index), [0; 0]);
    }
}
