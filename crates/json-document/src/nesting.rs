//! The containers that are open at an offset of a document.

/// Open containers, outermost first, as one bit each: 1 is an object, 0 an array.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nesting {
    /// The innermost containers; the lowest bit is the innermost.
    top: u64,
    /// Full words of containers further out.
    below: Vec<u64>,
    depth: usize,
}

impl Nesting {
    pub(crate) const fn new() -> Self {
        Self { top: 0, below: Vec::new(), depth: 0 }
    }

    #[inline]
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the containers and the depth, if fewer than 64 are open.
    #[inline]
    pub(crate) const fn shallow(&self) -> Option<(u64, usize)> {
        if self.depth < 64 { Some((self.top, self.depth)) } else { None }
    }

    /// Sets the containers and the depth to those that [`Nesting::shallow`] returned.
    #[inline]
    pub(crate) const fn set_shallow(&mut self, top: u64, depth: usize) {
        (self.top, self.depth) = (top, depth);
    }

    /// Returns whether the innermost container is an object.
    #[inline]
    pub(crate) const fn in_object(&self) -> bool {
        self.top & 1 == 1
    }

    #[inline]
    pub(crate) fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.below.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.depth += 1;
    }

    #[inline]
    pub(crate) fn pop(&mut self) {
        self.depth -= 1;
        self.top >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.top = self.below.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_close_in_the_order_in_which_they_opened() {
        let kind = |level: usize| level.is_multiple_of(3) || level.is_multiple_of(7);
        let mut nesting = Nesting::new();
        for level in 0..300 {
            nesting.push(kind(level));
            assert_eq!((nesting.in_object(), nesting.depth()), (kind(level), level + 1));
        }
        for level in (0..300).rev() {
            assert_eq!((nesting.in_object(), nesting.depth()), (kind(level), level + 1));
            nesting.pop();
        }
        assert_eq!(nesting.depth(), 0);
    }
}
