//! The page of `registry report` for manifests whose texts are attacks: the page has only its own
//! elements and attributes, which are nested correctly, and its data has the texts unchanged.

use std::collections::HashSet;
use std::path::Path;

use libtest_mimic::Trial;
use model_registry::check::check;
use model_registry::report::Page;
use model_registry::{Manifest, Model, Policy, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![a_page_has_no_markup_of_the_manifest,]
}

/// Elements of a page that have no end.
const VOID: [&str; 3] = ["meta", "link", "!DOCTYPE"];

fn elements() -> HashSet<&'static str> {
    "html head title style body a header main footer section div p span h1 h2 h3 h4 ul li strong code \
     time table thead tbody tr th td figure figcaption script svg g path circle rect text"
        .split_whitespace()
        .collect()
}

fn attributes() -> HashSet<&'static str> {
    "html lang charset http-equiv content name rel href class id aria-labelledby aria-label \
     aria-hidden role tabindex scope datetime data-key data-metric type viewBox width height \
     preserveAspectRatio x y cx cy r d fill stroke stroke-width stroke-opacity font-size text-anchor"
        .split_whitespace()
        .collect()
}

/// Text of pieces that would each do harm where they are not escaped.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "</td>",
        "</tr></table>",
        "<script>",
        "</script>",
        "</title>",
        "</style>",
        "<!--",
        "-->",
        "]]>",
        " onclick=x ",
        "<b>",
        "<img src=x>",
        "javascript:",
        "https://x.example/",
        "\u{202e}",
        "\u{200b}",
        "\0",
        "\u{2028}",
        "`",
        "{",
        "\\",
        "\\u003c",
        "é",
        "&lt;",
        "&#60;",
        "\n",
        "=",
        "/",
        " ",
        "x",
        "__proto__",
        "prod",
        "2025-12-01T05:00:00Z",
    ]);
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// A version, a model and an event, in which every text is an attack.
fn manifest() -> impl Strategy<Value = Value> {
    let stage = prop::sample::select(vec!["dev", "staging", "prod"]);
    let texts = || prop::collection::vec(text(), 12);
    let version = (texts(), stage).prop_map(|(texts, stage)| {
        let [run, path, created, promoted, description, metric, key, value, digest, tag, ..] = &texts[..]
        else {
            unreachable!()
        };
        json!({
            "version": format!("v{}", texts[10]), "run_id": format!("r{run}"),
            "artifact_path": format!("{path}a"), "stage": stage, "created_at": created,
            "promoted_at": promoted, "description": description, "metrics": {metric: 1.5, "n": null},
            "artifact_digest": digest, "tags": {tag: value}, format!("k{key}"): {key: [value]},
        })
    });
    let event = (texts(), prop::sample::select(vec!["promote", "rollback", "other"]));
    let event = event.prop_map(|(texts, action)| {
        json!({
            "at": texts[0], "action": action, "version": texts[1], "to": "prod", "by": texts[2],
            "reason": texts[3], "forced": true, "unmet": [texts[4]], "replaced": texts[5],
        })
    });
    let versions = prop::collection::vec(version, 0..3);
    let events = prop::collection::vec(event, 0..3);
    (text(), texts(), versions, events).prop_map(|(name, texts, mut versions, events)| {
        let mut seen = HashSet::new();
        versions.retain(|version| seen.insert(version["version"].clone()));
        let current = versions.first().map(|version| version["version"].clone());
        let model = json!({
            "name": texts[0], "description": texts[1], "tags": {&texts[2]: texts[3]},
            "aliases": {&texts[4]: texts[5]}, "versions": versions, "current_prod": current,
            "current_staging": texts[6], "history": events,
        });
        json!({"updated_at": texts[7], "models": {name: model}})
    })
}

/// Walks through the tags of a page, as a browser does, and returns the text between them.
fn walk(page: &str) -> Result<String, String> {
    let (elements, attributes) = (elements(), attributes());
    let (mut open, mut text, mut rest) = (Vec::new(), String::new(), page);
    while let Some((before, after)) = rest.split_once('<') {
        text += before;
        let (name, mut inside) =
            after.split_at(after.find([' ', '>']).ok_or("a tag without an end")?);
        while let Some(space) = inside.strip_prefix(' ') {
            let end = space.find(['=', '>', ' ']).ok_or("an attribute without an end")?;
            let (attribute, value) = space.split_at(end);
            if !attributes.contains(attribute) {
                return Err(format!("attribute `{attribute}` of `{name}`"));
            }
            inside = match value.strip_prefix("=\"") {
                Some(value) => value.split_once('"').ok_or("a value without an end")?.1,
                None => value,
            };
        }
        rest = inside.strip_prefix('>').ok_or_else(|| format!("`{name}` does not end"))?;
        if let Some(name) = name.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("`{name}` ends and is not open"));
            }
        } else if elements.contains(name) {
            open.push(name);
        } else if !VOID.contains(&name) {
            return Err(format!("element `{name}`"));
        }
        if matches!(name, "script" | "style") {
            // What is inside has no tags, up to its own end.
            let end = rest.find("</").ok_or("no end")?;
            rest = &rest[end..];
        }
    }
    if open.is_empty() { Ok(text + rest) } else { Err(format!("still open: {open:?}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    fn a_page_has_no_markup_of_the_manifest(content in manifest(), title in text()) {
        let manifest = Manifest::parse(content.to_string(), Path::new("m.json")).expect("valid");
        let models: Vec<&Model> = manifest.models().iter().collect();
        let page = Page {
            title: &title,
            source: &title,
            revision: Some(&title),
            manifest: &manifest,
            models: &models,
            policy: &Policy::default(),
            findings: &check(&manifest),
            states: None,
            now: "2026-01-05T06:30:00Z".parse::<Timestamp>().expect("a time"),
        };
        let html = page.html();
        let text = walk(&html).map_err(TestCaseError::fail)?;
        prop_assert!(!text.contains("undefined"));
        let invisible = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{2028}".contains(c));
        prop_assert!(!html.contains(invisible));

        let (_, rest) = html.split_once("id=\"registry-data\">").expect("the data");
        let (data, _) = rest.split_once("</script>").expect("its end");
        let data: Value = serde_json::from_str(data).expect("JSON");
        prop_assert_eq!(&data["title"], &title);
        let models = content["models"].as_object().expect("models");
        let (name, model) = models.iter().next().expect("a model");
        prop_assert_eq!(&data["models"][0]["model"], name);
        let count = model["versions"].as_array().map_or(0, Vec::len);
        for (index, version) in model["versions"].as_array().into_iter().flatten().enumerate() {
            let shown = &data["models"][0]["versions"][count - 1 - index];
            for (key, value) in version.as_object().expect("a version") {
                prop_assert_eq!(&shown[key], value, "{}", key);
            }
        }
    }
}
