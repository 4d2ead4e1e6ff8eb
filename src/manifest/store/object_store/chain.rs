//! The chain of writes in an object's metadata, by which a writer recognises its own.
//!
//! An answer can be lost after the object was written, and by the time the writer looks, others
//! may have written after it. So each write prepends its own id to those before it, and a look at
//! the current object decides for each earlier attempt whether it is in there. Equal content is no
//! proof: somebody else may have made the same change.

use std::fmt;

use object_store::UpdateVersion;

use super::pause::random;

/// How many writes are remembered. With 8 characters each, well below the 2 KB that S3 allows.
const LENGTH: usize = 128;

const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

/// The id of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WriteId(String);

impl WriteId {
    /// A new id, which nobody else uses: 48 random bits among 128 writes.
    pub(super) fn new() -> Self {
        Self::of(random())
    }

    fn of(mut number: u64) -> Self {
        let digit = |_| {
            let digit = DIGITS[usize::try_from(number % 64).unwrap_or_default()];
            number /= 64;
            char::from(digit)
        };
        Self((0..8).map(digit).collect())
    }
}

impl fmt::Display for WriteId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The ids of the latest writes, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain(Vec<WriteId>);

impl Chain {
    /// The chain of an object that does not exist yet.
    pub(super) fn absent() -> Self {
        Self(vec![WriteId::of(0)])
    }

    /// Reads the chain of an object. One that another program has written begins a new chain,
    /// named after its version.
    pub(super) fn read(text: Option<&str>, version: &UpdateVersion) -> Self {
        let valid = |id: &str| id.len() == 8 && id.bytes().all(|byte| DIGITS.contains(&byte));
        match text {
            Some(text) if text.split('.').all(valid) => {
                Self(text.split('.').take(LENGTH).map(|id| WriteId(id.to_owned())).collect())
            }
            _ => {
                // FNV-1a: the same in every process.
                let mut hash = 0xcbf2_9ce4_8422_2325_u64;
                let parts = [version.e_tag.as_deref(), version.version.as_deref()];
                for byte in parts.into_iter().flatten().flat_map(str::bytes) {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
                Self(vec![WriteId::of(hash)])
            }
        }
    }

    /// The chain after one more write.
    pub(super) fn with(&self, id: &WriteId) -> Self {
        Self([id].into_iter().chain(&self.0).take(LENGTH).cloned().collect())
    }

    pub(super) fn contains(&self, id: &WriteId) -> bool {
        self.0.contains(id)
    }

    /// Returns whether every write since `base` is in this chain.
    pub(super) fn reaches(&self, base: &Self) -> bool {
        base.0.first().is_some_and(|newest| self.contains(newest))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.iter().map(|id| id.0.as_str()).collect();
        formatter.write_str(&ids.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(tag: &str) -> UpdateVersion {
        UpdateVersion { e_tag: Some(tag.to_owned()), version: None }
    }

    #[test]
    fn a_chain_comes_back_and_remembers_its_base() {
        let base = Chain::absent();
        let (one, two) = (WriteId::new(), WriteId::new());
        let chain = base.with(&one).with(&two);
        let read = Chain::read(Some(&chain.to_string()), &version("x"));
        assert_eq!(read, chain);
        assert!(read.contains(&one) && read.contains(&two) && read.reaches(&base));
        assert!(!read.contains(&WriteId::new()));
        assert!(!base.reaches(&chain));
    }

    #[test]
    fn a_long_chain_forgets_its_beginning_and_fits_into_metadata() {
        let base = Chain::absent();
        let chain = (0..LENGTH).fold(base.clone(), |chain, _| chain.with(&WriteId::new()));
        assert!(!chain.reaches(&base));
        assert!(chain.to_string().len() < 1200);
    }

    #[test]
    fn an_object_of_another_program_begins_a_chain() {
        for text in [None, Some(""), Some("short"), Some("12345678.1234567!")] {
            let chain = Chain::read(text, &version("a"));
            assert_eq!(chain, Chain::read(None, &version("a")));
            assert_ne!(chain, Chain::read(text, &version("b")));
        }
    }
}
