//! The laws of diff, check and merge on random manifests and random changes to them.
//!
//! Sabotage that it caught: a merge that leaves out the models that only their side added, or that
//! does not restore a history.

use std::fmt::Write as _;

use libtest_mimic::Trial;
use model_registry::check::check;
use model_registry::diff::diff;
use model_registry::merge::merge;
use model_registry::{Manifest, Merged};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_side_that_did_nothing_leaves_the_other_as_it_is,
        what_both_sides_did_is_done_once,
        neither_side_comes_first,
        a_side_that_the_original_saved_loses_no_event,
        the_result_is_a_sound_manifest,
        a_diff_is_empty_when_two_manifests_have_equal_content,
    ]
}

/// A manifest as plain data, so that no code under test makes the inputs.
#[derive(Debug, Clone, Default)]
struct Document {
    models: Vec<TestModel>,
    /// Models that are deleted do not come back, as their histories would come back empty.
    deleted: Vec<String>,
    updated: u32,
    team: Option<u8>,
}

#[derive(Debug, Clone)]
struct TestModel {
    name: String,
    versions: Vec<TestVersion>,
    prod: Option<String>,
    staging: Option<String>,
    history: Vec<Value>,
    owner: Option<u8>,
}

#[derive(Debug, Clone)]
struct TestVersion {
    name: String,
    run: String,
    stage: &'static str,
    created: u32,
    promoted: Option<u32>,
    metrics: Vec<(String, u8)>,
    description: u8,
    tag: Option<u8>,
}

#[derive(Debug, Clone)]
enum Change {
    Register { model: u8, version: u8, metric: u8 },
    Promote { model: u8, pick: u8, stage: &'static str },
    Describe { model: u8, pick: u8, text: u8 },
    Measure { model: u8, pick: u8, metric: u8, value: u8 },
    Tag { model: u8, pick: u8, tag: Option<u8> },
    Delete { model: u8, pick: u8 },
    DeleteModel { model: u8 },
    Own { model: u8, owner: Option<u8> },
    Team { team: Option<u8> },
}

fn change() -> impl Strategy<Value = Change> {
    let (model, pick) = (0..3_u8, 0..6_u8);
    let place = (model.clone(), pick.clone());
    let stage = prop_oneof![Just("dev"), Just("staging"), Just("prod")];
    prop_oneof![
        4 => (model.clone(), 0..9_u8, 0..4_u8)
            .prop_map(|(model, version, metric)| Change::Register { model, version, metric }),
        6 => (place.clone(), stage)
            .prop_map(|((model, pick), stage)| Change::Promote { model, pick, stage }),
        1 => (place.clone(), 0..3_u8)
            .prop_map(|((model, pick), text)| Change::Describe { model, pick, text }),
        1 => (place.clone(), 0..3_u8, 0..3_u8).prop_map(|((model, pick), metric, value)| {
            Change::Measure { model, pick, metric, value }
        }),
        1 => (place.clone(), prop::option::of(0..2_u8))
            .prop_map(|((model, pick), tag)| Change::Tag { model, pick, tag }),
        1 => place.prop_map(|(model, pick)| Change::Delete { model, pick }),
        1 => (2..4_u8).prop_map(|model| Change::DeleteModel { model }),
        1 => (model, prop::option::of(0..2_u8))
            .prop_map(|(model, owner)| Change::Own { model, owner }),
        1 => prop::option::of(0..2_u8).prop_map(|team| Change::Team { team }),
    ]
}

impl Document {
    fn changed(&self, changes: &[Change], start: u32) -> Self {
        let mut document = self.clone();
        for (at, change) in (start..).zip(changes) {
            document.apply(change, at);
            document.updated = at;
        }
        document
    }

    /// Returns the document without what the original Python tool does not know.
    fn saved_by_the_original(mut self) -> Self {
        self.team = None;
        for model in &mut self.models {
            (model.owner, model.history) = (None, Vec::new());
            for version in &mut model.versions {
                version.tag = None;
            }
        }
        self
    }

    fn find(&mut self, model: u8) -> Option<&mut TestModel> {
        let name = format!("m{model}");
        self.models.iter_mut().find(|found| found.name == name)
    }

    fn apply(&mut self, change: &Change, at: u32) {
        match *change {
            Change::Register { model, version, metric } => {
                if self.deleted.contains(&format!("m{model}")) {
                    return;
                }
                if self.find(model).is_none() {
                    self.models.push(TestModel {
                        name: format!("m{model}"),
                        versions: Vec::new(),
                        prod: None,
                        staging: None,
                        history: Vec::new(),
                        owner: None,
                    });
                }
                let model = self.find(model).expect("it was just made");
                let name = format!("v{version}");
                if model.versions.iter().any(|known| known.name == name) {
                    return;
                }
                model.versions.push(TestVersion {
                    // Both sides may register one version, of one run or of two.
                    run: format!("r{}", if metric < 2 { 0 } else { at }),
                    name,
                    stage: "dev",
                    created: if metric == 0 { 0 } else { at },
                    promoted: None,
                    metrics: vec![("a".into(), metric)],
                    description: 0,
                    tag: None,
                });
            }
            Change::Promote { model, pick, stage } => {
                let Some(model) = self.find(model) else { return };
                model.promote(pick, stage, at);
            }
            Change::Describe { model, pick, text } => {
                self.edit(model, pick, |version| version.description = text);
            }
            Change::Measure { model, pick, metric, value } => {
                self.edit(model, pick, |version| {
                    let name = format!("k{metric}");
                    version.metrics.retain(|(known, _)| *known != name);
                    if value > 0 {
                        version.metrics.push((name, value));
                    }
                });
            }
            Change::Tag { model, pick, tag } => {
                self.edit(model, pick, |version| version.tag = tag);
            }
            Change::Delete { model, pick } => {
                let Some(model) = self.find(model) else { return };
                if model.versions.is_empty() {
                    return;
                }
                let gone = model.versions.remove(usize::from(pick) % model.versions.len());
                for pointer in [&mut model.prod, &mut model.staging] {
                    pointer.take_if(|current| *current == gone.name);
                }
            }
            Change::DeleteModel { model } => {
                let name = format!("m{model}");
                self.models.retain(|model| model.name != name);
                self.deleted.push(name);
            }
            Change::Own { model, owner } => {
                if let Some(model) = self.find(model) {
                    model.owner = owner;
                }
            }
            Change::Team { team } => self.team = team,
        }
    }

    fn edit(&mut self, model: u8, pick: u8, edit: impl FnOnce(&mut TestVersion)) {
        if let Some(model) = self.find(model)
            && !model.versions.is_empty()
        {
            let place = usize::from(pick) % model.versions.len();
            edit(&mut model.versions[place]);
        }
    }

    /// The manifest laid out as Python does it, with four blanks, or on few lines.
    fn manifest(&self, layout: u8) -> Manifest {
        let mut models = Vec::new();
        for model in &self.models {
            let versions: Vec<String> = model.versions.iter().map(TestVersion::text).collect();
            let mut text = format!(
                "\"{}\": {{\"name\": \"{}\", \"versions\": [{}], \"current_prod\": {}, \
                 \"current_staging\": {}",
                model.name,
                model.name,
                versions.join(", "),
                json!(model.prod),
                json!(model.staging)
            );
            if !model.history.is_empty() {
                let _ = write!(text, ", \"history\": {}", json!(model.history));
            }
            if let Some(owner) = model.owner {
                let _ =
                    write!(text, ", \"owner\": {{\"name\": \"caf\\u00e9\", \"id\": [{owner}]}}");
            }
            models.push(text + "}");
        }
        let mut text = format!(
            "{{\"schema_version\": \"1.0.0\", \"updated_at\": \"{}\", \"models\": {{{}}}",
            time(self.updated),
            models.join(", ")
        );
        if let Some(team) = self.team {
            let _ = write!(text, ", \"team\": {team}");
        }
        text.push('}');
        parse(match layout {
            0 => spread(&text, "  "),
            1 => spread(&text, "    "),
            _ => text,
        })
    }
}

impl TestModel {
    fn promote(&mut self, pick: u8, stage: &'static str, at: u32) {
        if self.versions.is_empty() {
            return;
        }
        let place = usize::from(pick) % self.versions.len();
        let version = &mut self.versions[place];
        let name = version.name.clone();
        let event = json!({"at": time(at), "action": "promote", "version": name, "to": stage});
        (version.stage, version.promoted) = (stage, Some(at));
        self.history.push(event);
        for (here, pointer) in [("prod", &mut self.prod), ("staging", &mut self.staging)] {
            if here == stage {
                *pointer = Some(name.clone());
            } else {
                pointer.take_if(|current| *current == name);
            }
        }
    }
}

impl TestVersion {
    fn text(&self) -> String {
        let metrics: Vec<String> =
            self.metrics.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        let tag = self.tag.map_or(String::new(), |tag| format!(", \"tag\": {tag}"));
        format!(
            "{{\"version\": \"{}\", \"run_id\": \"{}\", \"artifact_path\": \"runs/{}\", \
             \"stage\": \"{}\", \"created_at\": \"{}\", \"promoted_at\": {}, \"metrics\": {{{}}}, \
             \"description\": \"{}\"{tag}}}",
            self.name,
            self.run,
            self.run,
            self.stage,
            time(self.created),
            json!(self.promoted.map(time)),
            metrics.join(", "),
            self.description
        )
    }
}

fn time(second: u32) -> String {
    format!(
        "2025-12-01T{:02}:{:02}:{:02}.000000+00:00",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

fn parse(text: String) -> Manifest {
    Manifest::parse(text, "manifest.json".as_ref()).expect("a valid manifest")
}

/// Compact JSON whose strings hold no brackets, with line breaks and indentation.
fn spread(text: &str, indent: &str) -> String {
    let mut result = String::new();
    let mut depth = 0;
    let line = |result: &mut String, depth: usize| {
        result.push('\n');
        result.push_str(&indent.repeat(depth));
    };
    let characters: Vec<char> =
        text.replace("\", ", "\",").replace(", \"", ",\"").chars().collect();
    for (index, &character) in characters.iter().enumerate() {
        let next = characters.get(index + 1).copied();
        let before = index.checked_sub(1).map(|before| characters[before]);
        match character {
            '{' | '[' => {
                result.push(character);
                if !matches!(next, Some('}' | ']')) {
                    depth += 1;
                    line(&mut result, depth);
                }
            }
            '}' | ']' => {
                if !matches!(before, Some('{' | '[')) {
                    depth -= 1;
                    line(&mut result, depth);
                }
                result.push(character);
            }
            ',' => {
                result.push(character);
                line(&mut result, depth);
            }
            ' ' if before == Some(',') => {}
            _ => result.push(character),
        }
    }
    result
}

/// Returns the content of a manifest without its order and the time of the last change.
fn meaning(manifest: &Manifest) -> Value {
    let mut value: Value = serde_json::from_str(&manifest.to_text()).expect("JSON");
    value.as_object_mut().expect("an object").remove("updated_at");
    let models = value["models"].as_object_mut().expect("models");
    for model in models.values_mut() {
        let model = model.as_object_mut().expect("a model");
        let versions = model["versions"].as_array().expect("versions").iter();
        let named =
            versions.map(|v| (v["version"].as_str().expect("a name").to_owned(), v.clone()));
        let named: serde_json::Map<String, Value> = named.collect();
        model.insert("versions".into(), named.into());
        let mut history: Vec<String> = match model.get("history") {
            Some(Value::Array(events)) => events.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        history.sort();
        model.insert("history".into(), history.into());
    }
    value
}

fn order(manifest: &Manifest) -> Vec<(String, Vec<String>)> {
    let versions = |model: &model_registry::Model| {
        model.versions().iter().map(|version| version.version().to_owned()).collect()
    };
    manifest.models().iter().map(|model| (model.name().to_owned(), versions(model))).collect()
}

/// Whether two manifests agree on the order of what they both have.
fn in_one_order(one: &Manifest, two: &Manifest) -> bool {
    let shared = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| others.contains(name)).cloned().collect()
    };
    let agree = |one: &[String], two: &[String]| shared(one, two) == shared(two, one);
    let (one, two) = (order(one), order(two));
    let names = |order: &[(String, Vec<String>)]| -> Vec<String> {
        order.iter().map(|(name, _)| name.clone()).collect()
    };
    agree(&names(&one), &names(&two))
        && one.iter().all(|(name, versions)| {
            let other = two.iter().find(|(other, _)| other == name);
            other.is_none_or(|(_, others)| agree(versions, others))
        })
}

/// Returns pointers that name a missing version, or one with another stage.
fn wrong_pointers(manifest: &Manifest) -> Vec<String> {
    let pointers =
        |field: &Option<String>| field.as_ref().is_some_and(|f| f.starts_with("current"));
    let findings = check(manifest).into_iter().filter(|finding| pointers(&finding.field));
    findings.map(|finding| finding.message).collect()
}

fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 0..most)
}

/// A base and what two sides made of it, at times that lie side by side.
fn triple() -> impl Strategy<Value = (Document, Document, Document)> {
    (changes(14), changes(8), changes(8)).prop_map(|(base, ours, theirs)| {
        let base = Document::default().changed(&base, 100);
        (base.clone(), base.changed(&ours, 1000), base.changed(&theirs, 1003))
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    fn a_side_that_did_nothing_leaves_the_other_as_it_is(
        (base, _, side) in triple(), layouts in [0..3_u8, 0..3, 0..3],
    ) {
        let [one, two, three] = layouts;
        let (base_one, base_two) = (base.manifest(one), base.manifest(two));
        let side = side.manifest(three);
        for (base, ours, theirs) in [
            (&base_one, &base_one, &side),
            (&base_one, &side, &base_one),
            (&base_one, &base_two, &side),
            (&base_one, &side, &base_two),
        ] {
            let merged = merge(base, ours, theirs);
            prop_assert_eq!(&merged.conflicts, &[]);
            prop_assert_eq!(meaning(&merged.manifest), meaning(&side));
            // Letter by letter, unless both sides wrote the base in their own way.
            let other = if ours == base { theirs } else { ours };
            if *other == side && [ours, theirs].contains(&base) {
                prop_assert_eq!(merged.manifest.to_text(), side.to_text());
            }
        }
    }

    fn what_both_sides_did_is_done_once(
        (base, side, _) in triple(), layouts in [0..3_u8, 0..3, 0..3],
    ) {
        let [one, two, three] = layouts;
        let (ours, theirs) = (side.manifest(two), side.manifest(three));
        let base = base.manifest(one);
        let merged = merge(&base, &ours, &theirs);
        prop_assert_eq!(&merged.conflicts, &[]);
        let text = if ours == base { theirs.to_text() } else { ours.to_text() };
        prop_assert_eq!(merged.manifest.to_text(), text);
    }

    fn neither_side_comes_first(
        (base, ours, theirs) in triple(), layouts in [0..3_u8, 0..3, 0..3],
    ) {
        let [one, two, three] = layouts;
        let (base, ours, theirs) = (base.manifest(one), ours.manifest(two), theirs.manifest(three));
        let (here, there) = (merge(&base, &ours, &theirs), merge(&base, &theirs, &ours));
        prop_assert_eq!(here.conflicts.is_empty(), there.conflicts.is_empty());
        if here.conflicts.is_empty() {
            prop_assert_eq!(meaning(&here.manifest), meaning(&there.manifest));
            if meaning(&ours) != meaning(&base) && meaning(&theirs) != meaning(&base)
                && in_one_order(&ours, &theirs)
            {
                prop_assert_eq!(order(&here.manifest), order(&there.manifest));
            }
            prop_assert_eq!(here.manifest.get("updated_at"), there.manifest.get("updated_at"));
            let again = merge(&base, &here.manifest, &theirs);
            prop_assert_eq!(&again.conflicts, &[]);
            prop_assert_eq!(meaning(&again.manifest), meaning(&here.manifest));
        }
    }

    fn a_side_that_the_original_saved_loses_no_event(
        (base, _, theirs) in triple(), layouts in [0..3_u8, 0..3],
        ours in changes(6), later in changes(4),
    ) {
        // A version that was deleted shows no more that it was moved.
        let kept = |changes: Vec<Change>| {
            let is_deletion =
                |change: &Change| matches!(change, Change::Delete { .. } | Change::DeleteModel { .. });
            changes.into_iter().filter(|change| !is_deletion(change)).collect::<Vec<_>>()
        };
        let events = |manifest: &Manifest, name: &str| manifest.model(name).map(model_registry::Model::history);
        let mut lossy = base.changed(&kept(ours), 1000).saved_by_the_original();
        let forgotten = lossy.manifest(0);
        lossy = lossy.changed(&kept(later.clone()), 2000);
        let (base, theirs) = (base.manifest(layouts[0]), theirs.manifest(layouts[1]));
        for (later, lossy) in [(0, forgotten), (later.len(), lossy.manifest(0))] {
            for (ours, theirs) in [(&lossy, &theirs), (&theirs, &lossy)] {
                let merged = merge(&base, ours, theirs).manifest;
                for model in merged.models() {
                    let after = model.history();
                    // A later event on a model without a version that moved could be one of another
                    // branch.
                    let known = base.model(model.name()).is_ok_and(|base| {
                        base.versions().iter().any(|version| version.promoted_at().is_some())
                    });
                    if later > 0 && !known {
                        continue;
                    }
                    for side in [&base, ours, theirs] {
                        for event in events(side, model.name()).unwrap_or_default() {
                            prop_assert!(after.contains(&event), "{event:?}");
                        }
                    }
                }
            }
        }
    }

    fn the_result_is_a_sound_manifest(
        (base, ours, theirs) in triple(), layouts in [0..3_u8, 0..3, 0..3],
    ) {
        let [one, two, three] = layouts;
        let (base, ours, theirs) = (base.manifest(one), ours.manifest(two), theirs.manifest(three));
        for input in [&base, &ours, &theirs] {
            prop_assert_eq!(wrong_pointers(input), Vec::<String>::new());
        }
        let Merged { manifest, conflicts, .. } = merge(&base, &ours, &theirs);
        prop_assert_eq!(parse(manifest.to_text()).to_text(), manifest.to_text());
        prop_assert_eq!(wrong_pointers(&manifest), Vec::<String>::new());
        for model in manifest.models() {
            let name = model.name();
            let current: Vec<_> = ["current_prod", "current_staging"]
                .iter().filter_map(|field| model.get(field)?.as_str().map(ToOwned::to_owned)).collect();
            prop_assert!(current.len() < 2 || current[0] != current[1], "in two stages: {current:?}");
            // The result contains the versions that a side registered, and every event of both.
            for side in [&ours, &theirs] {
                let Ok(side) = side.model(name) else { continue };
                for version in side.versions() {
                    let known = base.model(name).is_ok_and(|m| m.version(version.version()).is_some());
                    prop_assert!(known || model.version(version.version()).is_some());
                }
                let events = |model: &model_registry::Model| match model.get("history") {
                    Some(model_registry::Value::Array(events)) =>
                        events.iter().map(ToString::to_string).collect(),
                    _ => Vec::new(),
                };
                let merged = events(model);
                prop_assert!(events(side).iter().all(|event| merged.contains(event)));
                let sorted = merged.is_sorted_by_key(|event: &String| event.split_once("\"at\": ").map(|(_, rest)| rest[..30].to_owned()));
                prop_assert!(sorted);
            }
        }
        for conflict in conflicts {
            let sentence = conflict.to_string();
            prop_assert!(sentence.ends_with("is kept") || sentence.ends_with("stays deleted"), "{}", sentence);
        }
    }

    fn a_diff_is_empty_when_two_manifests_have_equal_content(
        (base, ours, theirs) in triple(), layouts in [0..3_u8, 0..3],
    ) {
        for one in [&base, &ours, &theirs] {
            prop_assert!(diff(&one.manifest(layouts[0]), &one.manifest(layouts[1])).is_empty());
            for two in [&base, &ours, &theirs] {
                let (one, two) = (one.manifest(layouts[0]), two.manifest(layouts[1]));
                let same = meaning(&one) == meaning(&two);
                prop_assert_eq!(diff(&one, &two).is_empty(), same);
            }
        }
    }
}
