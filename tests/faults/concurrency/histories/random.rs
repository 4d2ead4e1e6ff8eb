//! Random choices that a seed repeats.

/// Numbers that look random: SplitMix64.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The choices of one of several that share a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = self.below(items.len() as u64);
        &items[usize::try_from(index).expect("an index")]
    }
}

/// The seed: `REGISTRY_TEST_SEED`, or else this one.
pub(crate) fn seed(otherwise: u64) -> u64 {
    let named = std::env::var("REGISTRY_TEST_SEED").ok();
    named.map_or(otherwise, |text| text.parse().expect("REGISTRY_TEST_SEED is a number"))
}
