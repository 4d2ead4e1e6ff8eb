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

/// A place in the grammar: the open containers, at most 63, and the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) top: u64,
    pub(crate) depth: usize,
    pub(crate) next: Next,
}
