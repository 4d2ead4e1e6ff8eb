//! `registry watch` on an object: what it requests, and what it prints when the store fails.
//!
//! Changes are written to the server directly, so that every request in its log is one of the watch.

use libtest_mimic::Trial;
use serde_json::Value;

use super::faults::{fake, prepared};
use super::stores::TestStore;
use crate::support::object_server::{Dialect, Fault, ObjectServer};
use crate::support::{Watching, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_unchanged_object_is_not_sent_again,
        each_change_of_the_stage_is_a_line,
        a_store_that_fails_is_reported_once,
        the_end_of_the_server_does_not_end_the_watch,
    ]
}

fn watch(store: &TestStore) -> Watching {
    Watching::start(store.registry().args(["watch", "m", "--json", "--poll", "0.02"]))
}

/// Waits for the next line. Returns the version in it.
#[track_caller]
fn version(watching: &Watching) -> Value {
    let line: Value = serde_json::from_str(&watching.line()).expect("JSON");
    line["version"]["version"].clone()
}

/// Promotes version 2 while nobody watches. Returns the text of the manifest, which is as before.
fn with_2_in_production(store: &TestStore) -> String {
    let before = store.text();
    run(store.registry().args(["promote", "m", "2", "--stage", "prod"])).code(0);
    let after = store.text();
    fake(store).write(&store.key(), before);
    fake(store).log();
    after
}

/// Ends a watch, which has printed nothing else.
fn end(watching: Watching) {
    watching.signal("TERM");
    let ended = watching.finish();
    assert_eq!((ended.signal, &*ended.stdout, &*ended.stderr), (Some(15), "", ""), "{ended:?}");
}

fn an_unchanged_object_is_not_sent_again() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let changed = with_2_in_production(&store);
        fake(&store).fail("GET", [vec![Fault::None; 5], vec![Fault::Denied; 6]].concat());
        let watching = watch(&store);
        assert_eq!(version(&watching), "1");
        // The first failure is not reported: `git checkout` removes a file for a moment.
        let message = watching.message();
        assert!(message.contains("403 AccessDenied"), "{message}");
        assert!(message.ends_with("version `1` is kept"), "{message}");
        fake(&store).write(&store.key(), changed);
        assert_eq!(version(&watching), "2");
        let statuses: Vec<_> = fake(&store).log().iter().map(|request| request.status).collect();
        let polls = [[304; 4].as_slice(), &[403; 6], &[200]].concat();
        assert_eq!((statuses[0], &statuses[1..12]), (200, &*polls), "{dialect:?}");
        assert!(statuses[12..].iter().all(|status| *status == 304), "{statuses:?}");
        end(watching);
    }
}

fn each_change_of_the_stage_is_a_line() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let watching = watch(&store);
        assert_eq!(version(&watching), "1");
        run(store.registry().args(["promote", "m", "2", "--stage", "prod"])).code(0);
        assert_eq!(version(&watching), "2");
        // A change of something else is not a line: the next one is that of the rollback.
        store.register("3");
        run(store.registry().args(["rollback", "m"])).code(0);
        assert_eq!(version(&watching), "1");
        fake(&store).delete(&store.key());
        let message = watching.message();
        assert!(message.ends_with("does not exist; version `1` is kept"), "{message}");
        end(watching);
    }
}

fn a_store_that_fails_is_reported_once() {
    for (fault, words) in [
        (Fault::ApplyThen500, "500 InternalError"),
        (Fault::Busy(0), "503 SlowDown"),
        (Fault::DropBefore, "cannot read"),
        (Fault::Torn, "ends too early"),
    ] {
        let store = prepared(Dialect::S3);
        let changed = with_2_in_production(&store);
        let watching = watch(&store);
        assert_eq!(version(&watching), "1");
        // A torn answer needs content, which an unchanged object is not sent with.
        if fault == Fault::Torn {
            fake(&store).write(&store.key(), changed.replace("\"2\"", "\"2b\""));
        }
        fake(&store).fail("GET", vec![fault.clone(); 1000]);
        let message = watching.message();
        assert!(message.starts_with("warning: ") && message.contains(words), "{message}");
        fake(&store).forget_faults();
        fake(&store).write(&store.key(), changed);
        assert_eq!(version(&watching), "2", "{fault:?}");
        end(watching);
    }
}

fn the_end_of_the_server_does_not_end_the_watch() {
    let mut store = prepared(Dialect::S3);
    let changed = with_2_in_production(&store);
    let watching = watch(&store);
    assert_eq!(version(&watching), "1");
    let port = fake(&store).port();
    drop(store.fake.take());
    let message = watching.message();
    assert!(message.contains("cannot read") && message.ends_with("`1` is kept"), "{message}");
    let server = ObjectServer::start_at(port, Dialect::S3);
    server.write(&store.key(), changed);
    assert_eq!(version(&watching), "2");
    end(watching);
}
