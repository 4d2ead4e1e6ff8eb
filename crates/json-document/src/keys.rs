//! Finds duplicate keys in one object.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::{ParseError, ParseErrorKind};

/// Keys of one object with their offsets. A few are compared one by one; many are hashed.
#[derive(Debug, Default)]
pub(crate) struct Keys<'t> {
    few: Vec<(Cow<'t, str>, usize)>,
    many: HashMap<Cow<'t, str>, usize>,
}

impl<'t> Keys<'t> {
    const FEW: usize = 16;

    pub(crate) fn new() -> Self {
        Self { few: Vec::with_capacity(Self::FEW), many: HashMap::new() }
    }

    /// Adds a key. It is an error if the object already has it.
    pub(crate) fn insert(&mut self, key: Cow<'t, str>, offset: usize) -> Result<(), ParseError> {
        let first = if self.many.is_empty() {
            self.few.iter().find(|(seen, _)| *seen == key).map(|&(_, first)| first)
        } else {
            self.many.get(&key).copied()
        };
        if let Some(first) = first {
            let key = key.into_owned();
            return Err(ParseError::new(offset, ParseErrorKind::DuplicateKey { key, first }));
        }
        if self.many.is_empty() && self.few.len() < Self::FEW {
            self.few.push((key, offset));
        } else {
            self.many.extend(self.few.drain(..));
            self.many.insert(key, offset);
        }
        Ok(())
    }
}
