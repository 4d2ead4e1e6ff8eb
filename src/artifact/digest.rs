//! The digest of an artifact, as the manifest records it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

const PREFIX: &str = "sha256:";

/// SHA-256 digest of an artifact, written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Writes bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestError {
    /// A digest of another algorithm.
    #[error("uses the algorithm `{}`, expected sha256", algorithm.escape_debug())]
    Algorithm {
        /// The algorithm.
        algorithm: String,
    },
    /// Not the right digits, or not the right number of them.
    #[error("is not `sha256:` and 64 hexadecimal digits")]
    Malformed,
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let Some(digits) = text.strip_prefix(PREFIX) else {
            return Err(match text.split_once(':') {
                Some((algorithm, _)) if !algorithm.is_empty() => {
                    ParseDigestError::Algorithm { algorithm: algorithm.to_owned() }
                }
                _ => ParseDigestError::Malformed,
            });
        };
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err(ParseDigestError::Malformed);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(ParseDigestError::Malformed)?;
                *byte = *byte << 4 | u8::try_from(value).unwrap_or_default();
            }
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let text = format!("sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(text.parse::<Digest>().expect("a digest").to_string(), text);
        let upper = format!("sha256:{}", "0123456789ABCDEF".repeat(4));
        assert_eq!(upper.parse::<Digest>(), text.parse());
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (text, problem) in [
            (String::new(), "is not `sha256:` and 64 hexadecimal digits"),
            ("sha256:".to_owned(), "is not `sha256:` and 64 hexadecimal digits"),
            ("0".repeat(64), "is not `sha256:` and 64 hexadecimal digits"),
            (format!("sha256:{}", "0".repeat(63)), "is not `sha256:` and 64 hexadecimal digits"),
            (format!("sha256:{}", "g".repeat(64)), "is not `sha256:` and 64 hexadecimal digits"),
            (format!("sha256:{}é", "0".repeat(62)), "is not `sha256:` and 64 hexadecimal digits"),
            ("md5:00".to_owned(), "uses the algorithm `md5`, expected sha256"),
            ("a\nb:00".to_owned(), "uses the algorithm `a\\nb`, expected sha256"),
        ] {
            assert_eq!(text.parse::<Digest>().expect_err(&text).to_string(), problem);
        }
    }
}
