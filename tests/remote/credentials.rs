//! Credentials as users have them, and the errors without any.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use super::stores::TestStore;
use crate::support::object_server::{Dialect, Fault, ObjectServer, SECRET};
use crate::support::{Folder, Ran, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        without_credentials_the_error_lists_what_was_tried,
        a_metadata_service_that_does_not_answer_is_not_waited_for,
        keys_of_a_profile_are_used,
        a_profile_that_needs_the_command_line_is_named,
        an_endpoint_in_the_url,
        no_secret_is_in_any_output,
        what_a_server_repeats_is_removed,
        an_endpoint_with_credentials_is_refused,
        urls_that_name_no_object,
    ]
}

/// The command in an environment that has only these variables.
pub(crate) fn alone(home: &Folder, variables: &[(&str, &str)]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_registry"));
    command.env_clear().env("HOME", home.path()).envs(variables.iter().copied());
    command
}

fn without_credentials_the_error_lists_what_was_tried() {
    let home = Folder::new();
    let list = |url: &str, variables: &[(&str, &str)]| {
        let ran = run(alone(&home, variables).args(["-m", url, "list"]));
        ran.code(1);
        ran
    };
    list("s3://b/k", &[("AWS_EC2_METADATA_DISABLED", "true")])
        .reports("AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE are not set")
        .reports("profile `default` has no keys")
        .reports("instance metadata is disabled")
        .reports("hint: ")
        .reports("aws configure export-credentials");
    list("az://b/k", &[])
        .reports("AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_CONNECTION_STRING are not set");
    list("s3://b/k", &[("AWS_PROFILE", "absent")]).reports("profile `absent` is in neither");
}

fn a_metadata_service_that_does_not_answer_is_not_waited_for() {
    let home = Folder::new();
    let server = ObjectServer::start(Dialect::S3);
    server.fail("PUT", vec![Fault::Stall; 9]);
    server.fail("GET", vec![Fault::Stall; 9]);
    let url = server.address();
    let ran = run(alone(&home, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)])
        .args(["-m", "s3://b/k", "list"]));
    ran.code(1).reports("the instance metadata service: no answer from 127.0.0.1 within 1s");
    let host = url.trim_start_matches("http://");
    let ran = run(alone(&home, &[("GCE_METADATA_HOST", host), ("GCE_METADATA_IP", host)])
        .args(["-m", "gs://b/k", "list"]));
    ran.code(1)
        .reports("the metadata service: no answer from 127.0.0.1 within 1s")
        .reports("gcloud auth application-default login");
    let url = format!("{url}/msi/token");
    let ran = run(alone(&home, &[("AZURE_STORAGE_ACCOUNT", "a"), ("IDENTITY_ENDPOINT", &url)])
        .args(["-m", "az://b/k", "list"]));
    ran.code(1)
        .reports("the managed identity's service: no answer from 127.0.0.1 within 1s")
        .reports("az login");
}

fn keys_of_a_profile_are_used() {
    let store = TestStore::on_fake(ObjectServer::start(Dialect::S3), Dialect::S3);
    let server = store.fake.as_ref().expect("a fake");
    let home = Folder::new();
    let credentials =
        format!("[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = {SECRET}\n");
    let credentials = home.write("credentials", credentials);
    let config = home.write(
        "config",
        format!("[profile work]\nregion = eu-west-1\nendpoint_url = {}\n", server.address()),
    );
    let variables = [
        ("AWS_PROFILE", "work"),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().expect("UTF-8")),
        ("AWS_CONFIG_FILE", config.to_str().expect("UTF-8")),
    ];
    let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
    run(alone(&home, &variables).arg("-m").arg(&store.path).args(register)).code(0);
    assert_eq!(store.versions(), ["1"]);
    assert!(
        server
            .authorizations()
            .iter()
            .all(|text| text.contains("AKIATEST/") && text.contains("/eu-west-1/s3/"))
    );
}

fn a_profile_that_needs_the_command_line_is_named() {
    let home = Folder::new();
    let config = home.write(
        "config",
        "[profile corp]\nsso_session = corp\n[sso-session corp]\nsso_region = x\n",
    );
    let config = config.to_str().expect("UTF-8");
    let variables = [("AWS_PROFILE", "corp"), ("AWS_CONFIG_FILE", config)];
    let ran = run(alone(&home, &variables).args(["-m", "s3://b/k", "list"]));
    ran.code(1).reports("profile `corp` uses a single sign-on");
    ran.reports("eval \"$(aws configure export-credentials --profile corp --format env)\"");
}

fn an_endpoint_in_the_url() {
    let server = ObjectServer::start(Dialect::S3);
    let home = Folder::new();
    let url = server.address().replace("http://", "s3+http://") + "/bucket/registry/manifest.json";
    let variables = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
    run(alone(&home, &variables).args(["-m", &url]).args(register)).code(0);
    assert_eq!(server.keys(), ["registry/manifest.json"]);
}

fn no_secret_is_in_any_output() {
    for dialect in Dialect::ALL {
        let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
        let server = store.fake.as_ref().expect("a fake");
        let check = |ran: Ran| {
            let text = format!("{ran:?}");
            assert!(!text.contains(SECRET), "{text}");
        };
        store.register("1");
        check(run(store.registry().args(["promote", "m", "1", "--stage", "prod", "--json"])));
        check(run(store.registry().args(["history", "m", "--json"])));
        for fault in [
            Fault::Denied,
            Fault::Expired,
            Fault::ApplyThen500,
            Fault::DropBefore,
            Fault::OtherRegion,
        ] {
            for options in [&[][..], &["--json"]] {
                server.fail("GET", vec![fault.clone(); 5]);
                check(run(store.registry().args(["list"]).args(options)));
                server.forget_faults();
                server.fail("PUT", vec![fault.clone(); 5]);
                check(run(store
                    .registry()
                    .args(["register", "m", "--artifact-path", "q"])
                    .args(options)));
                server.forget_faults();
            }
        }
        assert!(!store.text().contains(SECRET));
        let cached = std::fs::read_to_string(store.folder.file("cache/registry/object-stores"));
        assert!(!cached.expect("the memory").contains(SECRET));
        assert!(!format!("{:?}", store.store()).contains(SECRET));
    }
}

fn what_a_server_repeats_is_removed() {
    for dialect in Dialect::ALL {
        let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
        let server = store.fake.as_ref().expect("a fake");
        let home = Folder::new();
        // The server cannot know whether a secret comes from the environment or from a file.
        let credentials = format!(
            "[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = {SECRET}\n\
             aws_session_token = hunter2-session-token\n"
        );
        let credentials = home.write("credentials", credentials);
        let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let variables = store.environment.iter().filter(|(name, _)| !keys.contains(&&**name));
        for options in [&[][..], &["--json"]] {
            server.fail("GET", [Fault::Repeating]);
            let ran = run(alone(&home, &[])
                .envs(variables.clone().map(|(name, value)| (name, value)))
                .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
                .envs([("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")])
                .arg("-m")
                .arg(&store.path)
                .arg("list")
                .args(options));
            ran.code(1).reports("[redacted]").reports("403 AccessDenied");
            let sent = server.authorizations().pop().expect("credentials");
            let last = sent.trim_end_matches('=').rsplit([' ', '=', ':']).next();
            let last = last.unwrap_or_default();
            assert!(!ran.stderr.contains(last), "{last} {ran:?}");
            assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
        }
    }
}

fn an_endpoint_with_credentials_is_refused() {
    let home = Folder::new();
    for (name, value, url) in [
        ("AWS_ENDPOINT_URL", "http://me:hunter2-hunter2@127.0.0.1:9", "s3://b/k"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9/?key=hunter2-hunter2", "s3://b/k"),
        ("STORAGE_EMULATOR_HOST", "me:hunter2-hunter2@127.0.0.1:9", "gs://b/k"),
        ("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:9/a?sig=hunter2-hunter2", "az://b/k"),
    ] {
        for options in [&[][..], &["--json"]] {
            let variables = [
                (name, value),
                ("AWS_ACCESS_KEY_ID", "a"),
                ("AWS_SECRET_ACCESS_KEY", SECRET),
                ("AZURE_STORAGE_ACCOUNT", "a"),
                ("AZURE_STORAGE_KEY", SECRET),
            ];
            let register = ["-m", url, "register", "m", "--artifact-path", "p"];
            let ran = run(alone(&home, &variables).args(register).args(options));
            ran.code(1).reports("must not contain credentials");
            assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
        }
        assert!(!home.file(".cache").exists());
    }
}

fn urls_that_name_no_object() {
    let home = Folder::new();
    for url in [
        "s3://bucket",
        "s3://bucket/folder/",
        "https://x/y",
        "s3://key:hunter2@b/k",
        "s3+http://key:hunter2@host/b/k",
        "s3+https://key:hunter2@host:9000/b/k",
        "s3://b/k?X-Amz-Signature=hunter2",
        "https://key:hunter2@host/k",
        "az://c/k?sig=hunter2",
    ] {
        for verb in [&["list"][..], &["register", "m", "--artifact-path", "p"], &["check"]] {
            for options in [&[][..], &["--json"]] {
                let ran = run(alone(&home, &[]).args(["-m", url]).args(verb).args(options));
                ran.code(2);
                assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
            }
        }
        assert!(!Path::new(url).exists());
    }
}
