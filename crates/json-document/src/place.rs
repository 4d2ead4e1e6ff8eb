//! A place in the grammar.

/// Next step that the grammar allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    Value,
    FirstKey,
    Key,
    Colon,
    FirstElement,
    Separator,
    End,
}

/// A place in the grammar, at most 63 containers deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) top: u64,
    pub(crate) depth: usize,
    pub(crate) next: Next,
}
