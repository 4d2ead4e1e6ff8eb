//! Finds the steps that make pointers and versions agree after their fields were merged.

use std::collections::HashMap;

use crate::manifest::{Model, ModelVersion, Stage};

/// One step towards pointers and versions that agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step<'m> {
    /// Keeps a version that one side deleted, because a pointer names it.
    Keep(&'m str),
    /// Reports that the two sides moved a version to different stages.
    Dispute(&'m str),
    /// Gives a version the stage and the promotion time of our side.
    OurStage(&'m str),
    /// Gives a pointer the value of our side.
    OurPointer(Stage),
}

/// One side of the merge.
#[derive(Clone, Copy)]
pub(super) struct SideView<'s, 'm> {
    pub(super) model: &'m Model,
    pub(super) versions: &'s HashMap<&'m str, &'m ModelVersion>,
}

impl<'m> SideView<'_, 'm> {
    fn version(&self, name: &str) -> Option<&'m ModelVersion> {
        self.versions.get(name).copied()
    }

    /// Returns whether the version is current in a stage and labelled with it on this side.
    fn places(&self, name: &str, stage: Stage) -> bool {
        self.model.is_current(name, stage)
            && self.version(name).is_some_and(|version| version.stage() == stage)
    }
}

/// Returns the steps that make pointers and versions agree, in the order to apply them.
///
/// Two sides can move one version to different stages without touching the same field. The stage
/// is then disputed, and ours wins. Returning a pointer to our value can bring another version
/// into dispute; each pointer and each version is returned at most once, so this ends.
///
/// `pointers` are the merged pointers to prod and staging, `merged` returns the stage of a merged
/// version, and `deleted` the name and the stage of a version that one side deleted.
pub(super) fn reconcile_pointers<'m>(
    ours: SideView<'_, 'm>,
    theirs: SideView<'_, 'm>,
    mut pointers: [(Stage, Option<String>); 2],
    merged: impl Fn(&str) -> Option<Stage>,
    deleted: impl Fn(&str) -> Option<(&'m str, Stage)>,
) -> Vec<Step<'m>> {
    let mut steps = Vec::new();
    // The stages of versions that a step changes.
    let mut changed_stages: HashMap<&'m str, Stage> = HashMap::new();
    loop {
        let before = steps.len();
        for (stage, pointer) in &mut pointers {
            let stage = *stage;
            let Some(current) = pointer.as_deref() else { continue };
            let mut label = changed_stages.get(current).copied().or_else(|| merged(current));
            if label.is_none()
                && let Some((name, kept)) = deleted(current)
            {
                steps.push(Step::Keep(name));
                changed_stages.insert(name, kept);
                label = Some(kept);
            }
            if label.is_none_or(|label| label == stage) {
                continue;
            }
            let here = ours.version(current);
            let dispute = here.filter(|_| theirs.version(current).is_some());
            if let Some(here) = here.filter(|_| ours.places(current, stage)) {
                steps.extend(dispute.map(|version| Step::Dispute(version.version())));
                steps.push(Step::OurStage(here.version()));
                changed_stages.insert(here.version(), stage);
            } else if theirs.places(current, stage)
                && ours.model.current(stage).as_deref() != Some(current)
            {
                steps.extend(dispute.map(|version| Step::Dispute(version.version())));
                steps.push(Step::OurPointer(stage));
                *pointer = ours.model.current(stage).map(std::borrow::Cow::into_owned);
            }
        }
        // A kept version is in the result at once and needs no further step.
        if steps[before..].iter().all(|step| matches!(step, Step::Keep(_))) {
            return steps;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::versions_by_name;
    use crate::manifest::Manifest;

    /// Creates a model from its pointers and its versions, each with its stage.
    fn model(prod: &str, staging: &str, versions: &[(&str, &str)]) -> Model {
        let pointer = |name: &str| match name {
            "" => "null".to_owned(),
            name => format!("\"{name}\""),
        };
        let versions: Vec<_> = versions
            .iter()
            .map(|(name, stage)| {
                format!(
                    r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p", "stage": "{stage}"}}"#
                )
            })
            .collect();
        let text = format!(
            r#"{{"models": {{"m": {{"versions": [{}], "current_prod": {}, "current_staging": {}}}}}}}"#,
            versions.join(","),
            pointer(prod),
            pointer(staging)
        );
        let manifest = Manifest::parse(text, "m.json".as_ref()).expect("a manifest");
        manifest.into_model("m").expect("the model")
    }

    /// Returns the steps for sides whose merged fields are those of `merged`.
    fn steps<'m>(
        ours: &'m Model,
        theirs: &'m Model,
        merged: &Model,
        deleted: Option<(&'m str, Stage)>,
    ) -> Vec<Step<'m>> {
        let (here, there) = (versions_by_name(ours), versions_by_name(theirs));
        reconcile_pointers(
            SideView { model: ours, versions: &here },
            SideView { model: theirs, versions: &there },
            [Stage::Prod, Stage::Staging]
                .map(|stage| (stage, merged.current(stage).map(std::borrow::Cow::into_owned))),
            |name| merged.version(name).map(ModelVersion::stage),
            |name| deleted.filter(|(deleted, _)| *deleted == name),
        )
    }

    #[test]
    fn pointers_that_agree_need_no_step() {
        let both = model("1", "2", &[("1", "prod"), ("2", "staging")]);
        assert_eq!(steps(&both, &both, &both, None), []);
        let dangling = model("gone", "", &[("1", "dev")]);
        assert_eq!(steps(&dangling, &dangling, &dangling, None), []);
    }

    #[test]
    fn a_side_whose_own_pointer_and_label_differ_decides_nothing() {
        let dev = [("1", "dev")];
        let (pointed, labelled) = (model("1", "", &dev), model("1", "", &[("1", "prod")]));
        let neither = model("", "", &dev);
        assert_eq!(steps(&pointed, &pointed, &pointed, None), []);
        assert_eq!(steps(&neither, &pointed, &pointed, None), []);
        assert_eq!(steps(&pointed, &labelled, &pointed, None), []);
        let expected = [Step::Dispute("1"), Step::OurPointer(Stage::Prod)];
        assert_eq!(steps(&neither, &labelled, &pointed, None), expected);
    }

    #[test]
    fn ours_wins_for_a_version_that_both_sides_moved() {
        // Ours promoted `1` to prod, theirs to staging; each pointer was changed by one side only.
        let ours = model("1", "", &[("1", "prod")]);
        let theirs = model("", "1", &[("1", "staging")]);
        let merged = model("1", "1", &[("1", "prod")]);
        let expected = [Step::Dispute("1"), Step::OurPointer(Stage::Staging)];
        assert_eq!(steps(&ours, &theirs, &merged, None), expected);
        let merged = model("1", "1", &[("1", "staging")]);
        let expected = [
            Step::Dispute("1"),
            Step::OurStage("1"),
            Step::Dispute("1"),
            Step::OurPointer(Stage::Staging),
        ];
        assert_eq!(steps(&ours, &theirs, &merged, None), expected);
    }

    #[test]
    fn a_version_that_a_pointer_names_is_kept() {
        let ours = model("", "", &[]);
        let theirs = model("1", "", &[("1", "prod")]);
        let merged = model("1", "", &[]);
        let deleted = Some(("1", Stage::Prod));
        assert_eq!(steps(&ours, &theirs, &merged, deleted), [Step::Keep("1")]);
        assert_eq!(steps(&ours, &theirs, &merged, None), []);
    }
}
