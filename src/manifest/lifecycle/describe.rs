//! Changes the notes on a model or a version: its description and its tags.

use std::borrow::Cow;

use json_document::{Style, Value};

use super::super::history::{Action, Event, Provenance};
use super::super::{Fault, Manifest, Model, ModelVersion, valid};
use super::unwritable;
use crate::error::Result;

/// New notes on a model or on one of its versions.
///
/// ```
/// use model_registry::Notes;
///
/// let notes = Notes::new().description("Quantile regression for minutes").tag("trainer", "ada");
/// assert_eq!(notes.tags.len(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notes {
    /// New description; an empty one removes a model's description.
    pub description: Option<String>,
    /// Tags to set, each with its value.
    pub tags: Vec<(String, String)>,
    /// Tags to remove.
    pub untag: Vec<String>,
}

impl Notes {
    /// Creates notes that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets a tag.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    /// Removes a tag.
    #[must_use]
    pub fn untag(mut self, name: impl Into<String>) -> Self {
        self.untag.push(name.into());
        self
    }
}

/// Outcome of a change of notes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Described {
    /// The model.
    pub model: String,
    /// The version; `None` if the model itself was described.
    pub version: Option<String>,
    /// The fields that changed, such as `description` or `tags.owner`.
    pub changed: Vec<String>,
}

impl Manifest {
    /// Changes the description or the tags of a model, or of one of its versions, and records it.
    ///
    /// Values that are already set change nothing and are not recorded.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a tag name that cannot be used,
    /// [`Error::ModelNotFound`](crate::Error::ModelNotFound), or those of [`Model::resolve`].
    ///
    /// # Examples
    /// ```
    /// use model_registry::{Manifest, Notes, Provenance, Timestamp};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": []}}}"#;
    /// let mut manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let provenance = Provenance::at(Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp"));
    ///
    /// let notes = Notes::new().tag("owner", "projections");
    /// let described = manifest.describe("minutes", None, &notes, &provenance)?;
    /// assert_eq!(described.changed, ["tags.owner"]);
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn describe(
        &mut self,
        model: &str,
        version: Option<&str>,
        notes: &Notes,
        provenance: &Provenance<'_>,
    ) -> Result<Described> {
        for name in notes.tags.iter().map(|(name, _)| name).chain(&notes.untag) {
            valid::name("tag", name)?;
        }
        let style = self.style.clone();
        let found = self.model_mut(model)?;
        let version = version.map(|reference| found.resolve(reference)).transpose()?;
        let version = version.map(|version| version.version().to_owned());
        let changed = match &version {
            Some(version) => found.describe_version(version, notes, &style)?,
            None => found.describe(notes, &style),
        };
        if !changed.is_empty() {
            let described = version.as_deref().unwrap_or_default();
            let (event, at) = found.new_event(Action::Describe, described, provenance);
            found.record(&Event { changed: changed.clone(), ..event }, &style);
            self.touch(at);
        }
        Ok(Described { model: model.to_owned(), version, changed })
    }
}

impl Model {
    fn describe(&mut self, notes: &Notes, style: &Style) -> Vec<String> {
        let mut changed = Vec::new();
        if let Some(description) = &notes.description
            && *description != self.description()
        {
            if description.is_empty() {
                self.unset("description");
            } else {
                self.set("description", &Value::String(description.into()), style);
            }
            changed.push("description".to_owned());
        }
        match changed_tags(self.tags(), notes, &mut changed) {
            Some(tags) if tags.is_empty() => self.unset("tags"),
            Some(tags) => self.set("tags", &object(tags), style),
            None => {}
        }
        changed
    }

    fn describe_version(
        &mut self,
        name: &str,
        notes: &Notes,
        style: &Style,
    ) -> Result<Vec<String>> {
        let mut changed = Vec::new();
        let Some(mut version) = self.version(name).cloned() else { return Ok(changed) };
        let edited =
            |edited: Result<ModelVersion, Fault>| edited.map_err(|fault| unwritable(name, &fault));
        if let Some(description) = &notes.description
            && *description != version.description()
        {
            let text = Value::String(description.into());
            version = edited(version.with_value("description", &text, style))?;
            changed.push("description".to_owned());
        }
        match changed_tags(version.tags(), notes, &mut changed) {
            Some(tags) if tags.is_empty() => version = edited(version.without("tags", style))?,
            Some(tags) => version = edited(version.with_value("tags", &object(tags), style))?,
            None => {}
        }
        self.replace(version);
        Ok(changed)
    }
}

/// Returns the tags after a change; `None` if nothing changes. Adds the changed fields to
/// `changed`.
fn changed_tags(
    tags: Vec<(Cow<'_, str>, Cow<'_, str>)>,
    notes: &Notes,
    changed: &mut Vec<String>,
) -> Option<Vec<(String, String)>> {
    let mut tags: Vec<(String, String)> =
        tags.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let before = changed.len();
    for name in &notes.untag {
        if let Some(index) = tags.iter().position(|(tag, _)| tag == name) {
            tags.remove(index);
            changed.push(format!("tags.{name}"));
        }
    }
    for (name, value) in &notes.tags {
        match tags.iter_mut().find(|(tag, _)| tag == name) {
            Some((_, old)) if old == value => continue,
            Some((_, old)) => old.clone_from(value),
            None => tags.push((name.clone(), value.clone())),
        }
        changed.push(format!("tags.{name}"));
    }
    (changed.len() > before).then_some(tags)
}

fn object(tags: Vec<(String, String)>) -> Value<'static> {
    let member = |(name, value): (String, String)| (name.into(), Value::String(value.into()));
    Value::Object(tags.into_iter().map(member).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, with_versions};
    use super::*;
    use crate::error::Error;

    fn described(notes: &Notes, version: Option<&str>) -> (Manifest, Described) {
        let mut manifest = with_versions(&["1", "2"]);
        let outcome = manifest.describe("m", version, notes, &Provenance::at(at(1)));
        (manifest, outcome.expect("valid notes"))
    }

    #[test]
    fn notes_of_a_model_are_written_behind_its_other_fields_and_recorded() {
        let notes = Notes::new().description("café").tag("owner", "ada").tag("a \"b\"", "\n");
        let (manifest, outcome) = described(&notes, None);
        assert_eq!(outcome.changed, ["description", "tags.owner", "tags.a \"b\""]);
        let model = manifest.model("m").expect("the model");
        assert_eq!(model.description(), "café");
        assert_eq!(model.tags().len(), 2);
        let event = &model.history()[0];
        assert_eq!((event.action, event.version.as_str()), (Some(Action::Describe), ""));
        assert_eq!(event.changed, outcome.changed);
        assert!(model.moves().is_empty(), "a description is not a move");
        let text = manifest.to_text();
        let order =
            ["\"current_staging\"", "\"description\": \"caf\\u00e9\"", "\"tags\"", "\"history\""];
        let places: Vec<_> = order
            .iter()
            .map(|key| text.rfind(key).unwrap_or_else(|| panic!("{key} in {text}")))
            .collect();
        assert!(places.is_sorted(), "{text}");
        Manifest::parse(text, "m.json".as_ref()).expect("a manifest");
    }

    #[test]
    fn notes_that_are_already_so_change_nothing() {
        let notes = Notes::new().description("d").tag("a", "1").untag("b");
        for version in [None, Some("1")] {
            let (mut manifest, _) = described(&notes, version);
            let before = manifest.clone();
            let again = manifest.describe("m", version, &notes, &Provenance::at(at(2)));
            assert!(again.expect("valid notes").changed.is_empty());
            assert_eq!(manifest, before);
        }
    }

    #[test]
    fn tags_that_stay_keep_their_text() {
        let tags = "\"tags\": {\"a\":\"1\"}";
        let text = with_versions(&["1"]).to_text();
        let text = text.replace("\"current_prod\"", &format!("{tags}, \"current_prod\""));
        let mut manifest: Manifest = text.parse().expect("a manifest");
        let notes = Notes::new().description("d").tag("a", "1");
        let outcome = manifest.describe("m", None, &notes, &Provenance::at(at(1)));
        assert_eq!(outcome.expect("valid notes").changed, ["description"]);
        assert!(manifest.to_text().contains(tags), "{}", manifest.to_text());
    }

    #[test]
    fn removing_the_last_note_leaves_no_empty_field() {
        let original = with_versions(&["1", "2"]);
        for version in [None, Some("2")] {
            let notes = Notes::new().tag("a", "1").tag("b", "2");
            let (mut manifest, _) = described(&notes, version);
            let notes = Notes::new().untag("a").untag("b");
            let outcome = manifest.describe("m", version, &notes, &Provenance::at(at(2)));
            assert_eq!(outcome.expect("valid notes").changed, ["tags.a", "tags.b"]);
            let model = manifest.model("m").expect("the model");
            let old = original.model("m").expect("the model");
            assert_eq!(model.versions(), old.versions());
            assert!(model.get("tags").is_none());
        }
    }

    #[test]
    fn a_tag_needs_a_usable_name() {
        let mut manifest = with_versions(&["1"]);
        for name in ["", " a", "a\nb", "@x"] {
            let notes = Notes::new().tag(name, "1");
            let refused = manifest.describe("m", None, &notes, &Provenance::at(at(1)));
            assert!(matches!(refused, Err(Error::Invalid { field: "tag", .. })), "{name:?}");
        }
    }
}
