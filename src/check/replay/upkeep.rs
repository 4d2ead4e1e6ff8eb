//! Replays events that are not moves: aliases, retirements and removed versions.

use std::collections::HashSet;

use super::super::finding::Severity;
use super::state::Replay;
use crate::error::Error;
use crate::manifest::{Action, Event, ModelVersion, Provenance, Prune};

impl Replay<'_> {
    /// Makes sure that an event names a version, if it names one, by its name: a run id or `@prod`
    /// would name another one later.
    fn require_version(&self, event: &Event) -> Result<(), String> {
        let name = event.version.as_str();
        let model = self.state.model(self.model).ok();
        if name.is_empty() || model.is_some_and(|model| model.version(name).is_some()) {
            return Ok(());
        }
        Err("names a version that the model does not have".to_owned())
    }

    /// Sets, moves or deletes an alias as it is recorded. Where both sides of a merge set it, the events of
    /// one side do not fit after those of the other. That is only a warning: no gate judges an alias.
    pub(super) fn alias(&mut self, event: &Event) -> Result<(), String> {
        let Some(alias) = event.alias.as_deref() else {
            return Err("names no alias".to_owned());
        };
        let at = event.time().ok_or("has no time")?;
        self.require_version(event)?;
        let provenance = Provenance::at(at);
        let version = Some(event.version.as_str()).filter(|version| !version.is_empty());
        let fits = self.state.expect_alias(self.model, alias, event.replaced.as_deref());
        if let Err(error) = fits {
            let message = format!("{} does not fit: {error}", self.described(event));
            self.add(event, Severity::Warning, message, Vec::new());
        }
        match self.state.set_alias(self.model, alias, version, &provenance) {
            // The other side deleted it, too.
            Ok(_) | Err(Error::AliasNotFound { .. }) => Ok(()),
            Err(error) => Err(format!("does not fit: {error}")),
        }
    }

    /// Retires or restores a version as it is recorded.
    pub(super) fn retirement(&mut self, event: &Event) -> Result<(), String> {
        let at = event.time().ok_or("has no time")?;
        if event.version.is_empty() {
            return Err("names no version".to_owned());
        }
        self.require_version(event)?;
        let (by, reason) = (event.by.as_deref(), event.reason.as_deref());
        let provenance = Provenance { by, reason, ..Provenance::at(at) };
        let (model, version) = (self.model, event.version.as_str());
        let done = match event.action {
            Some(Action::Retire) => self.state.retire(model, version, &provenance),
            _ => self.state.unretire(model, version, &provenance),
        };
        done.map(drop).map_err(|error| format!("does not fit: {error}"))
    }

    /// Removes versions as it is recorded. A version that `prune` keeps in any case cannot be among
    /// them.
    pub(super) fn prune(&mut self, event: &Event) -> Result<(), String> {
        let at = event.time().ok_or("has no time")?;
        let Ok(model) = self.state.model(self.model) else { return Ok(()) };
        let everything = Prune::keep(0).past(true);
        let prunable: HashSet<&str> =
            model.prunable(&everything, at).into_iter().map(ModelVersion::version).collect();
        // Both sides of a merge may have removed a version.
        let earlier = model.history();
        let already_gone: HashSet<&str> = earlier
            .iter()
            .chain(&self.pruned)
            .filter(|event| event.action == Some(Action::Prune))
            .flat_map(|event| event.versions.iter().map(String::as_str))
            .collect();
        for version in &event.versions {
            if already_gone.contains(version.as_str()) && model.version(version).is_none() {
                continue;
            }
            if !prunable.contains(version.as_str()) {
                return Err(format!("removes version `{version}`, which must be kept"));
            }
        }
        let gone: HashSet<&str> = event.versions.iter().map(String::as_str).collect();
        self.state.remove_versions(self.model, &gone);
        self.pruned.push(event.clone());
        let by = event.by.as_deref().unwrap_or("an unknown author");
        let count = match gone.len() {
            1 => "1 version".to_owned(),
            count => format!("{count} versions"),
        };
        let message = format!("{by} removed {count} of model `{}`", self.model);
        self.add(event, Severity::Warning, message, Vec::new());
        Ok(())
    }
}
