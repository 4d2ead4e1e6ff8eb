//! The page of `registry report`, without a browser.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model_registry::artifact::State;
use model_registry::check::check;
use model_registry::report::Page;
use model_registry::{Manifest, Model, Policy, Provenance, Registration, Stage, Timestamp};
use sha2::{Digest as _, Sha256};

/// The page of a manifest with this text.
fn page(text: &str) -> String {
    verified_page(text, "[prod]\nrequire = ['mae <= prod']\nreason = true", None)
}

/// The page of a manifest with this text, judged by this policy. All artifacts have this state.
fn verified_page(text: &str, policy: &str, state: Option<&State>) -> String {
    let manifest = Manifest::parse(text.to_owned(), Path::new("m.json")).expect("valid");
    let models: Vec<&Model> = manifest.models().iter().collect();
    let states = state.map(|state| vec![state.clone(); Page::versions(&models).len()]);
    Page {
        title: "Models & <more>",
        source: "m.json",
        revision: None,
        manifest: &manifest,
        models: &models,
        policy: &Policy::parse(policy, Path::new("policy.toml")).expect("valid"),
        findings: &check(&manifest),
        states: states.as_deref(),
        now: Timestamp::parse("2026-01-05T06:30:00+00:00").expect("a time"),
    }
    .html()
}

/// One model `m` of as many versions, one in a hundred of them in production.
fn large(versions: usize) -> String {
    let version = |index: usize| {
        let stage = if index % 100 == 99 { "prod" } else { "dev" };
        let day = 1 + index % 28;
        format!(
            r#"{{"version": "2025{index:06}T061430Z", "run_id": "2025{index:06}T061430Z",
            "artifact_path": "artifacts/minutes_v1/runs/2025{index:06}T061430Z/model.txt",
            "stage": "{stage}", "created_at": "2025-06-{day:02}T06:14:30.902117+00:00",
            "promoted_at": null, "training_start": "2022-10-18", "training_end": "2025-11-27",
            "feature_schema_version": "v3", "feature_hash": "9f2c41d07ab3e615",
            "metrics": {{"mae": {}.6204417730961453, "val_rmse": 4.903312845502717,
            "train_rows": 62410, "val_rows": 5188}}, "description": "Injury report features"}}"#,
            index % 7
        )
    };
    let versions: Vec<_> = (0..versions).map(version).collect();
    format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(","))
}

/// The text between two others.
fn between<'t>(page: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = page.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

fn data(page: &str) -> serde_json::Value {
    let start = r#"<script type="application/json" id="registry-data">"#;
    serde_json::from_str(between(page, start, "</script>")).expect("JSON")
}

/// A manifest in which every text is an attack.
const HOSTILE: &str = r#"{
    "updated_at": "<b>now</b>",
    "models": {"</title><script>alert(1)</script>": {"versions": [
        {"version": "\"><img src=x onerror=alert(2)>", "run_id": "'</script>", "artifact_path":
         "javascript:alert(3)", "stage": "prod", "created_at": "<i>", "description":
         "<!-- </script><script>alert(4)</script>", "metrics": {"<svg onload=alert(5)>": 1, "n": null},
         "extra": {"<key>": "\u202e\u0000</table>"}},
        {"version": "ok", "run_id": "ok", "artifact_path": "HTTPS://example.com/\"><script>",
         "stage": "staging", "metrics": {"mae": 1e400}},
        {"version": "data", "run_id": "data", "artifact_path": "data:text/html,<script>alert(6)</script>"}
    ], "current_prod": "\"><img src=x onerror=alert(2)>", "current_staging": "ok", "history": [
        {"at": "2025-12-01T05:00:00+00:00", "action": "promote", "version":
         "\"><img src=x onerror=alert(2)>", "from": "dev", "to": "prod", "replaced": null,
         "by": "<u>ada</u>", "reason": "<script>alert(7)</script>", "forced": true,
         "unmet": ["mae <= 1", "<script>alert(8)</script>"]}
    ]}}
}"#;

#[test]
fn text_from_the_manifest_is_only_text() {
    let page = page(HOSTILE);
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script").count(), 2);
    for element in ["<img", "<i>", "<b>", "<u>", "<svg onload", "<!--", "</table>\"", "<key>"] {
        assert!(!page.contains(element), "{element}");
    }
    assert!(page.contains("<title>Models &amp; &lt;more&gt;</title>"));
    assert!(page.contains("&lt;script&gt;alert(7)&lt;/script&gt;"));
    let links: Vec<_> =
        page.match_indices("<a ").map(|(at, _)| between(&page[at..], "href=\"", "\"")).collect();
    assert_eq!(
        links,
        [
            "#overview",
            "#problems",
            "#model-1",
            "#overview",
            "HTTPS://example.com/&quot;&gt;&lt;script&gt;"
        ]
    );
    assert!(!page.contains('\u{202e}') && !page.contains('\0'));
    let data = data(&page);
    let version = &data["models"][0]["versions"][2];
    assert_eq!(version["description"], "<!-- </script><script>alert(4)</script>");
    assert_eq!(version["current"], "prod");
}

#[test]
fn the_policy_of_the_page_allows_its_own_style_and_script() {
    let page = page(HOSTILE);
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (start, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let hash = BASE64.encode(Sha256::digest(between(&page, start, end)));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{start} is not in {policy}");
    }
    assert!(!page.contains(" style=\"") && !page.contains(" onclick="));
}

#[test]
fn the_same_input_gives_the_same_page() {
    assert_eq!(page(HOSTILE), page(HOSTILE));
}

#[test]
fn a_page_without_models_shows_what_to_do() {
    let empty = page(r#"{"models": {}}"#);
    let section = between(&empty, "<h2 id=\"overview\">In production</h2>", "</section>");
    assert!(section.contains("The manifest has no models yet."), "{section}");
    assert!(section.contains("<code>registry register</code>"));
    assert!(empty.contains("<strong>0</strong> models"));
    // Nothing explains charts that are not there.
    for absent in ["Reading the charts", "<table", "<svg", "id=\"problems\"", "class=\"cards"] {
        assert!(!empty.contains(absent), "{absent}");
    }
    assert_eq!(data(&empty)["models"], serde_json::json!([]));
}

#[test]
fn a_model_without_versions_is_shown_without_tables() {
    let page = page(r#"{"models": {"m": {"versions": []}}}"#);
    for shown in ["nothing in production", "0 versions", "No version is registered."] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("<table"));
}

#[test]
fn a_large_page_is_thinned_and_reports_it() {
    let page = page(&large(10_000));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let data = data(&page);
    let shown = data["models"][0]["versions"].as_array().expect("versions").len();
    assert!((1_000..10_000).contains(&shown), "{shown}");
    assert_eq!(data["models"][0]["version_count"], 10_000);
    assert!(page.contains(&format!("The newest {shown} of 10000 versions.")));
    assert!(page.contains("10000 versions in 240 columns"));
    let rows = between(&page, "<table class=\"versions\">", "</table>");
    assert_eq!(rows.matches("<tr").count(), shown + 1);
}

#[test]
fn a_page_shows_what_a_promotion_would_meet() {
    let text = r#"{"models": {"m": {"versions": [
        {"version": "1", "run_id": "1", "artifact_path": "a", "stage": "prod", "metrics": {"mae": 3}},
        {"version": "2", "run_id": "2", "artifact_path": "b", "stage": "staging", "metrics": {"mae": MAE}}
    ], "current_prod": "1", "current_staging": "2"}}}"#;
    for (mae, passes) in [("2.5", "passes the gate"), ("3.5", "fails the gate")] {
        let page = page(&text.replace("MAE", mae));
        // On the card and in the section.
        assert_eq!(page.matches(passes).count(), 2, "{mae}");
        assert_eq!(page.matches("the gate</span>").count(), 2, "{mae}");
    }
}

/// A version in staging, with a policy that requires its artifact to be verified.
#[test]
fn the_state_of_artifacts_is_shown_and_judged() {
    let text = r#"{"models": {"m": {"versions": [
        {"version": "1", "run_id": "1", "artifact_path": "a", "stage": "prod"},
        {"version": "2", "run_id": "2", "artifact_path": "b", "stage": "staging"}
    ], "current_prod": "1", "current_staging": "2"}}}"#;
    let policy = "[prod]\nartifact = 'verified'";
    let unreadable = State::Unreadable { problem: "<b>denied".to_owned() };
    for (state, judged, word) in [
        (None, "passes, artifact not checked", None),
        (Some(State::Ok), "passes the gate", Some("verified")),
        (Some(State::Missing), "fails the gate", Some("missing")),
        (Some(unreadable), "fails the gate", Some("unreadable")),
    ] {
        let page = verified_page(text, policy, state.as_ref());
        assert_eq!(page.matches(&format!("{judged}</span>")).count(), 2, "{state:?}");
        let cells = word.map_or(0, |word| page.matches(&format!(">{word}</span>")).count());
        // Both rows of the table, and the card of the version in production.
        assert_eq!(cells, if state.is_some() { 3 } else { 0 }, "{state:?}");
        assert_eq!(page.contains("Artifact state"), state.is_some());
        assert!(!page.contains("<b>denied"));
        let artifact = &data(&page)["models"][0]["versions"][0]["artifact"];
        assert_eq!(artifact.is_null(), state.is_none());
    }
}

#[test]
fn the_timeline_shows_staging_and_what_was_rolled_back() {
    let mut manifest = Manifest::default();
    let at = |hour: u32| {
        Provenance::at(
            Timestamp::parse(&format!("2025-12-01T{hour:02}:00:00+00:00")).expect("a time"),
        )
    };
    for version in ["one", "two"] {
        let registration = Registration::new("p").version(version);
        manifest.register("m", &registration, at(0).at).expect("a version");
    }
    manifest.promote("m", "one", Stage::Prod, &at(1)).expect("a promotion");
    manifest.promote("m", "two", Stage::Staging, &at(2)).expect("a promotion");
    manifest.promote("m", "two", Stage::Prod, &at(4)).expect("a promotion");
    manifest.rollback("m", None, &at(5)).expect("a rollback");
    let page = page(&manifest.to_text());
    let rows: Vec<_> = between(&page, "<table class=\"timeline\">", "</table>")
        .split("<tr")
        .skip(2)
        .map(|row| {
            let stage = if row.contains(">staging</span>") { "staging" } else { "prod" };
            let mark = if row.contains("rolled back") { " rolled back" } else { "" };
            format!("{stage} {}{mark}", between(row, "<code>", "</code>"))
        })
        .collect();
    assert_eq!(rows, ["prod one", "prod two rolled back", "staging two", "prod one"]);
    assert_eq!(data(&page)["models"][0]["staging"][0]["until"], "2025-12-01T04:00:00.000000+00:00");
}

#[test]
fn unusual_versions_do_not_make_a_page_enormous() {
    // Each version has metrics and fields of its own, so that a column for each would make a table
    // of a million cells.
    let version = |index: usize| {
        let metrics: Vec<_> =
            (0..40).map(|metric| format!(r#""metric_{index}_{metric}": {metric}"#)).collect();
        format!(
            r#"{{"version": "{index}", "run_id": "{index}", "artifact_path": "p", "field_{index}":
            "text {index}", "metrics": {{{}}}}}"#,
            metrics.join(",")
        )
    };
    let versions: Vec<_> = (0..500).map(version).collect();
    let text = format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(","));
    let wide = page(&text);
    assert!(wide.len() < 4 * text.len(), "{} from {}", wide.len(), text.len());
    for shown in ["metric_3_39: 39<", "field_3: text 3<", ">metric_499_0</th>"] {
        assert!(wide.contains(shown), "{shown}");
    }

    let long = format!(
        r#"{{"models": {{"m": {{"versions": [{{"version": "1", "run_id": "1",
        "artifact_path": "https://example.com/{0}", "description": "{0}"}}]}}}}}}"#,
        "é".repeat(500_000)
    );
    let page = page(&long);
    assert!(page.contains("… (500000 characters)") && !page.contains("<a href=\"http"));
    // The data block has all of it.
    assert!(page.len() < long.len() + 100_000, "{}", page.len());
    let description = data(&page)["models"][0]["versions"][0]["description"].clone();
    assert_eq!(description.as_str().map(|text| text.chars().count()), Some(500_000));
}

#[test]
fn a_version_in_production_is_shown_however_old_it_is() {
    let text = large(10_000).replace("\"stage\": \"prod\"", "\"stage\": \"dev\"");
    let current = "\"current_prod\": \"2025000007T061430Z\", \"versions\"";
    let page = page(&text.replace("\"versions\"", current));
    let data = data(&page);
    let versions = data["models"][0]["versions"].as_array().expect("versions");
    assert_eq!(versions.last().expect("a version")["version"], "2025000007T061430Z");
    assert_eq!(page.matches("class=\"prod\" cx").count(), 5, "four charts and a card");
}

#[test]
fn findings_beyond_a_limit_are_counted() {
    let version = |index: usize| {
        format!(
            r#"{{"version": "{index}", "run_id": "1", "artifact_path": "p", "created_at": "x"}}"#
        )
    };
    let versions: Vec<_> = (0..600).map(version).collect();
    let text = format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(","));
    let page = page(&text);
    let data = data(&page);
    let count = data["finding_count"].as_u64().expect("a number");
    assert!(count > 500);
    assert_eq!(data["findings"].as_array().map(Vec::len), Some(500));
    assert!(page.contains(&format!("The first 500 of {count}. ")));
}
