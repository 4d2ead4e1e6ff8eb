//! Faults between a client and a store.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::dialect::Dialect;
use super::message::Response;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No fault. It skips a request before the one that is to fail.
    None,
    /// The request is carried out, and the response is an error.
    ApplyThen500,
    /// The request is carried out, and the connection breaks.
    ApplyThenDrop,
    /// The request is carried out, and there is no response.
    Stall,
    /// The connection breaks before anything is done.
    DropBefore,
    /// The store is busy, and asks for a retry after this many seconds.
    Busy(u32),
    /// Too many requests.
    TooMany,
    /// Another request is changing the object.
    Conflict,
    Slow(Duration),
    /// The connection breaks in the middle of the response.
    Truncated,
    /// The response is complete, but contains only half of the object.
    Torn,
    /// The response names another version than the present one.
    WrongTag,
    Denied,
    /// As `Denied`, with the credentials of the request in the message.
    Repeating,
    Expired,
    OtherRegion,
}

impl Fault {
    /// The faults that can happen to any request of a kind, again and again.
    pub(crate) const EACH: [Self; 9] = [
        Self::ApplyThen500,
        Self::ApplyThenDrop,
        Self::DropBefore,
        Self::Busy(0),
        Self::TooMany,
        Self::Conflict,
        Self::Slow(Duration::from_millis(30)),
        Self::Truncated,
        Self::WrongTag,
    ];

    /// Returns whether this fault can happen to a request.
    fn suits(&self, method: &str) -> bool {
        match self {
            Self::Conflict | Self::TooMany => method == "PUT",
            Self::Truncated | Self::WrongTag => method == "GET",
            _ => true,
        }
    }

    /// Returns the response that replaces carrying out the request, if the fault has one.
    pub(super) fn refusal(&self, dialect: Dialect) -> Option<Response> {
        Some(match self {
            Self::Busy(seconds) => {
                dialect.error(503, "SlowDown").with("retry-after", seconds.to_string())
            }
            Self::TooMany => dialect.error(429, "TooManyRequests"),
            Self::Conflict => dialect.error(409, "ConditionalRequestConflict"),
            Self::Denied => dialect.error(403, "AccessDenied"),
            Self::Expired => dialect.expired(),
            Self::OtherRegion => dialect.elsewhere(),
            _ => return None,
        })
    }
}

/// The faults of future requests.
#[derive(Debug, Default)]
pub(super) struct Faults {
    script: HashMap<&'static str, VecDeque<Fault>>,
    random: Option<(u64, u64)>,
    /// The only fault to choose from.
    only: Option<Fault>,
}

impl Faults {
    pub(super) fn script(&mut self, method: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.script.entry(method).or_default().extend(faults);
    }

    pub(super) const fn at_random(&mut self, seed: u64, one_in: u64) {
        self.random = Some((seed | 1, one_in));
    }

    /// Restricts random faults to this one.
    pub(super) fn only(&mut self, fault: Fault) {
        self.only = Some(fault);
    }

    pub(super) fn next(&mut self, method: &str) -> Option<Fault> {
        if let Some(fault) = self.script.get_mut(method).and_then(VecDeque::pop_front) {
            return Some(fault);
        }
        let (state, one_in) = self.random.as_mut()?;
        // xorshift64*
        let mut below = |limit: u64| {
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
        };
        if below(*one_in) > 0 {
            return None;
        }
        if let Some(fault) = &self.only {
            return fault.suits(method).then(|| fault.clone());
        }
        let choices: &[Fault] = match method {
            "PUT" => &[
                Fault::ApplyThen500,
                Fault::ApplyThenDrop,
                Fault::DropBefore,
                Fault::Busy(0),
                Fault::TooMany,
                Fault::Conflict,
                Fault::Slow(Duration::from_millis(30)),
            ],
            _ => &[
                Fault::ApplyThen500,
                Fault::DropBefore,
                Fault::Busy(0),
                Fault::Truncated,
                Fault::Slow(Duration::from_millis(30)),
            ],
        };
        Some(choices[usize::try_from(below(choices.len() as u64)).unwrap_or_default()].clone())
    }
}
