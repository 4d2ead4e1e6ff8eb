//! What a merge makes of two sides, case by case.

use model_registry::check::check;
use model_registry::merge::{Dispute, merge};
use model_registry::{Manifest, Merged, Notes, Provenance, Registration, Stage, Timestamp};

const BASE: &str = include_str!("../data/before.json");
const MODEL: &str = "minutes_v1_lgbm";

fn parse(text: &str) -> Manifest {
    Manifest::parse(text.to_owned(), "manifest.json".as_ref()).expect("a valid manifest")
}

/// The base with pieces of its text replaced, each of which must be there.
fn edited(edits: &[(&str, &str)]) -> Manifest {
    let mut text = BASE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    parse(&text)
}

fn at(second: u32) -> Timestamp {
    Timestamp::parse(&format!("2025-12-15T05:00:{second:02}+00:00")).expect("a time")
}

fn registered(manifest: &Manifest, version: &str, run: &str, second: u32) -> Manifest {
    let mut manifest = manifest.clone();
    let registration = Registration::new(format!("runs/{run}")).version(version).run_id(run);
    manifest.register(MODEL, &registration, at(second)).expect("a new version");
    manifest
}

/// Promotes without recording an event, since other tests cover the merge of histories.
fn promoted(manifest: &Manifest, version: &str, stage: Stage, second: u32) -> Manifest {
    let mut manifest = manifest.clone();
    manifest.promote(MODEL, version, stage, &Provenance::at(at(second))).expect("a promotion");
    let mut text = manifest.to_text();
    let start = text.find(",\n      \"history\": [").expect("a history");
    let end = start + text[start..].find("\n      ]").expect("its end") + "\n      ]".len();
    text.replace_range(start..end, "");
    Manifest::parse(text, "manifest.json".as_ref()).expect("a manifest")
}

fn without(manifest: &Manifest, version: &str) -> Manifest {
    let text = manifest.to_text();
    let name = text.find(&format!("\"version\": \"{version}\"")).expect("the version");
    let start = text[..name].rfind("        {").expect("its start");
    let end = name + text[name..].find("\n        }").expect("its end") + "\n        }".len();
    let (before, after) = (text[..start].trim_end(), &text[end..]);
    parse(&if let Some(rest) = after.strip_prefix(',') {
        [before, rest].concat()
    } else {
        [before.trim_end_matches(','), after].concat()
    })
}

fn clean(base: &Manifest, ours: &Manifest, theirs: &Manifest) -> Manifest {
    let Merged { manifest, conflicts, .. } = merge(base, ours, theirs);
    assert_eq!(conflicts, []);
    manifest
}

fn sentences(merged: &Merged) -> Vec<String> {
    merged.conflicts.iter().map(ToString::to_string).collect()
}

fn names(manifest: &Manifest) -> Vec<&str> {
    let model = manifest.model(MODEL).expect("the model");
    model.versions().iter().map(model_registry::ModelVersion::version).collect()
}

fn current(manifest: &Manifest, stage: Stage) -> Option<String> {
    let model = manifest.model(MODEL).expect("the model");
    model.current(stage).map(std::borrow::Cow::into_owned)
}

fn label(manifest: &Manifest, version: &str) -> Stage {
    let model = manifest.model(MODEL).expect("the model");
    model.version(version).expect("the version").stage()
}

#[test]
fn new_versions_of_both_sides_are_kept_unchanged() {
    let base = edited(&[]);
    let ours = registered(&base, "b", "b", 2);
    let theirs = registered(&base, "a", "a", 3);
    // The same changes one after the other give the same file.
    let expected = registered(&ours, "a", "a", 3).to_text();
    assert_eq!(clean(&base, &ours, &theirs).to_text(), expected);
    assert_eq!(clean(&base, &theirs, &ours).to_text(), expected);
}

/// The last move in the merged history would be that of a version that is not current.
#[test]
fn a_stage_that_a_side_left_and_returned_to_counts_as_moved() {
    let base = registered(&edited(&[]), "new", "new", 0);
    let promote = |side: &mut Manifest, version, stage, second| {
        side.promote(MODEL, version, stage, &Provenance::at(at(second))).expect("a promotion");
    };
    let mut ours = base.clone();
    promote(&mut ours, "20251214", Stage::Prod, 2);
    promote(&mut ours, "20251205", Stage::Prod, 3);
    let mut theirs = base.clone();
    promote(&mut theirs, "new", Stage::Prod, 1);
    for (ours, theirs, kept) in [(&ours, &theirs, "20251205"), (&theirs, &ours, "new")] {
        let merged = merge(&base, ours, theirs);
        assert_eq!(merged.conflicts.len(), 1, "{:?}", sentences(&merged));
        assert_eq!(current(&merged.manifest, Stage::Prod).as_deref(), Some(kept));
    }
    // Where both sides end with the same version, nothing is in conflict.
    let mut same = base.clone();
    promote(&mut same, "20251205", Stage::Dev, 1);
    promote(&mut same, "20251205", Stage::Prod, 2);
    clean(&base, &ours, &same);
}

#[test]
fn two_promotions_to_one_stage_are_a_conflict() {
    let base = registered(&edited(&[]), "new", "new", 0);
    let ours = promoted(&base, "20251214", Stage::Prod, 1);
    let theirs = promoted(&base, "new", Stage::Prod, 2);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(
        sentences(&merged),
        [
            "ours makes `20251214` the current prod version of model `minutes_v1_lgbm`, theirs makes \
          it `new` (previously `20251205`); ours is kept"
        ]
    );
    assert_eq!(merged.conflicts[0].promotion(), Some(("new".into(), Stage::Prod)));
    assert_eq!(current(&merged.manifest, Stage::Prod).as_deref(), Some("20251214"));
    assert_eq!(merged.manifest.get("updated_at"), theirs.get("updated_at"));
}

#[test]
fn the_same_promotion_on_both_sides_is_one_at_the_later_time() {
    let base = edited(&[]);
    let ours = promoted(&base, "20251214", Stage::Prod, 1);
    let theirs = promoted(&base, "20251214", Stage::Prod, 2);
    assert_eq!(clean(&base, &ours, &theirs).to_text(), theirs.to_text());
    assert_eq!(clean(&base, &theirs, &ours).to_text(), theirs.to_text());
}

#[test]
fn a_version_that_both_sides_moved_keeps_our_stage() {
    let base = edited(&[]);
    let ours = promoted(&base, "20251214", Stage::Staging, 1);
    let theirs = promoted(&base, "20251214", Stage::Prod, 2);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(
        sentences(&merged),
        ["ours has version `20251214` of model `minutes_v1_lgbm` in staging, theirs has it in \
          prod; ours is kept"]
    );
    assert_eq!(merged.conflicts[0].promotion(), Some(("20251214".into(), Stage::Prod)));
    assert_eq!(merged.manifest.models(), ours.models());

    let merged = merge(&base, &theirs, &ours);
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(merged.manifest.models(), theirs.models());
}

#[test]
fn a_stage_without_a_disputed_field_is_disputed_all_the_same() {
    // The label of a past version is `prod` already, so that only their side touches it.
    let base = promoted(&edited(&[]), "20251214", Stage::Prod, 1);
    let ours = promoted(&base, "20251205", Stage::Prod, 2);
    let theirs = promoted(&base, "20251205", Stage::Staging, 3);
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let merged = merge(&base, ours, theirs);
        assert_eq!(merged.conflicts.len(), 1, "{:?}", sentences(&merged));
        assert_eq!(merged.manifest.models(), ours.models());
    }
}

#[test]
fn giving_one_pointer_back_takes_others_along() {
    // Theirs swaps the two; ours has the second one on trial.
    let base = edited(&[]);
    let ours = promoted(&base, "20251214", Stage::Staging, 1);
    let theirs = promoted(&base, "20251205", Stage::Staging, 2);
    let theirs = promoted(&theirs, "20251214", Stage::Prod, 3);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(merged.conflicts.len(), 3, "{:?}", sentences(&merged));
    assert_eq!(merged.manifest.models(), ours.models());
    assert_eq!(check(&merged.manifest), []);
}

#[test]
fn each_field_and_each_metric_is_merged_by_itself() {
    let base = edited(&[]);
    let ours =
        edited(&[("Monday's run", "ours"), ("\"rows\": 6079", "\"rows\": 1"), ("3.62", "3.5")]);
    let theirs = edited(&[
        ("3.62", "3.6"),
        ("            \"bias\": 0.0", "            \"new\": 1"),
        ("\"training_start\": \"2022-10-01\"", "\"training_start\": \"2022-11-01\""),
        ("          \"tag\": 1", "          \"label\": {\"deep\": [1]}"),
    ]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(
        sentences(&merged),
        ["both sides changed `metrics.val_mae` of version `20251205` of model `minutes_v1_lgbm`: \
          ours sets it to 3.5, theirs sets it to 3.6 (previously 3.62); ours is kept"]
    );
    assert_eq!(merged.conflicts[0].promotion(), None);
    let expected = edited(&[
        ("Monday's run", "ours"),
        ("\"rows\": 6079", "\"rows\": 1"),
        ("3.62", "3.5"),
        ("            \"bias\": 0.0", "            \"new\": 1"),
        ("\"training_start\": \"2022-10-01\"", "\"training_start\": \"2022-11-01\""),
        ("          \"tag\": 1", "          \"label\": {\"deep\": [1]}"),
    ]);
    assert_eq!(merged.manifest.to_text(), expected.to_text());
}

#[test]
fn unknown_fields_are_merged_at_every_level() {
    let base = edited(&[]);
    let ours = edited(&[
        ("\"owner\": \"ada\"", "\"owner\": \"bob\""),
        ("\"team\": \"caf\\u00e9\"", "\"team\": 1"),
    ]);
    let theirs = edited(&[
        ("\"owner\": \"ada\"", "\"owner\": \"cleo\",\n      \"room\": [\n        1\n      ]"),
        ("\"tag\": 1", "\"tag\": 2"),
        ("\"team\": \"caf\\u00e9\"", "\"team\": 1.0"),
    ]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(
        sentences(&merged),
        ["both sides changed `owner` of model `minutes_v1_lgbm`: ours sets it to \"bob\", theirs \
          sets it to \"cleo\" (previously \"ada\"); ours is kept"]
    );
    let expected = edited(&[
        ("\"owner\": \"ada\"", "\"owner\": \"bob\",\n      \"room\": [\n        1\n      ]"),
        ("\"tag\": 1", "\"tag\": 2"),
        ("\"team\": \"caf\\u00e9\"", "\"team\": 1"),
    ]);
    assert_eq!(merged.manifest.to_text(), expected.to_text());
}

#[test]
fn a_deletion_of_what_the_other_side_left_alone_is_done() {
    let base = edited(&[]);
    let gone = without(&base, "20251214");
    let other = registered(&base, "new", "new", 1);
    for (ours, theirs) in [(&gone, &other), (&other, &gone)] {
        assert_eq!(names(&clean(&base, ours, theirs)), ["20251205", "new"]);
    }
    let no_model = Manifest::default();
    let elsewhere = edited(&[("\"team\"", "\"crew\"")]);
    for (ours, theirs) in [(&no_model, &elsewhere), (&elsewhere, &no_model)] {
        assert_eq!(merge(&base, ours, theirs).manifest.models(), []);
    }
}

#[test]
fn a_deletion_of_what_the_other_side_changed_is_a_conflict() {
    let base = edited(&[]);
    let gone = without(&base, "20251214");
    let changed = edited(&[("\"val_rmse\": null", "\"val_rmse\": 1")]);
    let merged = merge(&base, &gone, &changed);
    assert_eq!(
        sentences(&merged),
        ["ours deleted version `20251214` of model `minutes_v1_lgbm`, theirs changed it \
          (`metrics.val_rmse`); it stays deleted"]
    );
    assert_eq!(merged.manifest.models(), gone.models());
    let merged = merge(&base, &changed, &gone);
    assert_eq!(
        sentences(&merged),
        ["theirs deleted version `20251214` of model `minutes_v1_lgbm`, ours changed it \
          (`metrics.val_rmse`); it is kept"]
    );
    assert_eq!(merged.manifest.models(), changed.models());
    let merged = merge(&base, &changed, &Manifest::default());
    assert_eq!(
        sentences(&merged),
        [
            "theirs deleted model `minutes_v1_lgbm`, ours changed it (`metrics.val_rmse`); it is kept"
        ]
    );
    // The model without versions is as it was, so it is deleted.
    assert_eq!(merged.manifest.models(), &changed.models()[..1]);
    let merged = merge(&base, &Manifest::default(), &changed);
    assert_eq!(
        sentences(&merged),
        ["ours deleted model `minutes_v1_lgbm`, theirs changed it (`metrics.val_rmse`); it stays \
          deleted"]
    );
    assert_eq!(merged.manifest.models(), []);
}

#[test]
fn what_a_deletion_loses_is_listed_once_and_up_to_a_limit() {
    let changes = |changed: &Manifest| {
        let merged = merge(&edited(&[]), changed, &Manifest::default());
        match &merged.conflicts[..] {
            [conflict] => match &conflict.kind {
                Dispute::Deleted { changes, .. } => changes.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let measured = edited(&[("3.62", "3.6"), ("3.54", "3.5")]);
    assert_eq!(changes(&measured), ["metrics.val_mae"]);
    let mut described = edited(&[]);
    let notes = Notes::new().description("minutes played");
    described.describe(MODEL, None, &notes, &Provenance::at(at(1))).expect("valid notes");
    assert_eq!(changes(&described), ["description", "history"]);
    let mut many = edited(&[]);
    for version in 0..25 {
        many = registered(&many, &version.to_string(), &version.to_string(), version);
    }
    let names: Vec<String> = (0..20).map(|version| version.to_string()).collect();
    assert_eq!(changes(&many), names);
}

#[test]
fn a_model_without_a_name_has_the_one_under_which_it_is_listed() {
    let (name, anonymous) = ("\"name\": \"empty\",", "\"title\": \"nothing\",");
    let base = edited(&[(name, anonymous)]);
    let named = edited(&[(name, "\"title\": \"nothing\", \"name\": \"empty\",")]);
    let renamed = edited(&[(name, "\"title\": \"nothing\", \"name\": \"other\",")]);
    let retitled = edited(&[(name, "\"title\": \"new\",")]);
    let text = |manifest: &Manifest| manifest.models()[1].get("name").map(|name| name.to_string());
    // To write down the default changes nothing.
    assert_eq!(text(&clean(&base, &retitled, &named)), None);
    // One side writes it down, the other one changes it.
    assert_eq!(text(&clean(&base, &named, &renamed)).as_deref(), Some("\"other\""));
    assert_eq!(text(&clean(&base, &renamed, &named)).as_deref(), Some("\"other\""));
}

/// The defaults of a field, which a missing one equals, are not those of any other field.
#[test]
fn a_missing_field_equals_its_own_default_only() {
    let with = |field: &str, value: &str| {
        let field = format!("\"{field}\": {value},\n  \"team\"");
        edited(&[("\"schema_version\": \"1.0.0\",\n  ", ""), ("\"team\"", &field)])
    };
    let base = edited(&[("\"schema_version\": \"1.0.0\",\n  ", "")]);
    let (one, two) = ("\"1.0.0\"", "\"1.1.0\"");
    let merged = merge(&base, &with("schema_version", one), &with("schema_version", two));
    assert_eq!(sentences(&merged), [""; 0]);
    let version = merged.manifest.get("schema_version").expect("a version");
    assert_eq!(version.as_str(), Some("1.1.0"));
    let merged = merge(&base, &with("release", one), &with("release", two));
    assert_eq!(
        sentences(&merged),
        [
            "both sides changed `release` of the manifest: ours sets it to \"1.0.0\", theirs sets it to \
          \"1.1.0\"; ours is kept"
        ]
    );
    let release = merged.manifest.get("release").expect("our release");
    assert_eq!(release.as_str(), Some("1.0.0"));
}

#[test]
fn a_version_stays_while_a_pointer_names_it() {
    let base = edited(&[]);
    let gone = without(&base, "20251214");
    let current_there = promoted(&base, "20251214", Stage::Prod, 1);
    let merged = merge(&base, &gone, &current_there);
    assert_eq!(
        sentences(&merged),
        ["ours deleted version `20251214` of model `minutes_v1_lgbm`, theirs changed it \
          (`stage`); it is kept"]
    );
    assert_eq!(merged.manifest.models(), current_there.models());

    // A pointer may be all that changed.
    let staged = edited(&[("\"stage\": \"dev\"", "\"stage\": \"staging\"")]);
    let pointed = parse(
        &staged
            .to_text()
            .replace("_staging\": null,\n      \"o", "_staging\": \"20251214\",\n      \"o"),
    );
    let gone = without(&staged, "20251214");
    for (ours, theirs, sentence) in [
        (
            &gone,
            &pointed,
            "ours deleted version `20251214` of model `minutes_v1_lgbm`, which theirs still points to; it is kept",
        ),
        (
            &pointed,
            &gone,
            "theirs deleted version `20251214` of model `minutes_v1_lgbm`, which ours still points to; it is kept",
        ),
    ] {
        let merged = merge(&staged, ours, theirs);
        assert_eq!(sentences(&merged), [sentence]);
        assert_eq!(names(&merged.manifest), ["20251205", "20251214"]);
        assert_eq!(check(&merged.manifest), []);
    }
}

#[test]
fn a_version_that_a_pointer_keeps_leaves_the_other_deletions_as_they_are() {
    // Ours deletes two versions of one model, and one of another. Theirs changes all of them, and
    // points to the first.
    let also = |manifest: &Manifest| {
        let mut manifest = registered(manifest, "new", "new", 1);
        let registration = Registration::new("runs/other").version("20251214");
        manifest.register("empty", &registration, at(2)).expect("a new version");
        manifest
    };
    let base = also(&edited(&[]));
    let ours = without(&without(&without(&base, "20251214"), "20251214"), "new");
    assert_eq!(names(&ours), ["20251205"]);
    let mut theirs = promoted(&base, "20251214", Stage::Prod, 3);
    let notes = Notes::new().description("changed");
    for (model, version) in [(MODEL, "new"), ("empty", "20251214")] {
        theirs.describe(model, Some(version), &notes, &Provenance::at(at(4))).expect("notes");
    }
    let merged = merge(&base, &ours, &theirs);
    let mut kept: Vec<_> = merged
        .conflicts
        .iter()
        .map(|conflict| match &conflict.kind {
            Dispute::Deleted { kept, .. } => {
                (conflict.model.as_deref(), conflict.version.as_deref(), *kept)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    kept.sort_unstable();
    let expected = [
        (Some("empty"), Some("20251214"), false),
        (Some(MODEL), Some("20251214"), true),
        (Some(MODEL), Some("new"), false),
    ];
    assert_eq!(kept, expected);
}

#[test]
fn a_field_that_both_sides_changed_is_named() {
    let base = edited(&[]);
    let of = |description| edited(&[("Monday's run", description)]);
    let merged = merge(&base, &of("ours"), &of("theirs"));
    assert_eq!(merged.conflicts[0].kind, Dispute::Field);
    assert_eq!(merged.conflicts[0].field.as_deref(), Some("description"));
}

#[test]
fn the_time_of_a_promotion_is_taken_with_its_stage() {
    // Ours tried the version and took it back later than theirs staged it.
    let base = edited(&[]);
    let ours = promoted(&base, "20251214", Stage::Staging, 1);
    let ours = promoted(&ours, "20251214", Stage::Dev, 9);
    let theirs = promoted(&base, "20251214", Stage::Staging, 5);
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let merged = clean(&base, ours, theirs);
        let version = merged.model(MODEL).expect("the model").version("20251214").cloned();
        let version = version.expect("the version");
        assert_eq!((version.stage(), version.promoted()), (Stage::Staging, Some(at(5))));
    }
}

#[test]
fn two_versions_of_one_name_are_not_mixed() {
    let base = edited(&[]);
    let ours = registered(&base, "new", "one", 2);
    let theirs = promoted(&registered(&base, "new", "two", 1), "new", Stage::Prod, 3);
    let merged = merge(&base, &ours, &theirs);
    let model = merged.manifest.model(MODEL).expect("the model");
    assert_eq!(model.version("new"), ours.model(MODEL).expect("the model").version("new"));
    assert_eq!(current(&merged.manifest, Stage::Prod).as_deref(), Some("20251205"));
    let fields: Vec<_> = merged.conflicts.iter().filter_map(|c| c.field.as_deref()).collect();
    assert_eq!(fields, ["run_id", "artifact_path", "stage", "created_at"]);

    // One run that both sides registered is one version.
    let theirs = promoted(&registered(&base, "new", "one", 2), "new", Stage::Prod, 3);
    let manifest = clean(&base, &ours, &theirs);
    assert_eq!(current(&manifest, Stage::Prod).as_deref(), Some("new"));
    assert_eq!(label(&manifest, "new"), Stage::Prod);
}

#[test]
fn what_their_side_added_is_laid_out_as_ours() {
    let base = edited(&[]);
    let ours = registered(&base, "a", "a", 1);
    let added =
        r#"{"version": "b", "run_id": "b", "artifact_path": "runs/é", "note": ["\udce9", 1e-07]}"#;
    let text = base.to_text().replace("  ", "\t").replace(
        "\n\t\t\t],\n\t\t\t\"current_prod\"",
        &format!(",{added}\n\t\t\t],\n\t\t\t\"current_prod\""),
    );
    let theirs = parse(&text.replace("Monday's run", "Tuesday's run"));
    let manifest = clean(&base, &ours, &theirs);
    let as_python = "        {\n          \"version\": \"b\",\n          \"run_id\": \"b\",\n          \
        \"artifact_path\": \"runs/\\u00e9\",\n          \"note\": [\n            \"\\udce9\",\n            \
        1e-07\n          ]\n        }";
    let text = manifest.to_text();
    assert!(text.contains(as_python) && text.contains("Tuesday's run"), "{text}");
    assert_eq!(
        text.replace(&format!(",\n{as_python}"), "").replace("Tuesday", "Monday"),
        ours.to_text()
    );
}

#[test]
fn events_of_both_sides_are_kept_by_time() {
    let event = |second: u32, by: &str| {
        format!("{{\"at\": \"2025-12-15T05:00:{second:02}.000000+00:00\", \"by\": \"{by}\"}}")
    };
    let with = |description: &str, events: &[String]| {
        let history = format!("\"owner\": \"ada\", \"history\": [{}]", events.join(", "));
        edited(&[("\"owner\": \"ada\"", &history), ("Monday's run", description)])
    };
    let of = |manifest: &Manifest| {
        let history = manifest.model(MODEL).expect("the model").get("history").expect("a history");
        history.to_string()
    };
    let (one, two, three, four) =
        (event(1, "base"), event(2, "ours"), event(3, "theirs"), event(4, "ours"));
    let base = with("base", std::slice::from_ref(&one));
    let ours = with("ours", &[one.clone(), two.clone(), four.clone()]);
    let theirs = with("base", &[one.clone(), three.clone()]);
    let all = format!("[{}]", [one.clone(), two, three.clone(), four].join(", "));
    assert_eq!(of(&clean(&base, &ours, &theirs)), all);
    assert_eq!(of(&clean(&base, &theirs, &ours)), all);
    // Of two events of one time, ours comes first.
    let (here, there) = (event(3, "here"), event(3, "there"));
    let one_each = |added: &String| with("base", &[one.clone(), added.clone()]);
    let both = clean(&base, &one_each(&here), &one_each(&there));
    assert_eq!(of(&both), format!("[{one}, {here}, {there}]"));

    // Where one commit is picked, both began with what never happened here: it stays away.
    let without = with("other", std::slice::from_ref(&three));
    let other = parse(&base.to_text().replace("\"team\"", "\"crew\""));
    assert_eq!(of(&clean(&base, &without, &other)), format!("[{three}]"));
    assert_eq!(of(&clean(&base, &other, &without)), format!("[{one}, {three}]"));
}

#[test]
fn a_picked_change_brings_its_own_events_only() {
    let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
    // What is picked was made after a promotion that never happened on our side.
    let ours = edited(&[("\"team\"", "\"crew\"")]);
    let mut base = edited(&[]);
    base.promote(MODEL, "20251214", Stage::Prod, &record(1)).expect("a promotion");
    let mut theirs = base.clone();
    let notes = Notes::new().description("picked");
    theirs.describe(MODEL, None, &notes, &record(2)).expect("valid notes");
    let merged = clean(&base, &ours, &theirs);
    let model = merged.model(MODEL).expect("the model");
    let times: Vec<_> = model.history().into_iter().filter_map(|event| event.time()).collect();
    assert_eq!(times, [at(2)]);
    assert_eq!(model.current(Stage::Prod).as_deref(), Some("20251205"));
}

#[test]
fn a_rollback_is_not_undone_by_who_did_not_know_of_it() {
    let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
    let base = registered(&parse(BASE), "2", "two", 1);
    let promote = |manifest: &Manifest, second| {
        let mut manifest = manifest.clone();
        manifest.promote(MODEL, "2", Stage::Prod, &record(second)).expect("a promotion");
        manifest
    };
    let mut theirs = promote(&base, 3);
    let notes = Notes::new().description("minutes played");
    theirs.describe(MODEL, None, &notes, &record(3)).expect("valid notes");
    let mut ours = promote(&base, 2);
    ours.rollback(MODEL, None, &record(4)).expect("a rollback");
    let before = current(&ours, Stage::Prod);
    assert_eq!(before, current(&base, Stage::Prod));
    for (ours, theirs, kept) in [(&ours, &theirs, before.as_deref()), (&theirs, &ours, Some("2"))] {
        let merged = merge(&base, ours, theirs);
        assert!(!merged.conflicts.is_empty());
        assert_eq!(current(&merged.manifest, Stage::Prod).as_deref(), kept);
        // The rollback makes nothing else a conflict.
        let fields: Vec<_> = merged.conflicts.iter().map(|c| c.field.as_deref()).collect();
        assert_eq!(fields, [Some("current_prod")]);
        let model = merged.manifest.model(MODEL).expect("the model");
        assert_eq!(model.description(), "minutes played");
    }
}

#[test]
fn a_version_that_was_brought_back_stays_where_the_other_side_did_not_move_it() {
    let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
    let mut base = registered(&parse(BASE), "2", "two", 1);
    base.promote(MODEL, "2", Stage::Prod, &record(2)).expect("a promotion");
    base.rollback(MODEL, None, &record(3)).expect("a rollback");
    let mut ours = base.clone();
    let unmet = ["not rolled back".to_owned()];
    let forced = Provenance { unmet: &unmet, ..record(4) };
    ours.promote(MODEL, "2", Stage::Prod, &forced).expect("a promotion");
    let theirs = registered(&base, "3", "three", 5);
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        assert_eq!(current(&clean(&base, ours, theirs), Stage::Prod).as_deref(), Some("2"));
    }
}

#[test]
fn after_a_conflict_production_goes_back_to_what_was_there() {
    let record = |second| Provenance { by: Some("ada"), ..Provenance::at(at(second)) };
    let base = registered(&registered(&parse(BASE), "2", "two", 1), "3", "three", 1);
    let before = current(&base, Stage::Prod).expect("a version in production");
    for (kept, lost) in [((5, "2"), (4, "3")), ((4, "2"), (5, "3"))] {
        let side = |(second, version): (u32, &str)| {
            let mut side = base.clone();
            side.promote(MODEL, version, Stage::Prod, &record(second)).expect("a promotion");
            side
        };
        let mut merged = merge(&base, &side(kept), &side(lost)).manifest;
        assert_eq!(current(&merged, Stage::Prod).as_deref(), Some(kept.1));
        let back = merged.rollback(MODEL, None, &record(9)).expect("a rollback");
        assert_eq!(back.version, before);
    }
}

#[test]
fn the_later_time_of_saving_is_kept() {
    let base = edited(&[]);
    let saved = |time: &str, description: &str| {
        edited(&[("2025-12-14T06:05:21.000000+00:00", time), ("Monday's run", description)])
    };
    for (early, late) in [
        ("2025-12-15T00:00:00+00:00", "2025-12-15T00:00:01+00:00"),
        ("2025-12-15T01:00:00+02:00", "2025-12-14T23:30:00"),
        ("soon", "2025-12-01T00:00:00+00:00"),
    ] {
        let (one, two) = (saved(early, "Monday's run"), saved(late, "other"));
        let one = parse(&one.to_text().replace("\"team\"", "\"crew\""));
        for (ours, theirs) in [(&one, &two), (&two, &one)] {
            let manifest = clean(&base, ours, theirs);
            let value = manifest.get("updated_at").expect("a time");
            assert_eq!(value.as_str(), Some(late));
        }
    }
}

#[test]
fn ten_thousand_versions_are_merged_by_name() {
    let versions = |skip: usize, add: &str| {
        let mut versions: Vec<String> = (0..10_000)
            .filter(|index| skip == 0 || index % skip != 0)
            .map(|i| format!(r#"{{"version": "v{i}", "run_id": "r{i}", "artifact_path": "p"}}"#))
            .collect();
        versions.extend((0..1000).filter(|_| !add.is_empty()).map(|i| {
            format!(r#"{{"version": "{add}{i}", "run_id": "{add}{i}", "artifact_path": "p"}}"#)
        }));
        parse(&format!(r#"{{"models": {{"{MODEL}": {{"versions": [{}]}}}}}}"#, versions.join(", ")))
    };
    let (base, ours, theirs) = (versions(0, ""), versions(10, "a"), versions(0, "b"));
    let manifest = clean(&base, &ours, &theirs);
    assert_eq!(names(&manifest).len(), 9_000 + 2_000);
    let diff = model_registry::diff::diff(&base, &manifest);
    assert_eq!((diff.versions_registered.len(), diff.versions_gone.len()), (2_000, 1_000));
    assert_eq!(check(&manifest), []);
}

#[test]
fn tags_and_aliases_are_merged_one_by_one() {
    let version = "20251205";
    let base = edited(&[]);
    let base =
        described(&base, &[("owner", "ada"), ("review", "open")], &[("champion", version)], 1);
    let ours = described(&base, &[("owner", "grace"), ("ours", "1")], &[("ours", version)], 2);
    let theirs = described(&base, &[("owner", "alan"), ("theirs", "1")], &[("theirs", version)], 3);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(
        sentences(&merged),
        [
            "both sides changed `tags.owner` of version `20251205` of model `minutes_v1_lgbm`: ours \
             sets it to \"grace\", theirs sets it to \"alan\" (previously \"ada\"); ours is kept",
            "both sides changed `tags.owner` of model `minutes_v1_lgbm`: ours sets it to \"grace\", \
             theirs sets it to \"alan\" (previously \"ada\"); ours is kept",
        ]
    );
    let model = merged.manifest.model(MODEL).expect("the model");
    let names = |pairs: Vec<(_, _)>| pairs.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(model.tags()), ["owner", "review", "ours", "theirs"]);
    assert_eq!(names(model.aliases()), ["champion", "ours", "theirs"]);
    let tags = model.version(version).expect("the version").tags();
    assert_eq!(names(tags), ["owner", "review", "ours", "theirs"]);
    assert_eq!(model.history().len(), 9);
}

/// A manifest with tags on the model and one of its versions, and with aliases.
fn described(
    manifest: &Manifest,
    tags: &[(&str, &str)],
    aliases: &[(&str, &str)],
    second: u32,
) -> Manifest {
    let mut manifest = manifest.clone();
    let notes = tags.iter().fold(Notes::new(), |notes, (name, value)| notes.tag(*name, *value));
    let provenance = Provenance::at(at(second));
    for version in [None, Some("20251205")] {
        manifest.describe(MODEL, version, &notes, &provenance).expect("valid notes");
    }
    for (alias, version) in aliases {
        manifest.set_alias(MODEL, alias, Some(version), &provenance).expect("a valid alias");
    }
    manifest
}
