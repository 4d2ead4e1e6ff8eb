//! A merge with a side that the original Python tool saved. Sabotage that it caught: no restoration;
//! no look at the promotion times; a restored history without the events that follow it; the sides
//! swapped in the notes.

use model_registry::check::{Strictness, against, check, replay};
use model_registry::merge::{Restored, Side, merge, resolve};
use model_registry::{
    Action, Event, Manifest, Notes, Policy, Provenance, Registration, Stage, Timestamp, Value,
};

use super::original::saved_by_the_original;

const BASE: &str = include_str!("../data/before.json");
const MODEL: &str = "minutes_v1_lgbm";
const OLD: &str = "20251205";
const NEW: &str = "20251214";

fn parse(text: &str) -> Manifest {
    text.parse().expect("a valid manifest")
}

fn record(second: u32) -> Provenance<'static> {
    let at = format!("2025-12-15T05:00:{second:02}+00:00");
    let at = Timestamp::parse(&at).expect("a time");
    Provenance { by: Some("ada"), reason: Some("because"), ..Provenance::at(at) }
}

fn promoted(manifest: &Manifest, version: &str, stage: Stage, second: u32) -> Manifest {
    let mut manifest = manifest.clone();
    manifest.promote(MODEL, version, stage, &record(second)).expect("a promotion");
    manifest
}

fn registered(manifest: &Manifest, version: &str, second: u32) -> Manifest {
    let mut manifest = manifest.clone();
    let registration = Registration::new(format!("runs/{version}")).version(version);
    manifest.register(MODEL, &registration, record(second).at).expect("a new version");
    manifest
}

fn python(manifest: &Manifest) -> Manifest {
    parse(&saved_by_the_original(&manifest.to_text()))
}

/// A manifest with everything that the original does not know: a version was promoted and rolled
/// back, another is retired, there are tags, an alias, a description and digests.
fn base() -> Manifest {
    let mut manifest = promoted(&registered(&parse(BASE), "3", 0), NEW, Stage::Prod, 1);
    manifest.rollback(MODEL, None, &record(2)).expect("a rollback");
    manifest.retire(MODEL, "3", &record(3)).expect("it is not current");
    let notes = Notes::new().tag("owner", "ada").description("Minutes played");
    manifest.describe(MODEL, None, &notes, &record(4)).expect("valid notes");
    let notes = Notes::new().tag("review", "open");
    manifest.describe(MODEL, Some(OLD), &notes, &record(5)).expect("valid notes");
    manifest.set_alias(MODEL, "champion", Some(OLD), &record(6)).expect("a valid alias");
    with_digest(&manifest.to_text())
}

fn with_digest(text: &str) -> Manifest {
    let run = "\"run_id\": \"20251205\"";
    let digest = format!("\"artifact_digest\": \"sha256:{}\"", "0".repeat(64));
    parse(&text.replace(run, &format!("{run}, {digest}")))
}

fn events(manifest: &Manifest) -> Vec<Event> {
    manifest.model(MODEL).expect("the model").history()
}

fn fields(restored: &[Restored]) -> Vec<(Side, Option<&str>, Vec<&str>)> {
    let fields = restored.iter().map(|restored| {
        let fields = restored.fields.iter().map(String::as_str).collect();
        (restored.side, restored.model.as_deref(), fields)
    });
    fields.collect()
}

/// Compares by content, since a restored field comes behind the fields of the original.
#[track_caller]
fn assert_same(one: &Manifest, two: &Manifest) {
    let diff = model_registry::diff::diff(one, two);
    assert!(diff.is_empty(), "{diff:#?}");
}

/// What the model of [`base`] and its versions lose.
const LOST: [&str; 8] =
    ["owner", "history", "description", "tags", "aliases", "artifact_digest", "tag", "retired"];

#[test]
fn a_side_that_the_original_saved_gets_back_what_it_lost() {
    let base = base();
    let theirs = promoted(&base, NEW, Stage::Staging, 10);
    let whole = registered(&base, "4", 11);
    let lossy = python(&whole);
    assert_eq!(events(&lossy), []);
    for (ours, theirs, side) in [(&lossy, &theirs, Side::Ours), (&theirs, &lossy, Side::Theirs)] {
        let merged = merge(&base, ours, theirs);
        assert_eq!(merged.conflicts, []);
        let expected = match side {
            Side::Ours => merge(&base, &whole, theirs),
            Side::Theirs => merge(&base, ours, &whole),
        };
        assert_same(&merged.manifest, &expected.manifest);
        assert_eq!(events(&merged.manifest), events(&expected.manifest));
        assert_eq!(check(&merged.manifest), []);
        for published in [&base, &whole] {
            assert_eq!(against(&merged.manifest, published), []);
        }
        let found = fields(&merged.restored);
        assert_eq!(found[0], (side, None, vec!["team"]));
        assert_eq!(found[1..], [(side, Some(MODEL), LOST.to_vec())]);
        let note = merged.restored[0].to_string();
        let side = if side == Side::Ours { "ours" } else { "theirs" };
        let expected =
            format!("{side} lost `team` of the manifest to a tool that does not know it; restored");
        assert_eq!(note, expected);
        assert!(
            merged.restored[1].to_string().ends_with(
                "of model `minutes_v1_lgbm` to a tool that does not know them; restored"
            )
        );
    }
}

#[test]
fn a_history_is_restored_from_the_base_if_the_other_side_did_nothing() {
    let base = base();
    let lossy = python(&base);
    for (ours, theirs) in [(&lossy, &base), (&base, &lossy), (&lossy, &lossy)] {
        let merged = merge(&base, ours, theirs);
        assert_eq!(merged.conflicts, []);
        assert_same(&merged.manifest, &base);
        assert_eq!(events(&merged.manifest), events(&base));
    }
}

#[test]
fn a_version_that_was_rolled_back_stays_blocked() {
    let base = base();
    let lossy = python(&registered(&base, "4", 10));
    assert!(lossy.model(MODEL).expect("the model").rolled_back(NEW).is_none());
    let merged = merge(&base, &lossy, &registered(&base, "5", 11)).manifest;
    let model = merged.model(MODEL).expect("the model");
    assert!(model.rolled_back(NEW).is_some());
    assert!(model.version("3").expect("the version").retired().is_some());
    assert_eq!(model.resolve("@champion").expect("an alias").version(), OLD);
}

#[test]
fn a_move_that_could_not_be_recorded_stays_unrecorded() {
    let base = base();
    let lossy = python(&promoted(&base, NEW, Stage::Staging, 10));
    let merged = merge(&base, &lossy, &registered(&base, "4", 11)).manifest;
    assert_eq!(events(&merged), events(&base));
    let model = merged.model(MODEL).expect("the model");
    assert_eq!(model.current(Stage::Staging).as_deref(), Some(NEW));
    let findings = replay(&merged, &base, &Policy::default(), Strictness::default());
    let unexplained: Vec<_> =
        findings.iter().filter_map(|finding| finding.field.as_deref()).collect();
    assert_eq!(unexplained, ["current_staging", "stage"]);
    let allowed = Strictness::default().allow_unrecorded(true);
    let findings = replay(&merged, &base, &Policy::default(), allowed);
    assert!(findings.iter().all(|f| f.severity == model_registry::check::Severity::Warning));
}

#[test]
fn events_after_the_loss_follow_the_restored_ones() {
    let base = base();
    let lossy = promoted(&python(&base), NEW, Stage::Staging, 20);
    let own = events(&lossy);
    assert_eq!(own.len(), 1);
    let theirs = promoted(&base, OLD, Stage::Staging, 10);
    for (ours, theirs) in [(&lossy, &theirs), (&theirs, &lossy)] {
        let merged = merge(&base, ours, theirs);
        let all = events(&merged.manifest);
        assert_eq!(all[..events(&base).len()], events(&base));
        assert!(all.contains(&own[0]), "{all:?}");
        assert_eq!(all.len(), events(&base).len() + 2);
    }
}

#[test]
fn a_history_of_another_branch_is_not_brought_here() {
    // A commit is picked to a branch where nothing of its history happened.
    let here = parse(BASE);
    let there = promoted(&here, NEW, Stage::Staging, 1);
    let picked = registered(&there, "4", 2);
    let merged = merge(&there, &here, &picked);
    assert_eq!(merged.restored, []);
    assert_eq!(events(&merged.manifest), []);
    // The version that moved there may not be here at all.
    let there = promoted(&registered(&here, "3", 1), "3", Stage::Prod, 2);
    let merged = merge(&there, &here, &registered(&there, "4", 3));
    assert_eq!(merged.restored, []);
    assert_eq!(events(&merged.manifest), []);
}

#[test]
fn a_digest_alone_shows_the_loss() {
    let base = with_digest(BASE);
    let merged = merge(&base, &python(&base), &registered(&base, "4", 1));
    let names = fields(&merged.restored);
    assert_eq!(names[0], (Side::Ours, None, vec!["team"]));
    assert_eq!(names[1], (Side::Ours, Some(MODEL), vec!["owner", "artifact_digest", "tag"]));
    assert_eq!(against(&merged.manifest, &base), []);
    // Another version of that name never had this digest.
    let other = BASE.replace("runs/20251205", "runs/other");
    let merged = merge(&base, &parse(&other), &base);
    assert_eq!(merged.restored, []);
}

#[test]
fn what_a_side_changed_is_not_restored() {
    let base = with_digest(BASE);
    let text = base.to_text();
    let digest = format!(", \"artifact_digest\": \"sha256:{}\"", "0".repeat(64));
    assert!(text.contains(&digest));
    let text =
        text.replace(&digest, "").replace("\"ada\"", "\"lin\"").replace("\"tag\": 1", "\"tag\": 2");
    let text = text.replace("\"current_staging\": null,\n      \"owner\"", "\"owner\"");
    let merged = merge(&base, &parse(&text), &registered(&base, "4", 1));
    assert_eq!(fields(&merged.restored), [(Side::Ours, Some(MODEL), vec!["artifact_digest"])]);
    let model = merged.manifest.model(MODEL).expect("the model");
    let text = |value: Option<Value<'_>>| value.map(|value| value.to_string());
    assert_eq!(text(model.get("owner")).as_deref(), Some("\"lin\""));
    assert_eq!(text(model.get("current_staging")), None);
    let version = model.version(OLD).expect("the version");
    assert_eq!(text(version.get("tag")).as_deref(), Some("2"));
}

#[test]
fn what_somebody_removed_stays_removed() {
    let mut base = parse(BASE);
    let notes = Notes::new().tag("owner", "ada");
    base.describe(MODEL, None, &notes, &record(1)).expect("valid notes");
    base.set_alias(MODEL, "champion", Some(OLD), &record(2)).expect("a valid alias");
    let mut ours = base.clone();
    ours.set_alias(MODEL, "champion", None, &record(3)).expect("the alias is there");
    let ours = parse(&ours.to_text().replace(",\n      \"owner\": \"ada\"", ""));
    let merged = merge(&base, &ours, &registered(&base, "4", 4));
    assert_eq!(merged.restored, []);
    let model = merged.manifest.model(MODEL).expect("the model");
    assert!(model.aliases().is_empty() && model.get("owner").is_none());
}

#[test]
fn resolving_gives_up_only_the_moves_of_one_side() {
    let base = registered(&base(), "4", 7);
    let lossy = python(&registered(&base, "5", 8));
    let ours = promoted(&base, "4", Stage::Prod, 10);
    let theirs = promoted(&lossy, OLD, Stage::Staging, 11);
    for (prefer, kept) in [(Side::Ours, "4"), (Side::Theirs, OLD)] {
        let resolution = resolve(&base, &ours, &theirs, prefer, &record(20));
        let model = resolution.manifest.model(MODEL).expect("the model");
        let prod = model.current(Stage::Prod);
        let staging = model.current(Stage::Staging);
        let current = if prefer == Side::Ours { prod } else { staging };
        assert_eq!(current.as_deref(), Some(kept));
        assert!(resolution.restored.iter().all(|restored| restored.side == Side::Theirs));
        assert!(!resolution.restored.is_empty());
        let history = model.history();
        let resolved: Vec<_> =
            history.iter().filter(|event| event.action == Some(Action::Resolve)).collect();
        assert_eq!(resolved.len(), 1, "{history:?}");
        assert_eq!(resolved[0].dropped.len(), 1, "{resolved:?}");
        assert!(events(&base).iter().all(|event| history.contains(event)));
    }
}
