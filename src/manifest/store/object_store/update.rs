//! Changes an object: reads it, changes it, and writes it if it has not changed, or tries again.
//!
//! The store's condition on a write is all that keeps writers apart. Each attempt carries its own
//! id, and each read of the object decides what became of the attempts before it. An attempt is
//! forgotten when it can no longer succeed: the object has another version than the one that the
//! attempt was conditional on, and the chain of writes since then does not contain its id.

use std::time::{Duration, Instant};

use super::super::super::Manifest;
use super::chain::{Chain, WriteId};
use super::client::{Put, State};
use super::pause::Pause;
use crate::error::{Error, Result};

/// How many writes without an answer are tried before giving up.
const UNANSWERED: usize = 5;

/// The object that an update is about.
pub(super) trait Object {
    /// Reads the manifest; `None` if there is no object.
    fn get(&self) -> Result<Option<(Manifest, State)>>;
    /// Writes it if the object is still `base`.
    fn put(&self, manifest: &Manifest, base: Option<&State>, chain: &Chain) -> Result<Put>;
    fn sleep(&self, pause: &mut Pause, asked: Option<Duration>) {
        let _ = self;
        pause.sleep(asked);
    }
    /// The error for a write that may have happened.
    fn maybe_written(&self, problem: &str) -> Error;
    /// The error for a store that has refused all attempts because of too many requests.
    fn throttled(&self, problem: &str) -> Error;
    /// The error for losing against other writers again and again.
    fn contended(&self, attempts: u32) -> Error;
}

/// A write that did not get the answer that it was done.
struct Attempt<T> {
    id: WriteId,
    base: Option<State>,
    answer: T,
    /// Why the outcome is unknown, or `None` if the condition failed.
    unanswered: Option<String>,
}

/// Outcome of an attempt, as the current object shows it.
enum Fate {
    Written,
    /// It was not written, and never will be.
    Failed,
    /// Its condition still holds, so it may be on its way.
    Open,
    /// Too many or foreign writes hide it.
    Hidden,
}

impl<T> Attempt<T> {
    fn fate(&self, now: Option<&State>) -> Fate {
        let absent = Chain::absent();
        let base = self.base.as_ref().map_or(&absent, |state| &state.chain);
        match (now, &self.base) {
            (Some(now), _) if now.chain.contains(&self.id) => Fate::Written,
            (Some(now), Some(base)) if now.is(base) => Fate::Open,
            (None, None) => Fate::Open,
            (Some(now), _) if now.chain.reaches(base) => Fate::Failed,
            _ => Fate::Hidden,
        }
    }
}

/// Changes an object for up to `timeout`, but at least once.
pub(super) fn update<T>(
    object: &impl Object,
    timeout: Duration,
    mut change: impl FnMut(&mut Manifest) -> Result<T>,
) -> Result<T> {
    let started = Instant::now();
    let mut attempts: Vec<Attempt<T>> = Vec::new();
    let (mut pause, mut throttled) = (None, None::<String>);
    for count in 0.. {
        let attempt_started = Instant::now();
        let (before, state) = match object.get() {
            Ok(Some((manifest, state))) => (manifest, Some(state)),
            Ok(None) => (Manifest::default(), None),
            Err(error) => return Err(undecided(object, &attempts).unwrap_or(error)),
        };
        let mut open = Vec::new();
        for attempt in attempts {
            match attempt.fate(state.as_ref()) {
                Fate::Written => return Ok(attempt.answer),
                Fate::Open => open.push(attempt),
                Fate::Hidden => {
                    if let Some(problem) = attempt.unanswered {
                        return Err(object.maybe_written(&problem));
                    }
                }
                Fate::Failed => {}
            }
        }
        attempts = open;
        let unanswered = attempts.iter().filter(|attempt| attempt.unanswered.is_some()).count();
        let late = started.elapsed() >= timeout;
        if count > 0 && (late || unanswered >= UNANSWERED) {
            let refused = || match &throttled {
                Some(problem) => object.throttled(problem),
                None => object.contended(count),
            };
            return Err(undecided(object, &attempts).unwrap_or_else(refused));
        }
        let mut after = before.clone();
        let changed = change(&mut after).and_then(|answer| {
            let differs = after != before;
            if differs {
                after.validate()?;
            }
            Ok((answer, differs))
        });
        let answer = match changed {
            Ok((answer, true)) => answer,
            // The attempts on their way would contradict this answer.
            Ok((answer, false)) => return undecided(object, &attempts).map_or(Ok(answer), Err),
            Err(error) => return Err(undecided(object, &attempts).unwrap_or(error)),
        };
        let id = WriteId::new();
        let chain = state.as_ref().map_or_else(Chain::absent, |s| s.chain.clone()).with(&id);
        throttled = None;
        let (unanswered, wait) = match object.put(&after, state.as_ref(), &chain) {
            Ok(Put::Done) => return Ok(answer),
            Ok(Put::Lost) => (None, None),
            Ok(Put::Unknown { problem, wait }) => (Some(problem), wait),
            Ok(Put::Throttled { problem, wait }) => {
                throttled = Some(problem);
                (None, wait)
            }
            Err(error) => return Err(undecided(object, &attempts).unwrap_or(error)),
        };
        attempts.push(Attempt { id, base: state, answer, unanswered });
        let pause = pause.get_or_insert_with(|| Pause::after(attempt_started.elapsed()));
        object.sleep(pause, wait);
    }
    unreachable!("the loop ends with the timeout")
}

/// The error if one of the attempts may still be written.
fn undecided<T>(object: &impl Object, attempts: &[Attempt<T>]) -> Option<Error> {
    let problem = attempts.iter().find_map(|attempt| attempt.unanswered.as_deref())?;
    Some(object.maybe_written(problem))
}

#[cfg(test)]
mod tests;
