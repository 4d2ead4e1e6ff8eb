//! Remembers the text between two scalars of a record, because the next record nearly always has
//! the same.
//!
//! In an array of records, what follows a scalar is a comma, indentation and a key, or brackets,
//! and it is the same text as in the record before. At the same place in the grammar, the same text
//! leads to the same next place, so comparing the text replaces parsing it.

use crate::place::Place;

/// Bytes that are compared at once.
const WORD: usize = 16;

/// Longest text that is remembered, in words.
const WORDS: usize = 8;

/// Largest number of texts that are remembered.
const GAPS: usize = 64;

const NONE: usize = usize::MAX;

/// The text between two scalars.
#[derive(Debug, Clone)]
struct Gap {
    words: [u128; WORDS],
    length: usize,
    /// Index of the last word, and a mask of the bytes of that word that belong to the text.
    end: usize,
    mask: u128,
    before: Place,
    after: Place,
    /// Lowest depth inside the text.
    lowest: usize,
    /// Index of the gap that last followed this one.
    next: usize,
}

/// Remembered texts. Turns itself off for a while where they do not help, as in records whose
/// keys are shuffled.
#[derive(Debug, Clone)]
pub(crate) struct Memo {
    gaps: Vec<Gap>,
    /// Index of the gap before the last scalar.
    last: usize,
    /// Index of the gap at the start of a value.
    first: usize,
    /// Index of the gap that is expected next.
    expected: usize,
    /// Grows with each hit and shrinks with each miss.
    credit: i32,
    /// Number of scalars to skip before the next attempt.
    pause: u32,
}

impl Memo {
    const CREDIT: i32 = 128;
    const MISS: i32 = 2;
    const PAUSE: u32 = 4096;

    /// Returns a memo that starts after a few scalars, so that it costs nothing for a small value.
    pub(crate) const fn new() -> Self {
        Self::after(64)
    }

    /// Returns a memo that is always off.
    pub(crate) const fn off() -> Self {
        Self::after(u32::MAX)
    }

    const fn after(pause: u32) -> Self {
        Self {
            gaps: Vec::new(),
            last: NONE,
            first: NONE,
            expected: NONE,
            credit: Self::CREDIT,
            pause,
        }
    }

    /// Returns whether to look for a remembered text. Called once for every scalar.
    #[inline]
    pub(crate) const fn is_on(&mut self) -> bool {
        match self.pause {
            0 => true,
            u32::MAX => false,
            _ => {
                self.pause -= 1;
                self.pause == 0
            }
        }
    }

    /// Starts a new value: its first gap does not follow the last gap of the value before.
    pub(crate) const fn start(&mut self) {
        (self.last, self.expected) = (NONE, self.first);
    }

    /// Returns the length of the expected gap and the place after it, if that text is at `at` and
    /// stays inside more than `outside` containers.
    #[inline]
    pub(crate) fn recall(
        &mut self,
        bytes: &[u8],
        at: usize,
        before: Place,
        outside: usize,
    ) -> Option<(usize, Place)> {
        let gap = self.gaps.get(self.expected)?;
        if gap.before != before || gap.lowest <= outside || !gap.is_at_start(bytes.get(at..)?) {
            return None;
        }
        let found = (gap.length, gap.after);
        (self.last, self.expected) = (self.expected, gap.next);
        self.credit = (self.credit + 1).min(Self::CREDIT);
        Some(found)
    }

    /// Remembers a text that was not recalled, and so was parsed.
    #[cold]
    pub(crate) fn learn(&mut self, text: &[u8], before: Place, after: Place, lowest: usize) {
        self.credit -= Self::MISS;
        if self.credit < 0 {
            (self.credit, self.pause) = (Self::CREDIT, Self::PAUSE);
            self.forget();
            return;
        }
        if text.len() > WORD * WORDS || before.depth.max(after.depth) > 63 {
            self.start();
            return;
        }
        let mut words = [0; WORDS];
        for (word, chunk) in words.iter_mut().zip(text.chunks(WORD)) {
            let mut bytes = [0; WORD];
            bytes[..chunk.len()].copy_from_slice(chunk);
            *word = u128::from_le_bytes(bytes);
        }
        let same =
            |gap: &Gap| gap.length == text.len() && gap.before == before && gap.words == words;
        let index = self.gaps.iter().position(same).unwrap_or_else(|| {
            if self.gaps.len() == GAPS {
                self.forget();
            }
            let end = text.len().saturating_sub(1) / WORD;
            let mask = match text.len() - WORD * end {
                WORD => u128::MAX,
                bytes => (1 << (8 * bytes)) - 1,
            };
            let length = text.len();
            self.gaps.push(Gap { words, length, end, mask, before, after, lowest, next: NONE });
            self.gaps.len() - 1
        });
        match self.gaps.get_mut(self.last) {
            Some(last) => last.next = index,
            None => self.first = index,
        }
        (self.last, self.expected) = (index, self.gaps[index].next);
    }

    fn forget(&mut self) {
        self.gaps.clear();
        self.first = NONE;
        self.start();
    }
}

impl Gap {
    /// Returns whether `here` begins with this text.
    #[inline]
    fn is_at_start(&self, here: &[u8]) -> bool {
        if let Some(block) = here.first_chunk::<{ WORD * WORDS }>() {
            // There are enough bytes to compare whole words.
            let (words, _) = block.as_chunks::<WORD>();
            let mut pairs = words.iter().zip(&self.words);
            for _ in 0..self.end {
                match pairs.next() {
                    Some((word, own)) if u128::from_le_bytes(*word) == *own => {}
                    _ => return false,
                }
            }
            return pairs
                .next()
                .is_some_and(|(word, own)| (u128::from_le_bytes(*word) ^ own) & self.mask == 0);
        }
        here.len() >= self.length
            && here[..self.length]
                .chunks(WORD)
                .zip(&self.words)
                .all(|(bytes, own)| own.to_le_bytes().starts_with(bytes))
    }
}
