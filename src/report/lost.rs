//! Moves that a merge left without effect.

use crate::manifest::{Action, Event, Model, took_effect};
use crate::stage::Stage;

/// Reports for each of a model's events, which are in the order of time, whether a merge left it
/// without effect.
///
/// Both sides of a merge may bring a version into the same stage. The history keeps both moves, and
/// the version of one is current. The other one never was: no later move replaces it, rolls it back
/// or moves it on. A version that another tool replaced without a record is not counted as lost.
///
/// ```
/// use model_registry::{Manifest, report::lost_moves};
///
/// let text = r#"{"models": {"m": {"versions": [
///     {"version": "1", "run_id": "1", "artifact_path": "a", "stage": "dev"},
///     {"version": "2", "run_id": "2", "artifact_path": "b", "stage": "prod",
///      "promoted_at": "2025-12-01T08:00:00+00:00"}
/// ], "current_prod": "2", "history": [
///     {"at": "2025-12-01T07:00:00+00:00", "action": "promote", "version": "1", "to": "prod"},
///     {"at": "2025-12-01T08:00:00+00:00", "action": "promote", "version": "2", "to": "prod"}
/// ]}}}"#;
/// let manifest = Manifest::parse(text.into(), "manifest.json".as_ref())?;
/// let model = manifest.model("m")?;
/// assert_eq!(lost_moves(model, &model.moves()), [true, false]);
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn lost_moves(model: &Model, moves: &[Event]) -> Vec<bool> {
    let took_effect = took_effect(moves);
    let is_lost = |(index, event): (usize, &Event)| {
        if event.action == Some(Action::Resolve) {
            return false;
        }
        // A resolved conflict records what it gave up; without one, what is current shows it.
        if !took_effect(event) {
            return true;
        }
        let Some(stage) = stage_of(event).filter(|_| event.is_recorded()) else { return false };
        let is_current = model.is_current(&event.version, stage);
        !is_current && !moves[index + 1..].iter().any(|later| ends(later, event, stage))
    };
    moves.iter().enumerate().map(is_lost).collect()
}

/// The stage in which an event makes a version current.
fn stage_of(event: &Event) -> Option<Stage> {
    [Stage::Staging, Stage::Prod]
        .into_iter()
        .find(|&stage| event.to.as_ref().is_some_and(|to| *to == stage))
}

/// Returns whether a later event ends the time in which the version of an event was current in a stage.
fn ends(later: &Event, event: &Event, stage: Stage) -> bool {
    let into_stage = stage_of(later) == Some(stage);
    let replaces = later.replaced.as_deref() == Some(&*event.version);
    let rolls_back = later.action == Some(Action::Rollback);
    // What an unrecorded move replaced is not known.
    let unknown = into_stage && !later.is_recorded();
    let moves_on = later.version == event.version && later.to.is_some();
    moves_on || unknown || (replaces && (into_stage || rolls_back))
}
