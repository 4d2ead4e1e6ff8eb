//! Retires versions that must not be used any more, and restores them.

use std::borrow::Cow;

use json_document::Value;
use serde::Serialize;

use super::super::history::{Action, Provenance};
use super::super::timestamp::Timestamp;
use super::super::{Manifest, ModelVersion};
use super::unwritable;
use crate::error::{Error, Result};

/// Who retired a version, when and why. What another tool left out is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Retired {
    /// Time, as written in the manifest.
    pub at: Option<String>,
    /// Author of the change.
    pub by: Option<String>,
    /// Reason for the change.
    pub reason: Option<String>,
}

impl Retired {
    /// Returns a text with author, time and reason: `by ada on 2025-12-14 06:05:21: leaked
    /// features`.
    pub fn details(&self) -> String {
        let on = self
            .at
            .as_deref()
            .map(|at| Timestamp::parse(at).map_or_else(|| at.to_owned(), Timestamp::readable));
        let mut parts = Vec::new();
        parts.extend(self.by.as_ref().map(|by| format!("by {by}")));
        parts.extend(on.map(|on| format!("on {on}")));
        let who = parts.join(" ");
        match &self.reason {
            Some(reason) if who.is_empty() => reason.clone(),
            Some(reason) => format!("{who}: {reason}"),
            None => who,
        }
    }
}

/// Outcome of retiring or restoring a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Retirement {
    /// The model.
    pub model: String,
    /// The version.
    pub version: String,
    /// Whether the version is retired now, and by whom.
    pub retired: Option<Retired>,
    /// `false` if nothing changed.
    pub changed: bool,
}

impl ModelVersion {
    /// Returns who retired this version, when and why; `None` if it is not retired.
    pub fn retired(&self) -> Option<Retired> {
        let value = self.get("retired")?;
        if matches!(value, Value::Null | Value::Bool(false)) {
            return None;
        }
        let text = |key| value.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        Some(Retired { at: text("at"), by: text("by"), reason: text("reason") })
    }
}

impl Manifest {
    /// Retires a version and records it. The version can then be promoted only by an override,
    /// production does not go back to it, and `@latest` skips it.
    ///
    /// A version that is already retired does not change.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason, [`Error::StillCurrent`], [`Error::ModelNotFound`], or
    /// those of [`Model::resolve`](crate::Model::resolve).
    ///
    /// # Examples
    /// ```
    /// use model_registry::{Manifest, Provenance, Timestamp};
    ///
    /// let text = r#"{"models": {"minutes": {"versions": [
    ///     {"version": "1", "run_id": "1", "artifact_path": "a"}
    /// ]}}}"#;
    /// let mut manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
    /// let now = Timestamp::parse("2025-12-14T06:05:21+00:00").expect("a timestamp");
    /// let provenance = Provenance { reason: Some("leaked features"), ..Provenance::at(now) };
    ///
    /// manifest.retire("minutes", "1", &provenance)?;
    /// assert!(manifest.model("minutes")?.resolve("@latest").is_err());
    /// manifest.unretire("minutes", "1", &Provenance::at(now))?;
    /// assert_eq!(manifest.model("minutes")?.resolve("@latest")?.version(), "1");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn retire(
        &mut self,
        model: &str,
        version: &str,
        provenance: &Provenance<'_>,
    ) -> Result<Retirement> {
        if provenance.reason.is_none_or(|reason| reason.trim().is_empty()) {
            let (field, problem) = ("reason", "is empty");
            return Err(Error::Invalid { field, value: String::new(), problem });
        }
        self.set_retired(model, version, Action::Retire, provenance)
    }

    /// Restores a retired version and records it. A version that is not retired does not change.
    ///
    /// # Errors
    /// [`Error::ModelNotFound`] or those of [`Model::resolve`](crate::Model::resolve).
    pub fn unretire(
        &mut self,
        model: &str,
        version: &str,
        provenance: &Provenance<'_>,
    ) -> Result<Retirement> {
        self.set_retired(model, version, Action::Unretire, provenance)
    }

    fn set_retired(
        &mut self,
        model: &str,
        version: &str,
        action: Action,
        provenance: &Provenance<'_>,
    ) -> Result<Retirement> {
        let style = self.style.clone();
        let found = self.model_mut(model)?;
        let subject = found.resolve(version)?;
        let (model, version) = (model.to_owned(), subject.version().to_owned());
        let is_retirement = action == Action::Retire;
        let retired = subject.retired();
        if retired.is_some() == is_retirement {
            return Ok(Retirement { model, version, retired, changed: false });
        }
        if let Some(stage) = found.current_stage(&version).filter(|_| is_retirement) {
            return Err(Error::StillCurrent { model, version, stage });
        }
        let (event, at) = found.new_event(action, &version, provenance);
        let string = |text: &Option<String>| {
            text.as_ref().map_or(Value::Null, |text| Value::String(Cow::Owned(text.clone())))
        };
        let edited = if is_retirement {
            let fields = [("at", &event.at), ("by", &event.by), ("reason", &event.reason)];
            let fields = fields.map(|(key, text)| (key.into(), string(text)));
            subject.with_value("retired", &Value::Object(fields.into()), &style)
        } else {
            subject.without("retired", &style)
        };
        let edited = edited.map_err(|fault| unwritable(&version, &fault))?;
        let retired = edited.retired();
        found.replace(edited);
        found.record(&event, &style);
        self.touch(at);
        Ok(Retirement { model, version, retired, changed: true })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Stage;
    use super::super::testing::{at, with_versions};
    use super::*;
    use crate::error::RollbackRefusal;

    fn because(second: u32) -> Provenance<'static> {
        Provenance { by: Some("ada"), reason: Some("leak"), ..Provenance::at(at(second)) }
    }

    #[test]
    fn a_retired_version_is_passed_over() {
        let mut manifest = with_versions(&["1", "2", "3"]);
        for (version, second) in [("1", 1), ("2", 2), ("3", 3)] {
            let promoted = manifest.promote("m", version, Stage::Prod, &because(second));
            promoted.expect("a promotion");
        }
        let error = manifest.retire("m", "@prod", &because(4)).expect_err("it is current");
        assert!(matches!(error, Error::StillCurrent { stage: Stage::Prod, .. }));
        let retired = manifest.retire("m", "2", &because(4)).expect("it is past");
        assert!(retired.changed);
        assert!(!manifest.retire("m", "2", &because(5)).expect("no change").changed);

        let error = manifest.rollback("m", Some("2"), &because(6)).expect_err("it is retired");
        assert!(matches!(error, Error::RollbackRefused { reason: RollbackRefusal::Retired, .. }));
        assert_eq!(manifest.rollback("m", None, &because(6)).expect("a rollback").version, "1");
        manifest.retire("m", "3", &because(7)).expect("it was rolled back");
        let model = manifest.model("m").expect("the model");
        assert_eq!(model.resolve("@latest").expect("a version").version(), "1");
        let note = model.resolve("3").expect("it exists").retired().expect("retired").details();
        assert_eq!(note, "by ada on 2025-12-01 05:00:07: leak");
    }

    #[test]
    fn undoing_leaves_the_version_as_it_was() {
        let mut manifest = with_versions(&["1", "2"]);
        let text = |manifest: &Manifest| {
            manifest.model("m").expect("the model").versions()[1].text().to_string()
        };
        let before = text(&manifest);
        assert!(!manifest.unretire("m", "2", &because(1)).expect("no change").changed);
        manifest.retire("m", "2", &because(1)).expect("a version in dev");
        assert_ne!(text(&manifest), before);
        manifest.unretire("m", "2", &Provenance::at(at(2))).expect("it is retired");
        assert_eq!(text(&manifest), before);
        let actions: Vec<_> =
            manifest.model("m").expect("the model").history().iter().map(|e| e.action).collect();
        assert_eq!(actions, [Some(Action::Retire), Some(Action::Unretire)]);
    }

    #[test]
    fn a_version_in_staging_cannot_be_retired() {
        let mut manifest = with_versions(&["1"]);
        manifest.promote("m", "1", Stage::Staging, &because(1)).expect("a promotion");
        let error = manifest.retire("m", "1", &because(2)).expect_err("it is current");
        assert!(matches!(error, Error::StillCurrent { stage: Stage::Staging, .. }));
        // One that is retired already and then promoted can be restored.
        manifest.promote("m", "1", Stage::Dev, &because(3)).expect("a promotion");
        manifest.retire("m", "1", &because(4)).expect("it is in dev");
        manifest.promote("m", "1", Stage::Staging, &because(5)).expect("not judged here");
        assert!(manifest.unretire("m", "1", &because(6)).expect("it is retired").changed);
    }

    #[test]
    fn what_other_tools_write_is_read() {
        for (retired, details) in [
            ("null", None),
            ("false", None),
            ("true", Some("")),
            (r#"{"by": "ada"}"#, Some("by ada")),
            (r#"{"at": "in May", "reason": "leak"}"#, Some("on in May: leak")),
            (r#"{"reason": "leak"}"#, Some("leak")),
        ] {
            let text = format!(
                r#"{{"models": {{"m": {{"versions": [{{"version": "1", "run_id": "1",
                "artifact_path": "a", "retired": {retired}}}]}}}}}}"#
            );
            let manifest = Manifest::parse(text, "m.json".as_ref()).expect("valid");
            let retired = manifest.model("m").expect("the model").versions()[0].retired();
            assert_eq!(retired.map(|retired| retired.details()).as_deref(), details);
        }
    }

    #[test]
    fn a_reason_is_required() {
        let mut manifest = with_versions(&["1"]);
        for reason in [None, Some(" ")] {
            let provenance = Provenance { reason, ..Provenance::at(at(1)) };
            let error = manifest.retire("m", "1", &provenance).expect_err("no reason");
            assert!(matches!(error, Error::Invalid { field: "reason", .. }));
        }
    }
}
