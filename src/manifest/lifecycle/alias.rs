//! Sets and deletes aliases: names that a team gives to versions, such as `champion`.

use std::borrow::Cow;

use json_document::Value;

use super::super::history::{Action, Event, Provenance};
use super::super::{Manifest, valid};
use crate::error::{Error, Result};

/// Outcome of setting or deleting an alias.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct AliasChange {
    /// The model.
    pub model: String,
    /// The alias.
    pub alias: String,
    /// The version that it points to now; `None` if it was deleted.
    pub version: Option<String>,
    /// The version that it pointed to before.
    pub replaced: Option<String>,
    /// `false` if nothing changed.
    pub changed: bool,
}

impl Manifest {
    /// Makes sure that an alias points to a version, or with `None` that it does not exist.
    ///
    /// # Errors
    /// [`Error::AliasMismatch`] with the version that it points to, or [`Error::ModelNotFound`].
    pub fn expect_alias(&self, model: &str, alias: &str, expected: Option<&str>) -> Result<()> {
        let aliases = self.model(model)?.aliases();
        let found = aliases.into_iter().find(|(name, _)| name == alias);
        let found = found.map(|(_, version)| version.into_owned());
        if found.as_deref() == expected {
            return Ok(());
        }
        Err(Error::AliasMismatch {
            model: model.to_owned(),
            alias: alias.to_owned(),
            expected: expected.map(ToOwned::to_owned),
            found,
        })
    }

    /// Sets an alias to a version, or with `None` deletes it, and records the change.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is reserved or cannot be used, [`Error::AliasNotFound`]
    /// if the alias to delete does not exist, [`Error::ModelNotFound`], or those of
    /// [`Model::resolve`](crate::Model::resolve).
    ///
    /// # Examples
    /// ```
    /// use model_registry::{Manifest, Provenance, Timestamp};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a"}
    /// ]}}}"#;
    /// let mut manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let provenance = Provenance::at(Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp"));
    /// manifest.set_alias("minutes", "champion", Some("@latest"), &provenance)?;
    /// assert_eq!(manifest.model("minutes")?.resolve("@champion")?.version(), "1");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn set_alias(
        &mut self,
        model: &str,
        alias: &str,
        version: Option<&str>,
        provenance: &Provenance<'_>,
    ) -> Result<AliasChange> {
        valid::alias(alias)?;
        let style = self.style.clone();
        let found = self.model_mut(model)?;
        let version = version.map(|reference| found.resolve(reference)).transpose()?;
        let version = version.map(|version| version.version().to_owned());
        let mut aliases: Vec<(String, String)> = found
            .aliases()
            .into_iter()
            .map(|(name, version)| (name.into_owned(), version.into_owned()))
            .collect();
        let index = aliases.iter().position(|(name, _)| name == alias);
        let replaced = index.map(|index| aliases[index].1.clone());
        if version.is_none() && replaced.is_none() {
            let present = aliases.into_iter().map(|(name, _)| name).collect();
            let (model, alias) = (model.to_owned(), alias.to_owned());
            return Err(Error::AliasNotFound { model, alias, present });
        }
        let changed = version != replaced;
        if changed {
            match (index, &version) {
                (Some(index), Some(version)) => aliases[index].1.clone_from(version),
                (Some(index), None) => drop(aliases.remove(index)),
                (None, Some(version)) => aliases.push((alias.to_owned(), version.clone())),
                (None, None) => {}
            }
            if aliases.is_empty() {
                found.unset("aliases");
            } else {
                let member =
                    |(name, version)| (Cow::Owned(name), Value::String(Cow::Owned(version)));
                found.set(
                    "aliases",
                    &Value::Object(aliases.into_iter().map(member).collect()),
                    &style,
                );
            }
            let named = version.as_deref().unwrap_or_default();
            let (event, at) = found.new_event(Action::Alias, named, provenance);
            let (replaced, alias) = (replaced.clone(), Some(alias.to_owned()));
            found.record(&Event { replaced, alias, ..event }, &style);
            self.touch(at);
        }
        Ok(AliasChange {
            model: model.to_owned(),
            alias: alias.to_owned(),
            version,
            replaced,
            changed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, with_versions};
    use super::*;

    #[test]
    fn setting_moving_and_deleting_an_alias_is_recorded() {
        let mut manifest = with_versions(&["1", "2"]);
        let before = manifest.model("m").expect("the model").clone();
        let mut set = |version, second| {
            manifest
                .set_alias("m", "champion", version, &Provenance::at(at(second)))
                .expect("valid")
        };
        assert_eq!(set(Some("1"), 1).replaced, None);
        assert!(!set(Some("1"), 2).changed);
        assert_eq!(set(Some("@latest"), 3).replaced.as_deref(), Some("1"));
        let model = manifest.model("m").expect("the model");
        assert_eq!(model.resolve("@champion").expect("it names one").version(), "2");
        let events: Vec<_> = model
            .history()
            .into_iter()
            .map(|event| (event.alias, event.version, event.replaced))
            .collect();
        let champion = || Some("champion".to_owned());
        assert_eq!(
            events,
            [
                (champion(), "1".to_owned(), None),
                (champion(), "2".to_owned(), Some("1".to_owned())),
            ]
        );
        let again = Manifest::parse(manifest.to_text(), "m.json".as_ref()).expect("a manifest");
        assert_eq!(again, manifest);

        manifest
            .set_alias("m", "champion", None, &Provenance::at(at(4)))
            .expect("the alias exists");
        let model = manifest.model("m").expect("the model");
        assert!(model.get("aliases").is_none());
        assert_eq!(model.versions(), before.versions());
        assert!(matches!(model.resolve("@champion"), Err(Error::AliasNotFound { .. })));
        let gone = manifest.set_alias("m", "champion", None, &Provenance::at(at(5)));
        assert!(matches!(gone, Err(Error::AliasNotFound { .. })));
    }

    #[test]
    fn what_an_alias_names_can_be_expected() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.expect_alias("m", "champion", None).expect("there is none");
        manifest.set_alias("m", "champion", Some("1"), &Provenance::at(at(1))).expect("valid");
        manifest.expect_alias("m", "champion", Some("1")).expect("it is 1");
        for expected in [None, Some("2")] {
            match manifest.expect_alias("m", "champion", expected) {
                Err(Error::AliasMismatch { found, .. }) => assert_eq!(found.as_deref(), Some("1")),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn reserved_and_unusable_names_are_refused() {
        let mut manifest = with_versions(&["1"]);
        for name in ["prod", "staging", "latest", "dev", "", "@x", "a b", "a\n"] {
            let refused = manifest.set_alias("m", name, Some("1"), &Provenance::at(at(1)));
            assert!(matches!(refused, Err(Error::Invalid { field: "alias", .. })), "{name:?}");
        }
    }
}
