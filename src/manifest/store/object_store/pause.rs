//! Waits between attempts, and random numbers for them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(2);

/// The pause with the longest limit, counted from 0.
const PEAK: u32 = 2;

/// How many times as long as the first attempt its limit is.
const FACTOR: u32 = 8;

/// How often the limit halves.
const HALVINGS: u32 = 4;

/// The longest wait that a store may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(10);

/// Waits between attempts, each a random part of its limit: writers that failed at the same time
/// would otherwise meet again and again.
///
/// The limit is 2, 4 and 8 times what the first attempt took, so that many writers spread out. Then it
/// halves each time, down to half of an attempt: a writer that has lost often waits less than the
/// others, so that none starves. `benches/remote_scale.py` compares this with other limits.
pub(super) struct Pause {
    first: Duration,
    attempts: u32,
}

impl Pause {
    pub(super) const fn new() -> Self {
        Self { first: FIRST, attempts: 0 }
    }

    /// A pause that begins with the time that an attempt takes.
    pub(super) fn after(attempt: Duration) -> Self {
        Self { first: attempt.clamp(FIRST, LONGEST), attempts: 0 }
    }

    /// Waits as long as the store asks, or a random time.
    pub(super) fn sleep(&mut self, asked: Option<Duration>) {
        std::thread::sleep(self.next(asked));
    }

    fn limit(&self) -> Duration {
        let halvings = self.attempts.abs_diff(PEAK).min(HALVINGS);
        (self.first * FACTOR / (1 << halvings)).min(LONGEST)
    }

    fn next(&mut self, asked: Option<Duration>) -> Duration {
        let limit = u64::try_from(self.limit().as_micros()).unwrap_or(u64::MAX);
        let jitter = Duration::from_micros(random() % limit.max(1));
        self.attempts += 1;
        asked.map_or(jitter, |asked| asked.min(LONGEST_ASKED) + jitter)
    }
}

/// A random number, from the same source that keys the hash maps of the standard library.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_shrink_again_and_follow_the_store() {
        let mut pause = Pause::new();
        let limits = [4, 8, 16, 8, 4, 2, 1, 1, 1].map(|halves| FIRST * halves / 2);
        for limit in limits {
            assert_eq!(pause.limit(), limit);
            assert!(pause.next(None) < limit);
        }
        let mut pause = Pause::after(Duration::from_secs(1));
        pause.attempts = PEAK;
        assert_eq!(pause.limit(), LONGEST);
        let asked = pause.next(Some(Duration::from_secs(3)));
        assert!((3..=5).contains(&asked.as_secs()), "{asked:?}");
        assert!(pause.next(Some(Duration::from_secs(9999))) <= LONGEST_ASKED + LONGEST);
        assert_ne!(random(), random());
    }
}
