//! Undoes a recorded move, to find out how a model was before it.

use json_document::{Array, Style, Text};

use super::super::history::{Action, Event, took_effect};
use super::super::{Manifest, Model, depth};
use crate::stage::Stage;

impl Manifest {
    /// Undoes the last recorded move of a model, and removes it and the events after it from the
    /// history. Returns `false` if there is none, or the model is not as the move left it.
    pub(crate) fn undo_last_move(&mut self, model: &str) -> bool {
        let style = self.style.clone();
        self.model_mut(model).is_ok_and(|model| model.undo_last_move(&style))
    }
}

impl Model {
    /// Returns the last recorded move that took effect.
    pub(crate) fn last_move(&self) -> Option<Event> {
        self.moves().into_iter().rfind(Event::is_recorded)
    }

    fn undo_last_move(&mut self, style: &Style) -> bool {
        let history = self.history();
        let took_effect = took_effect(&history);
        let last = history.iter().rposition(|event| event.is_move() && took_effect(event));
        let Some(last) = last else { return false };
        self.undo(&history[last], &history[..last], style)
    }

    /// Undoes a move, given the events before it. Returns `false` if the model is not as the move
    /// left it.
    pub(super) fn undo(&mut self, event: &Event, earlier: &[Event], style: &Style) -> bool {
        let name = event.version.as_str();
        let (Some(to), Some(from)) = (event.stage(), event.stage_before()) else { return false };
        if self.version(name).is_none_or(|version| version.stage() != to)
            || (to != Stage::Dev && !self.is_current(name, to))
        {
            return false;
        }
        let time = event.promoted_before.clone().or_else(|| {
            // A note or an alias is an event of the version, and does not move it.
            let moves = earlier.iter().rev().filter(|event| event.is_move());
            let mut moves = moves.filter(|event| event.version == name);
            moves.find_map(|event| event.at.clone())
        });
        if let Some(version) = self.version(name) {
            let before = version.moved_to(from, time.as_deref(), style);
            self.replace(before);
        }
        self.point(to, event.replaced.as_deref(), style);
        if event.action == Some(Action::Rollback)
            && let Some(version) = event.replaced.as_deref().and_then(|name| self.version(name))
        {
            let promoted_at = version.promoted_at().map(std::borrow::Cow::into_owned);
            let before = version.moved_to(Stage::Prod, promoted_at.as_deref(), style);
            self.replace(before);
        }
        if from != to && self.current(from).is_none() && was_current(earlier, name, from) {
            self.point(from, Some(name), style);
        }
        let raw: Vec<Text> =
            self.events().take(earlier.len()).map(|event| event.text().into()).collect();
        if raw.is_empty() {
            self.fields.remove("history");
        } else {
            let text = Array::laid_out(raw, style, depth::MODEL_FIELD).to_text();
            self.fields.set("history", text.into(), style, depth::MODEL);
        }
        true
    }
}

/// Returns whether a version was current in a stage after these events.
fn was_current(events: &[Event], version: &str, stage: Stage) -> bool {
    let leads_there = |event: &&Event| event.stage() == Some(stage);
    events.iter().rev().find(leads_there).is_none_or(|last| last.version == version)
}

#[cfg(test)]
mod tests {
    use super::super::super::history::Provenance;
    use super::super::describe::Notes;
    use super::super::testing::{at, with_versions};
    use super::*;

    const M: &str = "m";

    type Change = fn(&mut Manifest, &Provenance<'_>) -> crate::error::Result<()>;

    fn promote(manifest: &mut Manifest, version: &str, stage: Stage, second: u32) {
        let promoted = manifest.promote(M, version, stage, &Provenance::at(at(second)));
        promoted.expect("a promotion");
    }

    /// A manifest with one part of its text replaced.
    fn edited(manifest: &Manifest, from: &str, to: &str) -> Manifest {
        let text = manifest.to_text();
        assert!(text.contains(from), "{from} in {text}");
        text.replacen(from, to, 1).parse().expect("a manifest")
    }

    #[test]
    fn taking_back_each_move_restores_the_model_before_it() {
        use Stage::{Dev, Prod, Staging};
        let changes: &[(&str, bool, Change)] = &[
            ("1 to prod", true, |m, p| m.promote(M, "1", Prod, p).map(drop)),
            ("2 to staging", true, |m, p| m.promote(M, "2", Staging, p).map(drop)),
            ("2 on to prod", true, |m, p| m.promote(M, "2", Prod, p).map(drop)),
            ("3 to prod", true, |m, p| m.promote(M, "3", Prod, p).map(drop)),
            ("back to 2", true, |m, p| m.rollback(M, None, p).map(drop)),
            ("a note on 2", false, |m, p| {
                m.describe(M, Some("2"), &Notes::new().tag("a", "b"), p).map(drop)
            }),
            ("2 to dev", true, |m, p| m.promote(M, "2", Dev, p).map(drop)),
            ("an alias for 2", false, |m, p| m.set_alias(M, "best", Some("2"), p).map(drop)),
            ("2 to prod again", true, |m, p| m.promote(M, "2", Prod, p).map(drop)),
            ("3 to staging", true, |m, p| m.promote(M, "3", Staging, p).map(drop)),
            ("4 to staging", true, |m, p| m.promote(M, "4", Staging, p).map(drop)),
            ("4 to dev", true, |m, p| m.promote(M, "4", Dev, p).map(drop)),
            // It was in staging before 4, and is not current there.
            ("3 on to prod", true, |m, p| m.promote(M, "3", Prod, p).map(drop)),
            ("back to 2 again", true, |m, p| m.rollback(M, Some("2"), p).map(drop)),
        ];
        let mut manifest = with_versions(&["1", "2", "3", "4"]);
        let mut second = 0;
        for (name, is_move, change) in changes {
            let before = manifest.clone();
            second += 1;
            change(&mut manifest, &Provenance::at(at(second))).expect(name);
            if !is_move {
                continue;
            }
            let mut undone = manifest.clone();
            assert!(undone.undo_last_move(M), "{name}");
            assert_eq!(undone.models(), before.models(), "{name}");
            // A note behind the move is removed from the history with it.
            let mut noted = manifest.clone();
            let remark = Notes::new().description("x");
            noted.describe(M, None, &remark, &Provenance::at(at(second))).expect("a note");
            assert!(noted.undo_last_move(M), "{name}");
            let history = |manifest: &Manifest| manifest.model(M).expect("the model").history();
            assert_eq!(history(&noted), history(&before), "{name}");
        }
        // All of them, one after the other.
        let moves = changes.iter().filter(|(_, is_move, _)| *is_move).count();
        for _ in 0..moves {
            assert!(manifest.undo_last_move(M));
        }
        assert!(!manifest.undo_last_move(M));
        let model = manifest.model(M).expect("the model");
        assert!(model.get("history").is_none());
        assert!(model.versions().iter().all(|version| version.stage() == Dev));
        assert_eq!([Prod, Staging].map(|stage| model.current(stage)), [None, None]);
    }

    #[test]
    fn what_was_before_the_history_is_restored() {
        // 2 was promoted to staging by a tool that records no events.
        let mut known = with_versions(&["1", "2"]);
        promote(&mut known, "2", Stage::Staging, 1);
        let text = known.to_text();
        let start = text.find(",\n      \"history\": [").expect("a history");
        let end = start + text[start..].find("\n      ]").expect("its end") + "\n      ]".len();
        let before: Manifest =
            format!("{}{}", &text[..start], &text[end..]).parse().expect("a manifest");
        let mut manifest = before.clone();
        promote(&mut manifest, "2", Stage::Prod, 2);
        assert!(manifest.undo_last_move(M));
        assert_eq!(manifest.models(), before.models());
        assert!(!manifest.undo_last_move(M));
        assert!(!manifest.undo_last_move("other"));
    }

    #[test]
    fn a_move_that_does_not_fit_the_model_is_not_taken_back() {
        let mut manifest = with_versions(&["1", "2"]);
        promote(&mut manifest, "1", Stage::Prod, 1);
        for (from, to) in [
            ("\"stage\": \"prod\"", "\"stage\": \"staging\""),
            ("\"current_prod\": \"1\"", "\"current_prod\": \"2\""),
            ("\"current_prod\": \"1\"", "\"current_prod\": null"),
            ("\"to\": \"prod\"", "\"to\": \"live\""),
            ("\"from\": \"dev\"", "\"from\": \"test\""),
            (
                "\"version\": \"1\",\n          \"run_id\"",
                "\"version\": \"3\",\n          \"run_id\"",
            ),
            ("\"action\": \"promote\"", "\"action\": \"describe\""),
        ] {
            let odd = edited(&manifest, from, to);
            let mut undone = odd.clone();
            assert!(!undone.undo_last_move(M), "{to}");
            assert_eq!(undone, odd, "{to}");
        }
        // A move to dev has no pointer that could fit.
        promote(&mut manifest, "1", Stage::Dev, 2);
        assert!(manifest.undo_last_move(M));
        let model = manifest.model(M).expect("the model");
        assert_eq!(model.current(Stage::Prod).as_deref(), Some("1"));
    }
}
