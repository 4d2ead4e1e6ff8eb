//! What every move takes: what is expected, who does it and why, and whether it is a trial.

use anyhow::Result;
use model_registry::{FieldChange, Manifest, Preview, Stage};

use super::text_value::text;
use crate::context::{Context, Usage};

/// Options of every move.
#[derive(clap::Args)]
pub(super) struct MoveArgs {
    /// Move only if this version is current there now, or `none` for none
    #[arg(long, value_name = "VERSION")]
    expect_current: Option<String>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = text)]
    reason: Option<String>,
    /// Who; kept in the history
    /// [default: REGISTRY_BY, GITHUB_ACTOR, GITLAB_USER_LOGIN or the login name]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = text)]
    by: Option<String>,
    /// Check everything, show what would change, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print the move as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl MoveArgs {
    /// Why, if that was said.
    pub(super) fn reason(&self) -> Result<Option<&str>> {
        match self.reason.as_deref() {
            Some(reason) if reason.trim().is_empty() => {
                Err(Usage("the reason is empty".to_owned()).into())
            }
            reason => Ok(reason),
        }
    }

    /// Who.
    pub(super) fn by(&self, context: &Context) -> String {
        self.by.clone().filter(|by| !by.trim().is_empty()).unwrap_or_else(context.user)
    }

    /// Makes sure that what is expected can be.
    pub(super) fn validate(&self, stage: Stage) -> Result<()> {
        let problem = match self.expect_current.as_deref() {
            Some(_) if stage == Stage::Dev => "no version is ever current in dev".to_owned(),
            Some(name) if name.starts_with('@') => {
                format!("--expect-current takes the name of a version or none, not `{name}`")
            }
            _ => return Ok(()),
        };
        Err(Usage(problem).into())
    }

    /// Makes sure that what was expected to be current is.
    pub(super) fn check_expectation(
        &self,
        manifest: &Manifest,
        model: &str,
        stage: Stage,
    ) -> model_registry::Result<()> {
        match self.expect_current.as_deref() {
            None => Ok(()),
            Some("none") => manifest.expect_current(model, stage, None),
            Some(version) => manifest.expect_current(model, stage, Some(version)),
        }
    }

    /// Changes the manifest, or finds out what would change.
    pub(super) fn apply<T>(
        &self,
        context: &Context,
        change: impl FnMut(&mut Manifest) -> model_registry::Result<T>,
    ) -> Result<Applied<T>> {
        let store = context.store()?;
        if !self.dry_run {
            return Ok(Applied { answer: store.update(change)?, trial: None });
        }
        let Preview { answer, before, after } = store.preview(change)?;
        Ok(Applied { answer, trial: Some((before, after)) })
    }
}

/// What a change answered, and in a dry run the manifest before and after it.
pub(super) struct Applied<T> {
    pub(super) answer: T,
    trial: Option<(Manifest, Manifest)>,
}

impl<T> Applied<T> {
    /// What a dry run would have changed.
    pub(super) fn changes(&self) -> Option<Vec<FieldChange<'_>>> {
        self.trial.as_ref().map(|(before, after)| before.changes(after))
    }
}
