//! Which version was current in a stage when.

use serde::Serialize;

use crate::manifest::{Action, Event, Model, Stage, Timestamp};

/// A time in which one version was current in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Period {
    /// The version.
    pub version: String,
    /// Time when it became current, as written; `None` if no move records it.
    pub since: Option<String>,
    /// Time when it was replaced or removed, as written; `None` if it is current, or if no move
    /// records it.
    pub until: Option<String>,
    /// Whether it is current now.
    pub current: bool,
    /// Whether a rollback ended it.
    pub rolled_back: bool,
    /// How it became current; `None` if that is inferred from the time of its promotion.
    pub action: Option<Action>,
    /// Who moved it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether failed rules were overridden.
    pub forced: bool,
    /// The rules that were overridden.
    pub unmet: Vec<String>,
}

impl Period {
    fn new(event: Event) -> Self {
        Self {
            version: event.version,
            since: event.at,
            until: None,
            current: false,
            rolled_back: false,
            action: event.action,
            by: event.by,
            reason: event.reason,
            forced: event.forced,
            unmet: event.unmet,
        }
    }

    /// Returns when the version became current.
    pub fn start(&self) -> Option<Timestamp> {
        Timestamp::parse(self.since.as_deref()?)
    }

    /// Returns when it ended.
    pub fn end(&self) -> Option<Timestamp> {
        Timestamp::parse(self.until.as_deref()?)
    }
}

/// Returns the periods in which versions of a model were current in prod or in staging, oldest first.
///
/// They come from all known moves. The pointer has the last word: if it names another version than
/// the moves lead to, the last period is that of the pointer and has no start.
///
/// ```
/// use model_registry::{Manifest, Stage, report::periods};
///
/// let text = r#"{"models": {"m": {"versions": [
///     {"version": "1", "run_id": "1", "artifact_path": "a", "stage": "prod",
///      "promoted_at": "2025-12-01T08:00:00+00:00"},
///     {"version": "2", "run_id": "2", "artifact_path": "b", "stage": "prod",
///      "promoted_at": "2025-12-08T08:00:00+00:00"}
/// ], "current_prod": "2"}}}"#;
/// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
///
/// let periods = periods(manifest.model("m")?, Stage::Prod);
/// assert_eq!(periods[0].until.as_deref(), Some("2025-12-08T08:00:00+00:00"));
/// assert!(periods[1].current);
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn periods(model: &Model, stage: Stage) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut open = false;
    for event in model.moves() {
        let enters = event.to.as_ref().is_some_and(|to| *to == stage);
        match periods.last_mut().filter(|_| open) {
            // Another promotion of the version that is current already. The first one may be known
            // only from its stage.
            Some(last) if enters && last.version == event.version => {
                if last.since.is_none() {
                    *last = Period::new(event);
                }
                continue;
            }
            Some(last) if enters || last.version == event.version => {
                last.until.clone_from(&event.at);
                last.rolled_back = event.action == Some(Action::Rollback);
                open = false;
            }
            _ => {}
        }
        if enters {
            periods.push(Period::new(event));
            open = true;
        }
    }
    let current = model.current(stage);
    match periods.last_mut().filter(|_| open) {
        Some(last) if current.as_deref() == Some(&*last.version) => last.current = true,
        _ => periods.extend(current.map(|version| Period {
            current: true,
            ..Period::new(Event { version: version.into_owned(), ..Event::default() })
        })),
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, Provenance, Registration};

    fn at(second: u32) -> Timestamp {
        Timestamp::parse(&format!("2025-12-01T05:00:{second:02}+00:00")).expect("a time")
    }

    fn with_versions(versions: &[&str]) -> Manifest {
        let mut manifest = Manifest::default();
        for version in versions {
            let registration =
                Registration { version: Some((*version).to_owned()), ..Registration::new("p") };
            manifest.register("m", &registration, at(0)).expect("a valid version");
        }
        manifest
    }

    /// Each period as `VERSION FROM-UNTIL`, in seconds; the current one has a `*`.
    fn shown(manifest: &Manifest) -> String {
        shown_in(manifest, Stage::Prod)
    }

    fn shown_in(manifest: &Manifest, stage: Stage) -> String {
        let second = |time: &Option<String>| {
            time.as_ref().map_or("?".to_owned(), |time| time[17..19].trim_start_matches('0').into())
        };
        let periods = periods(manifest.model("m").expect("the model"), stage);
        let period = |period: &Period| {
            let mark = if period.current { "*" } else { "" };
            format!("{}{mark} {}-{}", period.version, second(&period.since), second(&period.until))
        };
        periods.iter().map(period).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        let mut manifest = with_versions(&["1", "2"]);
        assert_eq!(shown(&manifest), "");
        let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
        manifest.promote("m", "1", Stage::Prod, &record(1)).expect("a promotion");
        manifest.promote("m", "2", Stage::Staging, &record(2)).expect("a promotion");
        manifest.promote("m", "2", Stage::Prod, &record(3)).expect("a promotion");
        manifest.rollback("m", None, &record(4)).expect("a rollback");
        assert_eq!(shown(&manifest), "1 1-3, 2 3-4, 1* 4-?");
        assert_eq!(shown_in(&manifest, Stage::Staging), "2 2-3");
        let periods = periods(manifest.model("m").expect("the model"), Stage::Prod);
        assert_eq!([0, 1, 2].map(|index| periods[index].rolled_back), [false, true, false]);
        assert_eq!(periods[2].action, Some(Action::Rollback));
        assert_eq!(periods[2].by.as_deref(), Some("ada"));
    }

    #[test]
    fn a_version_taken_out_leaves_a_gap() {
        let mut manifest = with_versions(&["1", "2"]);
        for (version, stage, second) in [
            ("1", Stage::Prod, 1),
            ("1", Stage::Dev, 2),
            ("2", Stage::Prod, 5),
            ("1", Stage::Staging, 6),
        ] {
            manifest
                .promote("m", version, stage, &Provenance::at(at(second)))
                .expect("a promotion");
        }
        assert_eq!(shown(&manifest), "1 1-2, 2* 5-?");
        assert_eq!(shown_in(&manifest, Stage::Staging), "1* 6-?");
    }

    #[test]
    fn a_recorded_promotion_is_preferred_to_one_inferred_from_the_stage() {
        let mut manifest = with_versions(&["1"]);
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        let time = "\"promoted_at\": \"2025-12-01T05:00:01.000000+00:00\"";
        let text = manifest.to_text();
        assert!(text.contains(time));
        let edited = text.replace(time, "\"promoted_at\": null");
        let manifest = Manifest::parse(edited, "m.json".as_ref()).expect("valid");
        assert_eq!(shown(&manifest), "1* 1-?");
    }

    #[test]
    fn the_pointer_has_the_last_word() {
        let mut manifest = with_versions(&["1", "2"]);
        manifest.promote("m", "1", Stage::Prod, &Provenance::at(at(1))).expect("a promotion");
        let text = manifest.to_text();
        for (pointer, expected) in [("\"2\"", "1 1-?, 2* ?-?"), ("null", "1 1-?")] {
            let edited =
                text.replace("\"current_prod\": \"1\"", &format!("\"current_prod\": {pointer}"));
            let manifest = Manifest::parse(edited, "m.json".as_ref()).expect("valid");
            assert_eq!(shown(&manifest), expected);
        }
    }
}
