//! Artifacts in object stores: their digests, and whether they still are what was registered.

use libtest_mimic::Trial;
use serde_json::Value;

use super::faults::fake;
use super::stores::{Kind, TestStore, on};
use crate::support::object_server::{Dialect, Fault, ObjectServer, SECRET};
use crate::support::{Ran, registry, run, settings, trials};

pub(crate) fn trials() -> Vec<Trial> {
    let stores = Kind::ALL.into_iter().filter(|kind| *kind != Kind::File);
    let mut list: Vec<_> = stores
        .map(|kind| on(kind, "artifacts::an_object_is_verified", an_object_is_verified))
        .collect();
    list.extend(trials![
        a_digest_of_a_url_must_be_asked_for,
        an_object_that_cannot_be_read_is_not_verified,
        without_credentials_an_object_is_not_checked,
        a_url_that_names_another_server_is_not_followed,
        gates_look_at_objects,
        objects_are_never_deleted,
        an_object_that_several_versions_name_is_read_once,
    ]);
    list
}

/// The digest and the size of a file, as the command computes them.
fn measured(store: &TestStore, file: &str) -> (Value, Value) {
    let manifest = store.folder.file("local.json");
    let register = ["register", "m", "--json", "--artifact-path", file, "--version", file];
    let ran = run(registry(&manifest).args(register).current_dir(store.folder.path()));
    let version: Value = serde_json::from_str(&ran.code(0).stdout).expect("JSON");
    (version["artifact_digest"].clone(), version["artifact_size"].clone())
}

fn registered(ran: &Ran) -> (Value, Value) {
    let version: Value = serde_json::from_str(&ran.code(0).stdout).expect("JSON");
    (version["artifact_digest"].clone(), version["artifact_size"].clone())
}

/// The state that `verify` reports of version `new`, and its exit code.
fn verified(store: &TestStore) -> (String, Option<i32>) {
    let ran = run(store.registry().args(["verify", "m", "new", "--json"]));
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    (rows[0]["state"].as_str().expect("a state").to_owned(), ran.code)
}

/// The URL of an object beside the manifest.
fn beside(store: &TestStore, name: &str) -> String {
    store.path.to_string_lossy().replace("manifest.json", name)
}

fn register(store: &TestStore, url: &str, options: &[&str]) -> Ran {
    let register = ["register", "m", "--version", "new", "--artifact-path", url];
    run(store.registry().args(register).args(options))
}

fn an_object_is_verified(store: &TestStore) {
    // The only objects that can be written to every store are manifests, so the artifact is one.
    let local = store.folder.write("model.json", "{\"models\": {}, \"weights\": [1.5, 2.5]}\n");
    let url = beside(store, "model.json");
    run(&mut store.copy_command(local.to_str().expect("UTF-8"), &url)).code(0);

    let ran = register(store, &url, &["--digest", "--json"]);
    assert_eq!(registered(&ran), measured(store, "model.json"));
    assert_eq!(verified(store), ("ok".to_owned(), Some(0)));
    run(store.registry().args(["promote", "m", "new", "--stage", "prod"])).code(0);
    let production = run(store.registry().args(["production", "m", "--verify"]));
    assert_eq!(production.code(0).stdout, format!("{url}\n"));
    run(store.registry().args(["check", "--artifacts"])).code(0);

    let object = std::path::PathBuf::from(&url);
    settings(&object, &store.environment);
    run(registry(&object).args(["register", "other", "--artifact-path", "s3://p"])).code(0);
    assert_eq!(verified(store), ("changed".to_owned(), Some(4)));
    let production = run(store.registry().args(["production", "m", "--verify"]));
    assert_eq!(production.code(4).reports("has changed").stdout, "");
    run(store.registry().args(["check", "--artifacts"])).code(4);

    // The same digest at a place where nothing is.
    let operation = serde_json::json!({
        "op": "register", "model": "m", "version": "gone", "artifact_path": beside(store, "gone"),
        "artifact_digest": registered(&ran).0,
    });
    let operations = store.folder.write("operations.jsonl", format!("{operation}\n"));
    run(store.registry().arg("apply").arg(operations)).code(0);
    let ran = run(store.registry().args(["verify", "m", "gone"]));
    assert!(ran.code(4).stdout.contains("missing"), "{ran:?}");
}

/// A store with an object `model.bin`, and its URL.
fn with_object(dialect: Dialect) -> (TestStore, String) {
    let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
    let key = store.key().replace("manifest.json", "model.bin");
    fake(&store).write(&key, vec![7; 300_000]);
    let url = beside(&store, "model.bin");
    (store, url)
}

/// How often an object was requested since the log was last read.
fn requests(store: &TestStore, name: &str) -> usize {
    fake(store).log().iter().filter(|request| request.key.ends_with(name)).count()
}

fn a_digest_of_a_url_must_be_asked_for() {
    for dialect in Dialect::ALL {
        let (store, url) = with_object(dialect);
        assert_eq!(registered(&register(&store, &url, &["--json"])), (Value::Null, Value::Null));
        assert_eq!(requests(&store, "model.bin"), 0);
        assert_eq!(verified(&store), ("not_local".to_owned(), Some(0)));
        assert_eq!(requests(&store, "model.bin"), 0);
        let register = ["register", "m", "--version", "2", "--digest", "--artifact-path"];
        run(store.registry().args(register).arg(&url)).code(0);
        assert_eq!(requests(&store, "model.bin"), 1);
        // What cannot be computed is an error if it is asked for, and nothing is registered.
        for missing in [&*url.replace("model.bin", "gone"), "runs/gone"] {
            let register = ["register", "m", "--version", "3", "--digest", "--artifact-path"];
            run(store.registry().args(register).arg(missing)).code(1).reports("cannot compute");
        }
        let elsewhere = ["--version", "4", "--digest", "--artifact-path", "https://host/model"];
        run(store.registry().args(["register", "m"]).args(elsewhere))
            .code(1)
            .reports("unknown scheme");
        assert_eq!(store.versions(), ["new", "2"]);
    }
}

fn an_object_that_cannot_be_read_is_not_verified() {
    for dialect in Dialect::ALL {
        let (store, url) = with_object(dialect);
        register(&store, &url, &["--digest"]).code(0);
        let verify = |faults: Vec<Fault>| {
            // The manifest is read first.
            fake(&store).fail("GET", [vec![Fault::None], faults].concat());
            let found = verified(&store);
            fake(&store).forget_faults();
            found
        };
        let found = |state: &str, code| (state.to_owned(), Some(code));
        // What may pass is tried again, from the start of the object.
        assert_eq!(verify(vec![Fault::Truncated, Fault::DropBefore]), found("ok", 0));
        assert_eq!(verify(vec![Fault::Truncated; 5]), found("unreadable", 4));
        assert_eq!(verify(vec![Fault::Denied]), found("unreadable", 4));
        assert_eq!(verify(vec![Fault::Torn]), found("changed", 4));
        assert_eq!(verify(vec![Fault::Expired]), found("not_checked", 4));
        if dialect == Dialect::S3 {
            assert_eq!(verify(vec![Fault::OtherRegion]), found("unreadable", 4));
        }
        fake(&store).fail("GET", [vec![Fault::None], vec![Fault::Truncated; 5]].concat());
        let ran = run(store.registry().args(["verify", "m", "new"]));
        assert!(!ran.code(4).stdout.contains(SECRET), "{ran:?}");
        fake(&store).forget_faults();
        fake(&store).fail("GET", vec![Fault::Denied]);
        let register = ["register", "m", "--version", "2", "--digest", "--artifact-path"];
        run(store.registry().args(register).arg(&url)).code(1).reports("403 AccessDenied");
        assert_eq!(store.versions(), ["new"]);
    }
}

fn without_credentials_an_object_is_not_checked() {
    let (store, url) = with_object(Dialect::S3);
    register(&store, &url, &["--digest"]).code(0);
    let copy = store.copy();
    let verify = |arguments: &[&str]| {
        run(registry(&copy)
            .env("HOME", store.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .args(arguments))
    };
    let ran = verify(&["verify", "m", "new"]);
    let text = &ran.code(4).stdout;
    assert!(text.contains("not checked") && text.contains("no credentials"), "{text}");
    run(registry(&copy).args(["promote", "m", "new", "--stage", "prod"])).code(0);
    let ran = verify(&["production", "m", "--verify"]);
    assert_eq!(ran.code(4).reports("cannot be verified: it was not checked").stdout, "");
    verify(&["check", "--artifacts"]).code(4);
}

fn a_url_that_names_another_server_is_not_followed() {
    let (store, _) = with_object(Dialect::S3);
    let other = ObjectServer::start(Dialect::S3);
    other.write("model.bin", vec![7; 300_000]);
    let url = format!("{}/bucket/model.bin", other.address().replace("http", "s3+http"));
    // Who registers the URL has typed it.
    register(&store, &url, &["--digest"]).code(0);
    assert_eq!(other.log().len(), 1);
    let policy = store.folder.write("policy.toml", "[prod]\nartifact = \"exists\"\n");
    let policy = policy.to_str().expect("UTF-8");
    let promote = ["promote", "m", "new", "--stage", "prod", "--policy", policy];
    let ran = run(store.registry().args(["verify", "m", "new"]));
    assert!(ran.code(4).stdout.contains("not checked"), "{ran:?}");
    run(store.registry().args(promote)).code(4);
    assert_eq!(other.log(), []);
    // The environment is the user's own, and so is the URL of the manifest.
    let endpoint = other.address();
    run(registry(&store.copy())
        .env("AWS_ENDPOINT_URL", endpoint)
        .envs(store.environment.iter().filter(|(name, _)| name != "AWS_ENDPOINT_URL").cloned())
        .args(["verify", "m", "new"]))
    .code(0);
    other.write("manifest.json", store.text());
    let manifest = std::path::PathBuf::from(url.replace("model.bin", "manifest.json"));
    settings(&manifest, &store.environment);
    run(registry(&manifest).args(["verify", "m", "new"])).code(0);
}

fn gates_look_at_objects() {
    for dialect in Dialect::ALL {
        let (store, url) = with_object(dialect);
        let key = store.key().replace("manifest.json", "model.bin");
        register(&store, &url, &["--digest"]).code(0);
        let promote = |demand: &str| {
            let policy = format!("[prod]\nartifact = \"{demand}\"\n");
            let policy = store.folder.write("policy.toml", policy);
            let promote = ["promote", "m", "new", "--stage", "prod", "--dry-run", "--policy"];
            fake(&store).log();
            run(store.registry().args(promote).arg(policy))
        };
        promote("exists").code(0);
        // Nothing but its head is requested to see that it exists.
        let log = fake(&store).log();
        let methods = log.iter().filter(|r| r.key == key).map(|r| r.method.as_str());
        assert_eq!(methods.collect::<Vec<_>>(), ["HEAD"]);
        promote("verified").code(0);
        assert_eq!(requests(&store, "model.bin"), 1);
        fake(&store).write(&key, vec![8; 300_000]);
        promote("exists").code(0);
        promote("verified").code(4);
        fake(&store).delete(&key);
        promote("exists").code(4);
        promote("verified").code(4);
    }
}

fn objects_are_never_deleted() {
    let (store, url) = with_object(Dialect::S3);
    register(&store, &url, &["--digest"]).code(0);
    let prune = ["prune", "m", "--keep", "0", "--delete-artifacts"];
    let ran = run(store.registry().args(prune));
    assert!(ran.code(0).stdout.contains("only local artifacts are deleted"), "{ran:?}");
    let key = store.key().replace("manifest.json", "model.bin");
    assert!(fake(&store).keys().contains(&key));
    assert!(fake(&store).log().iter().all(|r| r.key != key || r.method == "GET"));
}

fn an_object_that_several_versions_name_is_read_once() {
    let (store, url) = with_object(Dialect::S3);
    for version in ["1", "2", "3"] {
        let register = ["register", "m", "--digest", "--version", version, "--artifact-path", &url];
        run(store.registry().args(register)).code(0);
    }
    fake(&store).log();
    run(store.registry().args(["verify", "--all"])).code(0);
    assert_eq!(requests(&store, "model.bin"), 1);
}
