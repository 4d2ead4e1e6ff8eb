//! What holds for every store, a file included.

use libtest_mimic::Trial;
use model_registry::Revision;

use super::stores::{Kind, TestStore, on_all, on_fakes};
use crate::support::{registry, run};

const POLICY: &str = "[prod]\nrequire = [\"loss <= 1.0\"]\n";

pub(crate) fn trials() -> Vec<Trial> {
    [
        on_all("contract::every_verb_has_its_exit_code", every_verb_has_its_exit_code),
        on_all("contract::the_bytes_are_those_of_a_file", the_bytes_are_those_of_a_file),
        on_all(
            "contract::an_update_without_a_change_writes_nothing",
            an_update_without_a_change_writes_nothing,
        ),
        on_all("contract::a_manifest_is_read_again_if_it_changed", reading_again),
        on_all(
            "contract::a_policy_beside_the_manifest_applies",
            a_policy_beside_the_manifest_applies,
        ),
        on_all("contract::a_local_manifest_is_merged_into_it", a_local_manifest_is_merged_into_it),
        // The test puts texts in place past the command, which only these stores allow.
        on_fakes(
            "contract::an_object_that_is_not_a_manifest_is_kept",
            an_object_that_is_not_a_manifest_is_kept,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Puts a text beside the manifest, or in its place.
fn place(store: &TestStore, name: &str, text: &str) {
    match (&store.fake, store.kind) {
        (Some(fake), _) => fake.write(&store.key().replace("manifest.json", name), text),
        (None, Kind::File) => drop(store.folder.write(name, text)),
        // No other client is at hand, so the real servers are given manifests only.
        (None, _) => unreachable!("only files and fakes are written from outside"),
    }
}

fn every_verb_has_its_exit_code(store: &TestStore) {
    let ran = |arguments: &[&str]| run(store.registry().args(arguments));
    ran(&["list"]).code(0);
    ran(&["production", "m"]).code(3);
    ran(&["register", "m", "--artifact-path", "p1", "--version", "1", "--metric", "loss=0.5"])
        .code(0);
    ran(&["register", "m", "--artifact-path", "p1", "--version", "1", "--metric", "loss=0.5"])
        .code(0);
    ran(&["register", "m", "--artifact-path", "other", "--version", "1"]).code(4);
    ran(&["register", "m", "--artifact-path", "p2", "--version", "2"]).code(0);
    ran(&["promote", "m", "1", "--stage", "prod", "--expect-current", "2"]).code(4);
    ran(&["promote", "m", "1", "--stage", "prod", "--require", "loss < 0.1"]).code(4);
    ran(&["promote", "m", "1", "--stage", "prod", "--dry-run"]).code(0);
    ran(&["production", "m"]).code(3);
    ran(&["promote", "m", "1", "--stage", "prod", "--expect-current", "none"]).code(0);
    assert_eq!(ran(&["production", "m"]).code(0).stdout, "p1\n");
    assert_eq!(ran(&["path", "m", "2"]).code(0).stdout, "p2\n");
    ran(&["promote", "m", "2", "--stage", "prod"]).code(0);
    ran(&["rollback", "m"]).code(0);
    assert_eq!(ran(&["production", "m"]).code(0).stdout, "p1\n");
    for verb in
        [&["show", "m"][..], &["history", "m"], &["compare", "m", "2"], &["list", "m"], &["check"]]
    {
        ran(verb).code(0);
    }
    ran(&["show", "m", "9"]).code(3);
    ran(&["show", "other"]).code(3);
    if store.kind != Kind::File {
        let path = store.path.to_string_lossy();
        ran(&["list", "--at", "HEAD"]).code(2).reports("only a file can be in a git repository");
        assert_eq!(ran(&["diff", &path]).code(0).stdout, "");
        ran(&["diff", "--exit-code", &path, store.copy().to_str().expect("UTF-8")]).code(0);
    }
}

fn a_local_manifest_is_merged_into_it(store: &TestStore) {
    store.register("1");
    let base = store.folder.write("base.json", store.text());
    let theirs = store.folder.write("theirs.json", store.text());
    store.register("2");
    let ran =
        run(registry(&theirs).args(["register", "m", "--artifact-path", "p3", "--version", "3"]));
    ran.code(0);
    let merge = || run(store.registry().arg("merge").arg(&base).arg(&store.path).arg(&theirs));
    merge().code(0);
    let merged = store.text();
    for version in ["1", "2", "3"] {
        assert!(merged.contains(&format!("\"version\": \"{version}\"")), "{merged}");
    }
    // Both sides changed the tag of a version, each to another value.
    for (mut command, owner) in [(store.registry(), "ours"), (registry(&theirs), "theirs")] {
        run(command.args(["describe", "m", "1", "--tag", &format!("owner={owner}")])).code(0);
    }
    merge().code(1).reports("owner");
    assert!(store.text().contains("ours"), "our side stays where the sides conflict");
}

/// Replaces the digits of every time.
fn without_times(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split('"') {
        let is_time = word.len() > 18 && word.starts_with("20") && word.contains('T');
        words.push(if is_time { "TIME".to_owned() } else { word.to_owned() });
    }
    words.join("\"")
}

fn the_bytes_are_those_of_a_file(store: &TestStore) {
    let change = |store: &TestStore| {
        for arguments in [
            &[
                "register",
                "m",
                "--artifact-path",
                "caf\u{e9}",
                "--version",
                "1",
                "--metric",
                "a=1e-7",
            ][..],
            &["register", "n", "--artifact-path", "s3://p", "--version", "1", "--description", "x"],
            &["promote", "m", "1", "--stage", "staging", "--by", "me"],
            &["promote", "m", "1", "--stage", "prod", "--by", "me", "--reason", "why"],
        ] {
            run(store.registry().args(arguments)).code(0);
        }
        without_times(&store.text())
    };
    let found = change(store);
    assert_eq!(found, change(&TestStore::new(Kind::File)));
    assert!(found.contains("TIME"));
}

fn an_update_without_a_change_writes_nothing(store: &TestStore) {
    store.register("1");
    let before = store.text();
    if let Some(fake) = &store.fake {
        fake.log();
    }
    store.register("1");
    run(store.registry().args(["promote", "m", "9", "--stage", "prod"])).code(3);
    run(store.registry().args(["promote", "m", "1", "--stage", "prod", "--dry-run"])).code(0);
    assert_eq!(store.text(), before);
    if let Some(fake) = &store.fake {
        assert!(fake.log().iter().all(|request| request.method == "GET"));
    }
}

/// For programs that watch a manifest.
fn reading_again(store: &TestStore) {
    let library = store.store();
    let load = |seen: Option<&Revision>| library.load_if_changed(seen).expect("it can be read");
    let (manifest, absent) = load(None).expect("the first read");
    assert!(manifest.models().is_empty());
    assert!(load(Some(&absent)).is_none(), "nothing was written");
    store.register("1");
    let (manifest, first) = load(Some(&absent)).expect("it was created");
    assert!(manifest.model("m").is_ok());
    if let Some(fake) = &store.fake {
        fake.log();
    }
    assert!(load(Some(&first)).is_none(), "nothing was written");
    if let Some(fake) = &store.fake {
        // One request, and the content is not sent.
        let log = fake.log();
        assert_eq!(log.iter().map(|request| request.status).collect::<Vec<_>>(), [304]);
    }
    store.register("1");
    assert!(load(Some(&first)).is_none(), "a command that changed nothing");
    store.register("2");
    let (manifest, second) = load(Some(&first)).expect("it was changed");
    assert_eq!(manifest.model("m").expect("the model").versions().len(), 2);
    let Some(fake) = &store.fake else { return };
    // Another version of the object with the same content is a change only for some stores.
    fake.write(&store.key(), store.text());
    let last = match load(Some(&second)) {
        None => second,
        Some((same, last)) => {
            assert_eq!(same, manifest);
            last
        }
    };
    assert!(load(Some(&last)).is_none());
    fake.delete(&store.key());
    let (manifest, gone) = load(Some(&last)).expect("it was deleted");
    assert!(manifest.models().is_empty());
    assert!(load(Some(&gone)).is_none());
}

fn a_policy_beside_the_manifest_applies(store: &TestStore) {
    let promote = ["promote", "m", "1", "--stage", "prod"];
    run(store.registry().args([
        "register",
        "m",
        "--artifact-path",
        "p",
        "--version",
        "1",
        "--metric",
        "loss=2",
    ]))
    .code(0);
    if matches!(store.kind, Kind::Moto | Kind::Azurite) {
        let policy = store.folder.write("policy.toml", POLICY);
        run(store.registry().args(promote).arg("--policy").arg(policy)).code(4);
        run(store.registry().args(promote)).code(0);
        return;
    }
    place(store, "policy.toml", POLICY);
    run(store.registry().args(promote)).code(4);
    // A policy can be named by its URL, too.
    let policy = store.path.to_string_lossy().replace("manifest.json", "policy.toml");
    run(store.registry().args(promote).args(["--policy", &policy])).code(4);
    place(store, "policy.toml", &POLICY.replace("1.0", "3.0"));
    run(store.registry().args(promote)).code(0);
}

fn an_object_that_is_not_a_manifest_is_kept(store: &TestStore) {
    for text in ["", "{\"models\": {", "[]", "{\"models\": {\"a\": {}, \"a\": {}}}"] {
        place(store, "manifest.json", text);
        let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
        run(store.registry().args(register)).code(1).reports("manifest.json");
        assert_eq!(store.text(), text);
    }
}
