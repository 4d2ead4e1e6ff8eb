//! What a command does when an answer is an error, comes late, or does not come.

use std::process::Command;
use std::time::Duration;

use libtest_mimic::Trial;

use super::stores::TestStore;
use crate::support::object_server::{Dialect, Fault, ObjectServer};
use crate::support::{registry, run, settings, trials};

/// Two versions, the first in production; the probe is over.
pub(crate) fn prepared(dialect: Dialect) -> TestStore {
    let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
    store.register("1");
    store.register("2");
    run(store.registry().args(["promote", "m", "1", "--stage", "prod"])).code(0);
    fake(&store).log();
    store
}

pub(crate) fn fake(store: &TestStore) -> &ObjectServer {
    store.fake.as_ref().expect("a fake")
}

const PROMOTE: [&str; 5] = ["promote", "m", "2", "--stage", "prod"];

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        requests_are_counted,
        a_write_is_recorded_once_even_if_its_response_is_lost,
        a_store_without_answers_is_an_error,
        a_write_that_is_never_answered_may_be_written,
        a_read_is_repeated,
        a_refusal_is_reported,
        a_request_that_is_not_answered_ends,
        the_store_chooses_the_pause,
        too_many_requests_are_sent_again_later,
        other_metadata_is_kept,
        a_bucket_that_does_not_exist,
        a_server_that_does_not_listen,
    ]
}

fn requests_are_counted() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let sent = |command: &mut Command| {
            run(command).code(0);
            let log = fake(&store).log();
            log.iter().map(|request| request.method.clone()).collect::<Vec<_>>()
        };
        let count = |arguments: &[&str]| sent(store.registry().args(arguments));
        assert_eq!(count(&["production", "m"]), ["GET"]);
        assert_eq!(count(&["list"]), ["GET"]);
        assert_eq!(count(&["show", "m"]), ["GET"]);
        let register = ["register", "m", "--artifact-path", "s3://p", "--version", "3"];
        assert_eq!(count(&register), ["GET", "PUT"]);
        assert_eq!(count(&register), ["GET"]);
        // The first request looks for the policy.
        assert_eq!(count(&PROMOTE), ["GET", "GET", "PUT"]);
        assert_eq!(count(&["rollback", "m"]), ["GET", "PUT"]);
        // The first request finds out whether there is a manifest.
        assert_eq!(count(&["check"]), ["GET", "GET"]);
        assert_eq!(count(&["history", "m"]), ["GET"]);
        let (url, copy) = (store.path.to_str().expect("UTF-8"), store.copy());
        let copy = copy.to_str().expect("UTF-8");
        run(registry(copy.as_ref()).args(["register", "m", "--artifact-path", "s3://p"])).code(0);
        let diff = run(registry(copy.as_ref()).envs(store.environment.clone()).args(["diff", url]));
        assert!(diff.code(0).stdout.contains("Versions registered"), "{diff:?}");
        assert_eq!(fake(&store).log().len(), 1);
        let other = url.replace("manifest.json", "other.json");
        assert_eq!(sent(&mut store.copy_command(copy, &other)), ["GET", "PUT"]);
        assert_eq!(sent(&mut store.copy_command(copy, &other)), ["GET"]);
        let back = store.folder.file("back.json");
        assert_eq!(sent(&mut store.copy_command(&other, back.to_str().expect("UTF-8"))), ["GET"]);
        assert_eq!(std::fs::read(copy).expect("the copy"), std::fs::read(back).expect("a copy"));
        // A destination with a manifest is kept, and so is one that changed meanwhile.
        run(&mut store.copy_command(copy, url)).code(4).reports("already has a manifest");
        let expect = ["--expect", "2020-01-01T00:00:00+00:00"];
        run(store.copy_command(copy, url).args(expect)).code(4);
        run(store.copy_command(copy, url).args(["--at", "HEAD"])).code(2);
    }
}

fn a_write_is_recorded_once_even_if_its_response_is_lost() {
    let faults = [
        Fault::ApplyThen500,
        Fault::ApplyThenDrop,
        Fault::DropBefore,
        Fault::Busy(0),
        Fault::Conflict,
        Fault::Slow(Duration::from_millis(50)),
    ];
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let mut moves = 1;
        for (index, first) in faults.iter().enumerate() {
            // Each pair is tried with one of the dialects; `update` tries all of them in memory.
            let second = &faults[(index + dialect as usize) % faults.len()];
            {
                // Moves back and forth, so that one that is recorded twice shows.
                let version = if moves % 2 == 1 { "2" } else { "1" };
                let current = if moves % 2 == 1 { "1" } else { "2" };
                fake(&store).fail("PUT", [first.clone(), second.clone()]);
                let promote =
                    ["promote", "m", version, "--stage", "prod", "--force", "--reason", "x"];
                let ran = run(store.registry().args(promote).args(["--expect-current", current]));
                assert_eq!(ran.code, Some(0), "{dialect:?}, {first:?}, {second:?}: {ran:?}");
                moves += 1;
                let history =
                    run(store.registry().args(["history", "m", "--json"])).code(0).stdout.clone();
                let events =
                    serde_json::from_str::<Vec<serde_json::Value>>(&history).expect("JSON");
                assert_eq!(events.len(), moves, "{dialect:?}, {first:?}, {second:?}");
                fake(&store).forget_faults();
            }
        }
    }
}

fn a_store_without_answers_is_an_error() {
    let store = prepared(Dialect::S3);
    fake(&store).fail("GET", vec![Fault::ApplyThen500; 50]);
    run(store.registry().args(["production", "m"])).code(1).reports("500 InternalError");
    fake(&store).forget_faults();
    fake(&store).fail("GET", vec![Fault::DropBefore; 50]);
    run(store.registry().args(PROMOTE)).code(1).reports("cannot read `s3://bucket/");
    fake(&store).forget_faults();
    assert_eq!(run(store.registry().args(["path", "m"])).code(0).stdout, "s3://p\n");
}

fn a_write_that_is_never_answered_may_be_written() {
    for (dialect, fault) in
        [(Dialect::S3, Fault::ApplyThen500), (Dialect::Google, Fault::DropBefore)]
    {
        let store = prepared(dialect);
        let before = store.text();
        // Whether the write was done cannot be seen: the manifest cannot be read again either.
        fake(&store).fail("PUT", vec![fault.clone(); 10]);
        fake(&store).fail("GET", [vec![Fault::None; 2], vec![Fault::Denied; 10]].concat());
        run(store.registry().args(PROMOTE)).code(1).reports("may have been written or not");
        fake(&store).forget_faults();
        assert_eq!(store.text() == before, fault == Fault::DropBefore);
        // Repeating the command is safe, and reports the state.
        run(store.registry().args(PROMOTE)).code(0);
    }
}

fn a_read_is_repeated() {
    let faults = [
        Fault::ApplyThen500,
        Fault::ApplyThenDrop,
        Fault::DropBefore,
        Fault::Busy(0),
        Fault::Truncated,
        Fault::Slow(Duration::from_millis(50)),
    ];
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        for fault in &faults {
            for verb in [&["production", "m"][..], &["list"], &["show", "m", "2"]] {
                fake(&store).fail("GET", [fault.clone()]);
                let ran = run(store.registry().args(verb));
                assert!(
                    ran.code == Some(0) && ran.stderr.is_empty(),
                    "{dialect:?} {fault:?} {ran:?}"
                );
            }
        }
        // A truncated manifest in a complete response is refused.
        fake(&store).fail("GET", [Fault::Torn, Fault::Torn]);
        run(store.registry().args(["list"])).code(1).reports("ends too early");
        fake(&store).forget_faults();
        // One with a wrong version makes the write fail, and the next attempt succeed.
        fake(&store).fail("GET", [Fault::None, Fault::WrongTag]);
        run(store.registry().args(PROMOTE)).code(0);
    }
}

fn a_refusal_is_reported() {
    for (fault, words) in [
        (Fault::Denied, "403 AccessDenied"),
        (Fault::Expired, ""),
        (Fault::OtherRegion, "the bucket is in region eu-central-1, not in us-east-1"),
    ] {
        for dialect in Dialect::ALL {
            if fault == Fault::OtherRegion && dialect != Dialect::S3 {
                continue;
            }
            let store = prepared(dialect);
            fake(&store).fail("GET", [fault.clone()]);
            run(store.registry().args(["list"])).code(1).reports("cannot read").reports(words);
            let before = store.text();
            fake(&store).fail("PUT", [fault.clone()]);
            fake(&store).log();
            run(store.registry().args(PROMOTE)).code(1).reports("cannot write").reports(words);
            // What was refused is not tried again.
            let puts = fake(&store).log().into_iter().filter(|request| request.method == "PUT");
            assert_eq!(puts.count(), 1);
            assert_eq!(store.text(), before);
        }
    }
}

fn a_request_that_is_not_answered_ends() {
    let store = prepared(Dialect::S3);
    fake(&store).fail("PUT", [Fault::Stall]);
    run(store.registry().args(PROMOTE).args(["--lock-timeout", "1"])).code(0);
    let history = run(store.registry().args(["history", "m", "--json"])).code(0).stdout.clone();
    assert_eq!(history.matches("\"promote\"").count(), 2, "{history}");
}

fn the_store_chooses_the_pause() {
    let store = prepared(Dialect::S3);
    fake(&store).fail("GET", [Fault::Busy(1)]);
    run(store.registry().args(["list"])).code(0);
    let log = fake(&store).log();
    assert_eq!(log.iter().map(|request| request.status).collect::<Vec<_>>(), [503, 200]);
}

fn too_many_requests_are_sent_again_later() {
    // Google allows one write a second to an object, so many writers see this answer.
    for dialect in Dialect::ALL {
        for fault in [Fault::TooMany, Fault::Busy(0)] {
            let store = prepared(dialect);
            fake(&store).fail("PUT", vec![fault.clone(); 7]);
            run(store.registry().args(PROMOTE)).code(0);
            let puts = fake(&store).log().into_iter().filter(|request| request.method == "PUT");
            assert_eq!(puts.count(), 8);
            // Such an answer is not ambiguous: nothing is written.
            fake(&store).fail("PUT", vec![fault; 1000]);
            let rollback = ["rollback", "m", "--lock-timeout", "0"];
            let before = store.text();
            let ran = run(store.registry().args(rollback));
            ran.code(1).reports("cannot write");
            assert!(!ran.stderr.contains("may have been"), "{ran:?}");
            assert_eq!(store.text(), before);
        }
    }
}

fn other_metadata_is_kept() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let key = store.key();
        fake(&store).set_header(&key, "cache-control", "no-cache");
        run(store.registry().args(PROMOTE)).code(0);
        assert_eq!(fake(&store).header(&key, "cache-control").as_deref(), Some("no-cache"));
        assert_eq!(fake(&store).header(&key, "content-type").as_deref(), Some("application/json"));
        let writes = fake(&store).header(&key, "registrywrites").expect("the chain of writes");
        assert_eq!(writes.split('.').count(), 5, "{writes}");
    }
}

fn a_bucket_that_does_not_exist() {
    for dialect in Dialect::ALL {
        let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
        let other = store.path.to_string_lossy().replace("//bucket/", "//other/");
        let other = std::path::PathBuf::from(other);
        settings(&other, &store.environment);
        for verb in [&["list"][..], &["register", "m", "--artifact-path", "s3://p"]] {
            run(registry(&other).args(verb)).code(1).reports("there is no bucket `other`");
        }
    }
}

fn a_server_that_does_not_listen() {
    let store = prepared(Dialect::S3);
    let mut command = store.registry();
    // Nothing listens on the port of a service that is no longer in use.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").args(["list"]);
    run(&mut command).code(1).reports("cannot read");
}
