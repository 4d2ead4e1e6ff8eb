//! `Timestamp`: a point in time, in the notation of the manifest.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// A point in time, written like Python's `isoformat()` in UTC: `2025-12-06T06:00:40.537326+00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Parses a timestamp. One without a zone is UTC, since Python's `utcnow()` gives such texts.
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
        if let Some(time) = written_by_python(text) {
            return Some(Self(time));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(time.to_utc()));
        }
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
        let parse = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
        naive.iter().find_map(parse).map(|time| Self(time.and_utc()))
    }

    /// Parses a date, which means its first moment in UTC, or a timestamp like
    /// [`Timestamp::parse`].
    ///
    /// ```
    /// use model_registry::Timestamp;
    ///
    /// assert_eq!(Timestamp::parse_date("2025-12-06"), Timestamp::parse("2025-12-06T00:00:00Z"));
    /// assert_eq!(Timestamp::parse_date("2025-12"), None);
    /// ```
    pub fn parse_date(text: &str) -> Option<Self> {
        let first_moment = iso_date(text).map(|date| Self(date.and_time(NaiveTime::MIN).and_utc()));
        first_moment.or_else(|| Self::parse(text))
    }

    /// Formats the timestamp for use as the name of a version: `20241204T220000Z`.
    pub fn compact(self) -> String {
        self.0.format("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Formats the timestamp in UTC, to the second: `2025-12-06 06:00:40`.
    pub fn readable(self) -> String {
        self.0.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Returns the seconds from an earlier time to this one.
    #[cfg(feature = "cli")]
    pub(crate) fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_seconds()
    }

    /// Returns the time this many seconds earlier, or the earliest possible time.
    pub(super) fn seconds_earlier(self, seconds: u64) -> Self {
        let delta = i64::try_from(seconds).ok().and_then(chrono::TimeDelta::try_seconds);
        let earlier = delta.and_then(|delta| self.0.checked_sub_signed(delta));
        Self(earlier.unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// Returns the time one microsecond later, which is the precision of the manifest.
    pub(crate) fn next_microsecond(self) -> Self {
        let later = self.0.checked_add_signed(chrono::TimeDelta::microseconds(1));
        later.map_or(self, Self)
    }

    /// Returns the time one day later.
    pub(crate) fn next_day(self) -> Self {
        self.0.checked_add_signed(chrono::TimeDelta::days(1)).map_or(self, Self)
    }

    /// Returns the time one second later.
    pub(crate) fn next_second(self) -> Self {
        Self(self.0 + chrono::TimeDelta::seconds(1))
    }
}

/// Reads the form that nearly every timestamp has, `2025-12-06T06:00:40.537326+00:00`, several
/// times faster than the general parser; `None` for any other form.
fn written_by_python(text: &str) -> Option<DateTime<Utc>> {
    let text = text.strip_suffix("+00:00")?;
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let bytes = time.as_bytes();
    let [b'T', _, _, b':', _, _, b':', _, _, b'.', ..] = bytes else { return None };
    let fraction = bytes.get(10..)?;
    if fraction.len() != 6 {
        return None;
    }
    let time = NaiveTime::from_hms_micro_opt(
        digits(&bytes[1..3])?,
        digits(&bytes[4..6])?,
        digits(&bytes[7..9])?,
        digits(fraction)?,
    )?;
    Some(iso_date(date)?.and_time(time).and_utc())
}

/// Reads a date of the form `2025-12-06`.
fn iso_date(text: &str) -> Option<NaiveDate> {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    if year.len() != 4 {
        return None;
    }
    let year = i32::try_from(digits(year)?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
}

/// Reads a few decimal digits.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// Error for a text that is not a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("`{}` is not a timestamp", text.escape_debug())]
pub struct ParseTimestampError {
    text: String,
}

/// Parses like [`Timestamp::parse`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_reader_agrees_with_the_general_one() {
        let usual = "2025-12-06T06:00:40.537326+00:00";
        let general = |text: &str| {
            DateTime::parse_from_rfc3339(text).ok().map(|time| Timestamp(time.to_utc()))
        };
        assert!(written_by_python(usual).is_some());
        for text in [
            "2024-02-29T23:59:59.999999+00:00",
            "2025-02-29T06:00:40.537326+00:00",
            "0000-01-01T00:00:00.000000+00:00",
            "9999-12-31T23:59:60.000001+00:00",
            "2025-12-06T24:00:00.000000+00:00",
            "2025-00-06T06:00:40.537326+00:00",
            "2025-12-06t06:00:40.537326+00:00",
            "2025-12-06T06:00:40,537326+00:00",
            "2025-12-06T06:00:40.53732é+00:00",
        ] {
            assert_eq!(Timestamp::parse(text), general(text), "{text}");
        }
        // Every byte replaced by others.
        for place in 0..usual.len() {
            for other in ["0", "1", "5", "9", "-", "+", " ", ":", "T", "Z", "é", ""] {
                let text = format!("{}{other}{}", &usual[..place], &usual[place + 1..]);
                if written_by_python(&text).is_some() {
                    assert_eq!(Timestamp::parse(&text), general(&text), "{text}");
                }
            }
        }
    }
}
