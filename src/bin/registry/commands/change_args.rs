//! Options of every change that is recorded: author, reason and dry run.

use anyhow::Result;
use model_registry::{FieldChange, Manifest, Preview};

use crate::context::Context;
use crate::errors::Usage;

/// Options of every change that is recorded.
#[derive(clap::Args)]
pub(super) struct ChangeArgs {
    /// Reason, for the history
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// Author, for the history [default: the user]
    ///
    /// The user is the first of REGISTRY_BY, GITHUB_ACTOR, GITLAB_USER_LOGIN and the login name that
    /// is set.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    by: Option<String>,
    /// Show what would change without writing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl ChangeArgs {
    /// Returns the reason, if one was given.
    pub(super) fn reason(&self) -> Result<Option<&str>> {
        match self.reason.as_deref() {
            Some(reason) if reason.trim().is_empty() => {
                Err(Usage("the reason is empty".to_owned()).into())
            }
            reason => Ok(reason),
        }
    }

    /// Returns who makes the change.
    pub(super) fn by(&self, context: &Context) -> String {
        self.by.clone().filter(|by| !by.trim().is_empty()).unwrap_or_else(context.user)
    }

    /// Changes the manifest, or in a dry run finds out what would change.
    pub(super) fn apply<T>(
        &self,
        context: &Context,
        change: impl FnMut(&mut Manifest) -> model_registry::Result<T>,
    ) -> Result<Applied<T>> {
        let store = context.store()?;
        if !self.dry_run {
            return Ok(Applied { result: store.update(change)?, dry_run: None });
        }
        let Preview { answer, before, after } = store.preview(change)?;
        Ok(Applied { result: answer, dry_run: Some((before, after)) })
    }
}

/// A change that was made, or in a dry run would be made.
pub(super) struct Applied<T> {
    /// The result of the change.
    pub(super) result: T,
    /// The manifest before and after the change, in a dry run.
    dry_run: Option<(Manifest, Manifest)>,
}

impl<T> Applied<T> {
    /// In a dry run, prints a note that nothing is written and returns what would change.
    pub(super) fn changes(&self, context: &Context) -> Option<Vec<FieldChange<'_>>> {
        let (before, after) = self.dry_run.as_ref()?;
        context.printer.note("dry run: nothing is written");
        Some(before.changes(after))
    }
}
