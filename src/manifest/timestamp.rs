//! Points in time, as the manifest writes them.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, Utc};

/// A point in time. Its text is that of Python's `isoformat()` in UTC:
/// `2025-12-06T06:00:40.537326+00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Reads a time. One without a zone is taken as UTC, since Python's `utcnow()` wrote such.
    ///
    /// ```
    /// use model_registry::Timestamp;
    ///
    /// let time = Timestamp::parse("2025-12-06T07:00:40+01:00").expect("a time");
    /// assert_eq!(time.to_string(), "2025-12-06T06:00:40.000000+00:00");
    /// assert_eq!(Timestamp::parse("2025-12-06 06:00:40"), Some(time));
    /// assert_eq!(Timestamp::parse("yesterday"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(time.to_utc()));
        }
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
        let parse = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
        naive.iter().find_map(parse).map(|time| Self(time.and_utc()))
    }

    /// Reads a date, which is its first moment in UTC, or what [`Timestamp::parse`] reads.
    ///
    /// ```
    /// use model_registry::Timestamp;
    ///
    /// assert_eq!(Timestamp::parse_date("2025-12-06"), Timestamp::parse("2025-12-06T00:00:00Z"));
    /// assert_eq!(Timestamp::parse_date("2025-12"), None);
    /// ```
    pub fn parse_date(text: &str) -> Option<Self> {
        let is_date = text.len() == "2025-12-06".len();
        let time = is_date.then(|| Self::parse(&format!("{text}T00:00:00"))).flatten();
        time.or_else(|| Self::parse(text))
    }

    /// The form in which a version is named after its time: `20241204T220000Z`.
    pub fn compact(self) -> String {
        self.0.format("%Y%m%dT%H%M%SZ").to_string()
    }

    /// The form for people: `2025-12-06 06:00:40`, in UTC.
    pub fn readable(self) -> String {
        self.0.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Returns the seconds from an earlier time to this one.
    #[cfg(feature = "cli")]
    pub(crate) fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_seconds()
    }

    /// One second later.
    pub(crate) fn next_second(self) -> Self {
        Self(self.0 + chrono::TimeDelta::seconds(1))
    }
}

/// A text that is not a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("`{}` is not a timestamp", text.escape_debug())]
pub struct ParseTimestampError {
    text: String,
}

/// Reads what [`Timestamp::parse`] reads.
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        Self::parse(text).ok_or_else(|| ParseTimestampError { text: text.to_owned() })
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(time.into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6f+00:00"))
    }
}
