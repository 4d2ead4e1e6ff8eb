//! With `--json`, a command that fails prints one JSON object on standard error. Every kind that a
//! command line can provoke is provoked here, with and without `--json`: message, hint and exit
//! code are the same. `docs/json-output.md` must list every kind with its fields.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Folder, Need, Ran, finish, manifest, program, registry, run, trials};

const DOCS: &str = include_str!("../../docs/json-output.md");

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        what_is_not_found_is_named,
        refusals_carry_what_was_compared,
        a_gate_carries_its_verdicts,
        usage_errors_are_objects_too,
        an_option_after_two_dashes_is_a_name,
        documents_carry_their_place_and_the_kind_of_problem,
        failures_of_the_system_carry_the_path,
        a_full_output_is_an_io_error,
        text_from_outside_is_escaped,
        warnings_become_a_field,
        notes_of_a_command_that_succeeds_stay_text,
        [Need::Program("git")] => revisions_that_cannot_be_read,
    ]
}

/// Parses the only line on standard error, and returns the object in it.
#[track_caller]
fn error_of(ran: &Ran) -> Value {
    assert_eq!(ran.stderr.lines().count(), 1, "not one line: {ran:#?}");
    let mut line: Value = serde_json::from_str(&ran.stderr).expect(&ran.stderr);
    let error = line["error"].take();
    assert_eq!(error["exit_code"].as_i64(), ran.code.map(i64::from), "{error}");
    error
}

/// Runs a command with and without `--json`; it fails in the same way.
#[track_caller]
fn fails(path: &Path, arguments: &[&str]) -> Value {
    let command = |arguments: &[&str]| {
        let mut command = registry(path);
        command.args(arguments).env("REGISTRY_LOCK_TIMEOUT", "0").env_remove("REGISTRY_POLICY");
        command
    };
    // The option belongs to the verb.
    let mut with_json = arguments.to_vec();
    with_json.insert(1, "--json");
    let (text, ran) = (run(&mut command(arguments)), run(&mut command(&with_json)));
    let error = error_of(&ran);
    assert_eq!(ran.code, text.code, "{error}\n{text:#?}");
    let line = |start: &str| text.stderr.lines().find_map(|line| line.strip_prefix(start));
    assert_eq!(line("error: "), error["message"].as_str(), "{error}\n{text:#?}");
    assert_eq!(line("hint: "), error["hint"].as_str(), "{error}\n{text:#?}");
    error
}

/// Makes sure of the kind and of the fields that belong to it, and that the docs list them.
#[track_caller]
fn assert_kind(error: &Value, kind: &str, fields: &Value) {
    let mut own = error.as_object().expect("an object").clone();
    assert_eq!(own.remove("kind").expect("a kind"), kind, "{error}");
    for common in ["message", "hint", "exit_code"] {
        own.remove(common);
    }
    assert_eq!(Value::Object(own), *fields, "{error}");
    let listed = DOCS.lines().find(|line| line.starts_with(&format!("| `{kind}` |")));
    let listed = listed.unwrap_or_else(|| panic!("the docs do not list `{kind}`"));
    for field in fields.as_object().expect("an object").keys() {
        assert!(listed.contains(&format!("`{field}`")), "`{field}` is not in the docs: {listed}");
    }
}

/// A folder with a manifest of the model `m`: `v0` and `v1` in dev, `v2` in production.
fn example() -> (Folder, std::path::PathBuf) {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    (folder, path)
}

#[track_caller]
fn done(path: &Path, arguments: &[&str]) {
    run(registry(path).args(arguments)).code(0);
}

fn what_is_not_found_is_named() {
    let (_folder, path) = example();
    let error = fails(&path, &["production", "n"]);
    assert_kind(&error, "model_not_found", &json!({"model": "n", "present": ["m"]}));
    assert_eq!(error["exit_code"], 3);
    let error = fails(&path, &["show", "m", "v22"]);
    let fields = json!({"model": "m", "version": "v22", "present": ["v0", "v1", "v2"]});
    assert_kind(&error, "version_not_found", &fields);
    assert_eq!(error["hint"], "did you mean `v2`?");
    let error = fails(&path, &["path", "m", "@staging"]);
    let fields = json!({"model": "m", "stage": "staging", "newest": "v2"});
    assert_kind(&error, "nothing_in_stage", &fields);
    let error = fails(&path, &["rollback", "m"]);
    assert_kind(&error, "nothing_to_roll_back_to", &json!({"model": "m", "current": "v2"}));
    fs::write(&path, r#"{"models": {"m": {}}}"#).expect("a model without versions");
    let error = fails(&path, &["path", "m", "@latest"]);
    assert_kind(&error, "no_versions", &json!({"model": "m"}));
}

fn refusals_carry_what_was_compared() {
    let (_folder, path) = example();
    let register = ["register", "m", "--version", "v0", "--artifact-path", "elsewhere"];
    let error = fails(&path, &register);
    let differing = ["artifact_path", "metric val_mae", "metric rows"];
    let fields = json!({"model": "m", "version": "v0", "fields": differing});
    assert_kind(&error, "already_registered", &fields);
    assert_eq!(error["exit_code"], 4);
    let run = ["register", "m", "--run-id", "night", "--version", "v3", "--artifact-path", "p"];
    done(&path, &run);
    let error = fails(&path, &["register", "m", "--version", "night", "--artifact-path", "p"]);
    let fields = json!({"model": "m", "name": "night", "version": "v3"});
    assert_kind(&error, "name_is_run_id", &fields);
    assert_eq!(error["exit_code"], 4);
    let expecting = ["promote", "m", "v0", "--stage", "prod", "--expect-current", "none"];
    let error = fails(&path, &expecting);
    let fields = json!({"model": "m", "stage": "prod", "expected": null, "found": "v2"});
    assert_kind(&error, "current_mismatch", &fields);
    let refused = |version, reason| {
        let error = fails(&path, &["rollback", "m", "--to", version]);
        let fields = json!({"model": "m", "version": version, "reason": reason});
        assert_kind(&error, "rollback_refused", &fields);
    };
    refused("v2", "already_current");
    refused("v1", "never_in_production");
    done(&path, &["promote", "m", "v0", "--stage", "prod"]);
    done(&path, &["rollback", "m"]);
    refused("v0", "rolled_back");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shared_run.json");
    let error = fails(&shared, &["show", "m", "nightly"]);
    let fields = json!({"model": "m", "run_id": "nightly", "versions": ["1", "2"]});
    assert_kind(&error, "ambiguous_run_id", &fields);
}

fn a_gate_carries_its_verdicts() {
    let (_folder, path) = example();
    let mut promote = vec!["promote", "m", "v0", "--stage", "prod"];
    promote.extend(["--require", "val_mae < 1", "--require", "rows == 10"]);
    let fields = json!({
        "model": "m", "version": "v0", "stage": "prod", "unmet": ["val_mae < 1"],
        "verdicts": [
            {"rule": "val_mae < 1", "value": 3.5, "limit": 1, "met": false, "note": null},
            {"rule": "rows == 10", "value": 10, "limit": 10, "met": true, "note": null},
        ],
    });
    assert_kind(&fails(&path, &promote), "gate_not_met", &fields);
    promote.push("--dry-run");
    assert_kind(&fails(&path, &promote), "gate_not_met", &fields);
}

fn usage_errors_are_objects_too() {
    let (folder, path) = example();
    let usage = |arguments: &[&str], message: &str| {
        let error = error_of(run(registry(&path).args(arguments)).code(2));
        assert_kind(&error, "usage", &json!({}));
        assert_eq!(error["message"], message);
        error
    };
    let error = usage(&["lst", "--json"], "unrecognized subcommand 'lst'");
    assert_eq!(error["hint"], "a similar subcommand exists: 'list'");
    usage(&["--json"], "unexpected argument '--json' found");
    usage(
        &["promote", "m", "--json", "v0"],
        "the following required arguments were not provided: --stage <STAGE>",
    );
    usage(
        &["list", "--json", "--stage", "live"],
        "invalid value 'live' for '--stage <STAGE>' [possible values: dev, staging, prod]",
    );
    let error = fails(&path, &["list", "--at=-x"]);
    assert_kind(
        &error,
        "invalid",
        &json!({"field": "revision", "value": "-x",
        "problem": "begins with `-`, which is not allowed in a revision"}),
    );
    let error = fails(&path, &["promote", "m", "v0", "--stage", "prod", "--reason", " "]);
    assert_kind(&error, "usage", &json!({}));
    let rule = ["promote", "m", "v0", "--stage", "prod", "--json", "--require", "val_mae =< 5"];
    let error = error_of(run(registry(&path).args(rule)).code(2));
    let problem = "expected one of < <= > >= == !=";
    let fields = json!({"rule": "val_mae =< 5", "column": 9, "problem": problem});
    assert_kind(&error, "bad_rule", &fields);
    let mut command = registry(&path);
    let ran = run(command.args(["list", "--json"]).env("REGISTRY_LOCK_TIMEOUT", "soon"));
    let error = error_of(&ran);
    assert_kind(&error, "usage", &json!({}));
    assert_eq!(error["message"], "REGISTRY_LOCK_TIMEOUT is soon: not a number of seconds");
    // Help is an answer.
    let ran = run(registry(&path).args(["list", "--json", "--help"]));
    assert!(ran.code(0).quiet().stdout.contains("Usage: registry list"), "{ran:#?}");
    drop(folder);
}

fn an_option_after_two_dashes_is_a_name() {
    let (_folder, path) = example();
    let ran = run(registry(&path).args(["production", "--", "--json"]));
    ran.code(3).reports("error: model `--json` is not in the manifest\n");
}

fn documents_carry_their_place_and_the_kind_of_problem() {
    let (folder, path) = example();
    let good = manifest(1);
    let version = r#"{"version": "1", "run_id": "r", "artifact_path": "p"}"#;
    let twice = format!(r#"{{"models": {{"m": {{"versions": [{version},{version}]}}}}}}"#);
    let cases: [(&[u8], &str); 11] = [
        (b"", "empty"),
        (&good.as_bytes()[..good.len() / 2], "truncated"),
        (b"{\"x\": \"caf\xe9\"}", "not_utf8"),
        (b"\xff\xfe{\0}\0", "not_utf8"),
        (b"{\"x\": nix}", "syntax"),
        (b"{\"models\": {}, \"models\": {}}", "duplicate_key"),
        (twice.as_bytes(), "duplicate_version"),
        (b"<<<<<<< HEAD\n{\n=======\n", "merge_conflict"),
        (b"{\"schema_version\": \"2.0\"}", "newer_schema"),
        (b"{\"models\": []}", "invalid_field"),
        (b"{\"models\": {\"m\": {\"versions\": [{}]}}}", "invalid_field"),
    ];
    for (content, reason) in cases {
        fs::write(&path, content).expect("a bad manifest");
        let error = fails(&path, &["list"]);
        assert_eq!(error["reason"], reason, "{error}");
        assert!(DOCS.contains(&format!("`{reason}`")), "the docs do not list `{reason}`");
        let mut fields = json!({"path": path, "reason": reason});
        for field in ["line", "column", "problem"] {
            assert!(!error[field].is_null(), "{error}");
            fields[field] = error[field].clone();
        }
        assert_kind(&error, "bad_document", &fields);
    }
    fs::write(&path, &good).expect("a good manifest");
    for (policy, reason) in [("[prod", "syntax"), ("[prod]\nrequire = ['a']", "invalid_field")] {
        folder.write("policy.toml", policy);
        let error = fails(&path, &["promote", "m", "v0", "--stage", "staging"]);
        assert_eq!((&error["kind"], &error["reason"]), (&json!("bad_document"), &json!(reason)));
    }
    let dangling = good.replace("\"current_prod\": \"v0\"", "\"current_prod\": \"gone\"");
    fs::write(&path, dangling).expect("a manifest");
    let error = fails(&path, &["production", "m"]);
    let fields = json!({"model": "m", "stage": "prod", "version": "gone"});
    assert_kind(&error, "dangling_pointer", &fields);
}

fn failures_of_the_system_carry_the_path() {
    let (folder, path) = example();
    let inside = path.join("manifest.json");
    assert_kind(&fails(&inside, &["list"]), "io", &json!({"action": "read", "path": inside}));
    let error = fails(folder.path(), &["list"]);
    assert_kind(&error, "not_a_file", &json!({"path": folder.path(), "found": "directory"}));

    let register = ["register", "m", "--artifact-path", "p"];
    let lock = folder.file(".manifest.json.lock");
    let holder = format!("process {} (a test)", std::process::id());
    fs::write(&lock, &holder).expect("the lock file");
    let held = File::options().read(true).append(true).open(&lock).expect("the lock file");
    fs2::FileExt::lock_exclusive(&held).expect("nobody else has the lock");
    let error = fails(&path, &register);
    let waited = error["waited_seconds"].as_f64().expect("a number");
    let fields = json!({"path": lock, "holder": holder, "waited_seconds": waited});
    assert_kind(&error, "lock_timeout", &fields);
}

fn a_full_output_is_an_io_error() {
    let (_folder, path) = example();
    let full = File::options().write(true).open("/dev/full").expect("every Linux has it");
    let mut command = registry(&path);
    let child = command.args(["list", "--json"]).stdout(full).stderr(Stdio::piped()).spawn();
    let error = error_of(finish(child.expect("it runs")).code(1));
    let fields = json!({"action": "write to", "path": "standard output"});
    assert_kind(&error, "io", &fields);
}

fn text_from_outside_is_escaped() {
    let (_folder, path) = example();
    let name = "a\u{1b}[31m\u{202e}\u{85}\u{7f}\"\u{2028}é";
    let ran = run(registry(&path).args(["production", "--json", name]));
    let error = error_of(ran.code(3));
    assert_eq!(error["model"], name);
    let harmful = |c: char| c.is_control() || ('\u{2000}'..'\u{2100}').contains(&c);
    let line = ran.stderr.trim_end_matches('\n');
    assert!(!line.contains(harmful) && line.contains('é'), "{line:?}");
}

fn warnings_become_a_field() {
    let (folder, path) = example();
    folder.write("policy.toml", "[models.other.prod]\nreason = true");
    let promote = ["promote", "m", "v0", "--stage", "prod", "--require", "rows < 1", "--json"];
    let error = error_of(run(registry(&path).args(promote)).code(4));
    let warnings = error["warnings"].as_array().expect("a list");
    assert_eq!(warnings.len(), 1, "{error}");
    assert!(warnings[0].as_str().is_some_and(|text| text.contains("`other`")), "{error}");
    // The note of a dry run is not one.
    let error = error_of(run(registry(&path).args(promote).arg("--dry-run")).code(4));
    assert_eq!(error["warnings"].as_array().map(Vec::len), Some(1), "{error}");
}

fn notes_of_a_command_that_succeeds_stay_text() {
    let (_folder, path) = example();
    let promote = ["promote", "m", "v0", "--stage", "staging", "--dry-run", "--json"];
    let ran = run(registry(&path).args(promote));
    ran.code(0);
    assert_eq!(ran.stderr, "note: dry run: nothing is written\n");
}

fn revisions_that_cannot_be_read() {
    let (folder, path) = example();
    let at = |revision: &str| fails(&path, &["list", "--at", revision]);
    assert_kind(&at("v1"), "not_a_repository", &json!({"path": path}));
    let git = |arguments: &[&str]| {
        let mut command = program("git");
        command.arg("-C").arg(folder.path()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        run(command.args(arguments)).code(0);
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "-m", "nothing"]);
    let fields = json!({"revision": "v1", "path": path, "shallow": false,
        "problem": "is not in the repository"});
    assert_kind(&at("v1"), "revision_not_found", &fields);
    let fields = json!({"path": path, "revision": "HEAD", "is_link": false});
    assert_kind(&at("HEAD"), "not_in_revision", &fields);
    git(&["init", "--quiet", "inner"]);
    let (inside, root) = (folder.write("inner/manifest.json", "{}"), folder.file("inner"));
    let list = ["list", "--json", "--at", "HEAD"];
    let error = error_of(run(registry(&inside).args(list).current_dir(folder.path())).code(1));
    let fields = json!({"path": inside, "repository": root});
    assert_kind(&error, "foreign_repository", &fields);
    let ran = run(registry(&path).args(["list", "--json", "--at", "HEAD"]).env("PATH", ""));
    assert_kind(&error_of(ran.code(1)), "no_git", &json!({}));
    folder.write(".git/config", "[");
    let error = at("HEAD");
    assert_kind(&error, "git", &json!({"problem": error["problem"]}));
    // Where 1 is the answer that there is a difference, what could not be done is 128.
    let diff = ["diff", "HEAD", "--exit-code", "--json"];
    assert_eq!(error_of(run(registry(&path).args(diff)).code(128))["kind"], "git");
}
