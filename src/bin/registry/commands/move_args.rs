//! Options of every move: the version that must be current, author, reason and dry run.

use anyhow::Result;
use model_registry::{Expected, Manifest, Stage};

use super::change_args::{Applied, ChangeArgs};
use crate::context::Context;
use crate::errors::Usage;

/// Options of every move.
#[derive(clap::Args)]
pub(super) struct MoveArgs {
    /// Fail unless this version is current now
    ///
    /// `none` means that no version is current in the stage.
    #[arg(long, value_name = "VERSION")]
    expect_current: Option<String>,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

impl MoveArgs {
    /// Refuses an expected version that can never be current.
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

    /// Makes sure that the expected version is current.
    pub(super) fn check_expectation(
        &self,
        manifest: &Manifest,
        model: &str,
        stage: Stage,
    ) -> model_registry::Result<()> {
        match expectation(self.expect_current.as_deref()) {
            None => Ok(()),
            Some(expected) => manifest.expect_current(model, stage, expected.as_deref()),
        }
    }

    /// Changes the manifest, or in a dry run finds what would change.
    pub(super) fn apply<T>(
        &self,
        context: &Context,
        change: impl FnMut(&mut Manifest) -> model_registry::Result<T>,
    ) -> Result<Applied<T>> {
        self.change.apply(context, change)
    }

    /// Returns who moves the version.
    pub(super) fn by(&self, context: &Context) -> String {
        self.change.by(context)
    }

    /// Returns the reason, if one was given.
    pub(super) fn reason(&self) -> Result<Option<&str>> {
        self.change.reason()
    }
}

/// Parses `--expect-current`. The value `none` means that no version is current.
pub(super) fn expectation(named: Option<&str>) -> Option<Expected> {
    named.map(|version| Some(version.to_owned()).filter(|version| version != "none"))
}
