//! What holds for any three manifests that are merged.

use model_registry::check::{against, check};
use model_registry::diff::diff;
use model_registry::{Manifest, Merged, merge::merge as merged};

use super::{parse, parse_again};

/// Separator of the three manifests in one input.
const SEPARATOR: &str = "\n%%\n";

/// Checks the laws of merging on a base and two sides, in one text; a side that is not a manifest,
/// or is not there, is the base.
pub(crate) fn merge(text: &str) {
    let mut parts = text.split(SEPARATOR).map(parse);
    let Some(Ok(base)) = parts.next() else { return };
    let mut side = || parts.next().and_then(Result::ok).unwrap_or_else(|| base.clone());
    let (ours, theirs) = (side(), side());
    one_side_did_nothing(&base, &ours);
    one_side_did_nothing(&base, &theirs);
    both_sides_did_something(&base, &ours, &theirs);
    both_sides_did_something(&base, &theirs, &ours);
}

fn one_side_did_nothing(base: &Manifest, side: &Manifest) {
    for [ours, theirs] in [[base, side], [side, base], [side, side]] {
        let Merged { manifest, conflicts, restored, .. } = merged(base, ours, theirs);
        assert_eq!(conflicts, []);
        if restored.is_empty() {
            assert_eq!(&manifest, side);
        }
    }
}

fn both_sides_did_something(base: &Manifest, ours: &Manifest, theirs: &Manifest) {
    let Merged { manifest, conflicts, .. } = merged(base, ours, theirs);
    for conflict in &conflicts {
        let sentence = conflict.to_string();
        assert!(!sentence.contains('\n'), "{sentence}");
        let _ = serde_json::to_string(conflict).expect("JSON");
    }
    let text = manifest.to_text();
    let again = parse_again(&text);
    assert_eq!(again.to_text(), text);
    assert!(diff(&manifest, &again).is_empty());
    let _ = (check(&manifest), against(&manifest, ours), against(&manifest, theirs));
    for side in [ours, theirs] {
        assert_eq!(diff(side, &manifest).is_empty(), diff(&manifest, side).is_empty());
        assert_nothing_lost(base, side, &manifest, !conflicts.is_empty());
    }
    let other = merged(base, theirs, ours);
    assert_eq!(conflicts.is_empty(), other.conflicts.is_empty(), "neither side comes first");
    if conflicts.is_empty() {
        assert!(diff(&manifest, &other.manifest).is_empty(), "neither side comes first");
        let twice = merged(base, &manifest, theirs);
        assert_eq!(twice.conflicts, []);
        assert!(diff(&twice.manifest, &manifest).is_empty(), "merged again");
    }
}

/// What a side added is in the result, unless the other side deleted the model, which is disputed.
fn assert_nothing_lost(base: &Manifest, side: &Manifest, result: &Manifest, disputed: bool) {
    for model in side.models() {
        if disputed && result.model(model.name()).is_err() {
            continue;
        }
        let before = base.model(model.name()).ok();
        for version in model.versions() {
            let name = version.version();
            let known = before.is_some_and(|model| model.version(name).is_some());
            let found = result.model(model.name()).ok().and_then(|model| model.version(name));
            assert!(known || found.is_some(), "`{name}` is lost");
        }
    }
}
