//! Selects the versions whose artifacts `verify` and `check` read.

use model_registry::{Model, ModelVersion, Stage};

/// A selection of versions.
#[derive(Clone, Copy)]
pub(super) enum Selection {
    /// The versions that are current in prod or staging.
    Current,
    /// The current version of a stage. In dev no version is current, so all versions in dev.
    Stage(Stage),
    All,
}

impl Selection {
    /// Selects versions of some models, in the file's order.
    pub(super) fn of(self, models: &[Model]) -> Vec<(&Model, &ModelVersion)> {
        let versions = models
            .iter()
            .flat_map(|model| model.versions().iter().map(move |version| (model, version)));
        versions.filter(|(model, version)| self.includes(model, version)).collect()
    }

    fn includes(self, model: &Model, version: &ModelVersion) -> bool {
        let is_current =
            |stage| model.current(stage).is_some_and(|current| current == version.version());
        match self {
            Self::All => true,
            Self::Current => is_current(Stage::Prod) || is_current(Stage::Staging),
            Self::Stage(Stage::Dev) => {
                version.stage() == Stage::Dev && model.current_stage(version.version()).is_none()
            }
            Self::Stage(stage) => is_current(stage),
        }
    }
}

/// Makes sure that the current versions of these models exist.
pub(super) fn require_current(models: &[Model]) -> model_registry::Result<()> {
    for model in models {
        for stage in [Stage::Prod, Stage::Staging] {
            if model.current(stage).is_some() {
                model.current_version(stage)?;
            }
        }
    }
    Ok(())
}
