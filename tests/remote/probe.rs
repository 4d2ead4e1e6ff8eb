//! The probe: a store that ignores conditions on writes is refused before anything is written.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use libtest_mimic::Trial;

use super::stores::{Server, TestStore, missing, trial};
use crate::support::object_server::{Dialect, Fault, ObjectServer};
use crate::support::{Folder, registry, run, settings, trials};

const REGISTER: [&str; 6] = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];

pub(crate) fn trials() -> Vec<Trial> {
    let mut list = trials![
        a_store_that_ignores_conditions_is_refused,
        a_probe_is_sent_once_for_a_bucket,
        a_probe_that_is_not_answered_is_sent_again,
        an_object_that_cannot_be_deleted_stays,
    ];
    let s3rver = missing("node_modules/.bin/s3rver");
    list.push(trial("probe::s3rver_is_refused", s3rver, s3rver_is_refused));
    list
}

fn a_store_that_ignores_conditions_is_refused() {
    for dialect in Dialect::ALL {
        let store = TestStore::on_fake(ObjectServer::careless(dialect), dialect);
        let ran = run(store.registry().args(REGISTER));
        ran.code(1).reports("does not honour conditions on writes");
        let fake = store.fake.as_ref().expect("a fake");
        assert_eq!(fake.keys(), [""; 0], "{dialect:?}");
        // Reading needs no conditions.
        run(store.registry().arg("list")).code(0);
    }
}

fn s3rver_is_refused() {
    static S3RVER: LazyLock<Mutex<Server>> =
        LazyLock::new(|| Server::start("s3rver_server.py").into());
    let port = S3RVER.lock().expect("no test panics here").port.clone();
    let folder = Folder::new();
    let path = PathBuf::from("s3://bucket/registry/manifest.json");
    let variables = [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        // The credentials that s3rver knows.
        ("AWS_ACCESS_KEY_ID", "S3RVER".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "S3RVER".to_owned()),
        ("XDG_CACHE_HOME", folder.path().to_string_lossy().into_owned()),
    ];
    settings(&path, &variables.map(|(name, value)| (name.to_owned(), value)));
    run(registry(&path).args(REGISTER)).code(1).reports("it creates an object twice");
    run(registry(&path).args(["production", "m"])).code(3);
}

fn a_probe_is_sent_once_for_a_bucket() {
    for dialect in Dialect::ALL {
        let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
        let fake = store.fake.as_ref().expect("a fake");
        run(store.registry().args(REGISTER)).code(0);
        let probes = |key: &str| key.contains(".registry-probe-");
        assert_eq!(fake.log().iter().filter(|request| probes(&request.key)).count(), 6);
        store.register("2");
        assert_eq!(fake.log().len(), 2);
        assert_eq!(fake.keys(), [store.key()]);
        // The memory is outside the bucket: without it, the next write probes again.
        std::fs::remove_dir_all(store.folder.file("cache")).expect("the memory");
        store.register("3");
        assert_eq!(fake.log().len(), 8);
    }
}

fn a_probe_that_is_not_answered_is_sent_again() {
    let store = TestStore::on_fake(ObjectServer::start(Dialect::S3), Dialect::S3);
    let fake = store.fake.as_ref().expect("a fake");
    fake.fail("PUT", [Fault::ApplyThen500, Fault::None, Fault::DropBefore]);
    store.register("1");
    assert_eq!(store.versions(), ["1"]);
    std::fs::remove_dir_all(store.folder.file("cache")).expect("the memory");
    fake.fail("PUT", [Fault::ApplyThen500, Fault::ApplyThen500, Fault::ApplyThen500]);
    let ran = run(store.registry().args([
        "register",
        "m",
        "--artifact-path",
        "s3://p",
        "--version",
        "2",
    ]));
    ran.code(1).reports("500 InternalError");
    assert_eq!(store.versions(), ["1"]);
}

fn an_object_that_cannot_be_deleted_stays() {
    let store = TestStore::on_fake(ObjectServer::start(Dialect::S3), Dialect::S3);
    let fake = store.fake.as_ref().expect("a fake");
    fake.fail("DELETE", [Fault::Denied]);
    store.register("1");
    assert_eq!(fake.keys().len(), 2);
}
