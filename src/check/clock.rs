//! Finds times in the future.

use super::finding::{Finding, Subject};
use crate::manifest::{Model, ModelVersion, Timestamp};

/// The latest time that is not in the future, if the current time is known.
#[derive(Clone, Copy)]
pub(super) struct Limit(Option<Timestamp>);

impl Limit {
    /// Allows every time.
    pub(super) const NONE: Self = Self(None);

    /// Allows times up to a day ahead of `now`; later ones come from a wrong clock.
    pub(super) fn at(now: Timestamp) -> Self {
        Self(Some(now.next_day()))
    }

    /// Returns a warning for a time that is not allowed.
    pub(super) fn warning(
        self,
        subject: Subject<'_>,
        field: &str,
        time: Timestamp,
    ) -> Option<Finding> {
        self.0.filter(|limit| time > *limit)?;
        let message = format!("`{field}` of {subject} is {time}, which is in the future");
        Some(subject.warning(field, message))
    }

    /// Warns of the times of a version that are not allowed.
    pub(super) fn check_version(
        self,
        model: &Model,
        version: &ModelVersion,
        findings: &mut Vec<Finding>,
    ) {
        let times = [("created_at", version.created_at()), ("promoted_at", version.promoted_at())];
        for (field, time) in times {
            if let Some(time) = time.and_then(|time| Timestamp::parse(&time)) {
                findings.extend(self.warning(Subject::of(model, version), field, time));
            }
        }
    }

    /// Returns whether a time is allowed.
    pub(super) fn allows(self, time: Option<Timestamp>) -> bool {
        self.0.is_none_or(|limit| time.is_none_or(|time| time <= limit))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{check, check_at};
    use crate::manifest::{Manifest, Timestamp};

    #[test]
    fn times_more_than_a_day_ahead_are_warned_of() {
        let (today, tomorrow) =
            ("2025-12-06T06:00:00.000000+00:00", "2025-12-07T06:00:00.000000+00:00");
        let later = "2025-12-07T06:00:00.000001+00:00";
        // The versions have the same fields in the same layout, so only the first is read by name.
        let times = [
            (later, later),
            (today, tomorrow),
            (today, later),
            (later, later),
            (tomorrow, tomorrow),
        ];
        let versions = times.iter().enumerate().map(|(number, (created, promoted))| {
            format!(
                r#"{{"version": "{number}", "run_id": "{number}", "artifact_path": "p",
                "created_at": "{created}", "promoted_at": "{promoted}", "training_start": null,
                "training_end": null, "metrics": {{}}}}"#
            )
        });
        let versions = versions.collect::<Vec<_>>().join(", ");
        let event = |at| format!(r#"{{"at": "{at}", "action": "promote", "version": "0"}}"#);
        let text = format!(
            r#"{{"models": {{"m": {{"versions": [{versions}], "history": [{}, {}]}}}}}}"#,
            event(tomorrow),
            event(later)
        );
        let manifest: Manifest = text.parse().expect("a manifest");
        assert_eq!(check(&manifest), []);
        let now = Timestamp::parse(today).expect("a time");
        let found: Vec<_> =
            check_at(now, &manifest).into_iter().map(|finding| finding.message).collect();
        let warning = |what: &str| format!("{what} is {later}, which is in the future");
        let of_version =
            |field, number| warning(&format!("`{field}` of version `{number}` of model `m`"));
        assert_eq!(
            found,
            [
                of_version("created_at", 0),
                of_version("promoted_at", 0),
                of_version("promoted_at", 2),
                of_version("created_at", 3),
                of_version("promoted_at", 3),
                warning("`history` of model `m`"),
            ]
        );
    }
}
