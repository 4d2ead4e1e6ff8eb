//! Promotion on a real file system: trial runs, policies beside the manifest, and who did it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use model_registry::Store;

use crate::support::{Folder, Ran, manifest, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_trial_writes_nothing_and_ends_as_the_real_one_would,
        a_trial_names_exactly_the_lines_that_change,
        a_policy_beside_the_manifest_is_obeyed_or_is_an_error,
        a_manifest_behind_a_link_is_under_the_policy_of_where_it_is,
        the_policy_that_is_named_replaces_the_one_beside,
        force_overrides_gates_and_is_recorded,
        the_author_comes_from_the_first_source,
    ]
}

fn promote(path: &Path, arguments: &[&str]) -> Command {
    let mut command = registry(path);
    for variable in ["REGISTRY_POLICY", "REGISTRY_BY", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"] {
        command.env_remove(variable);
    }
    command.args(["promote", "m"]).args(arguments);
    command
}

fn to_prod(path: &Path, version: &str, more: &[&str]) -> Ran {
    run(promote(path, &[version, "--stage", "prod"]).args(more))
}

/// Every file of a folder, with its bytes.
fn contents(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder.path()).expect("the folder");
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, fs::read(entry.path()).expect("a file"))
    };
    entries.map(|found| entry(found.expect("an entry"))).collect()
}

fn a_trial_writes_nothing_and_ends_as_the_real_one_would() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    let modified = || fs::metadata(&path).expect("the manifest").modified().expect("a time");
    let (before, time) = (contents(&folder), modified());
    for (arguments, code) in [
        (&["promote", "m", "v0", "--stage", "prod"][..], 0),
        (&["promote", "m", "v2", "--stage", "prod"], 0),
        (&["promote", "m", "v0", "--stage", "prod", "--require", "val_mae < 1"], 4),
        (&["promote", "m", "v0", "--stage", "prod", "--expect-current", "none"], 4),
        (&["promote", "m", "nine", "--stage", "prod"], 3),
        (&["promote", "m", "v0", "--stage", "prod", "--policy", "missing.toml"], 1),
        (&["rollback", "m"], 3),
    ] {
        let trial = run(registry(&path).args(arguments).args(["--dry-run", "--by", "ada"]));
        trial.code(code);
        assert_eq!((contents(&folder), modified()), (before.clone(), time), "{arguments:?}");
        let real = Folder::new();
        let copy = real.write("manifest.json", manifest(3));
        run(registry(&copy).args(arguments).args(["--by", "ada"])).code(code);
    }
}

fn a_trial_names_exactly_the_lines_that_change() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    let arguments = ["v0", "--stage", "prod", "--by", "ada", "--json"];
    let trial = run(promote(&path, &arguments).arg("--dry-run"));
    let before = Store::new(&path).load().expect("a manifest");
    run(&mut promote(&path, &arguments)).code(0);
    let after = Store::new(&path).load().expect("a manifest");

    let told: serde_json::Value = serde_json::from_str(&trial.stdout).expect("JSON");
    let places = |changes: &serde_json::Value| -> Vec<String> {
        let changes = changes.as_array().expect("a list");
        changes.iter().map(|change| change["place"].to_string()).collect()
    };
    let done = serde_json::to_value(before.changes(&after)).expect("JSON");
    assert_eq!(places(&told["changes"]), places(&done));
}

fn a_policy_beside_the_manifest_is_obeyed_or_is_an_error() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    let text = fs::read(&path).expect("the manifest");
    let policy = folder.file("policy.toml");

    fs::write(&policy, "[prod]\nrequire = ['val_mae < 3']\n").expect("a policy");
    to_prod(&path, "v0", &[]).code(4).reports("val_mae < 3");
    to_prod(&path, "v0", &["--require", "rows > 5"]).code(4).reports("rows > 5");

    fs::write(&policy, "[prod]\nrequires = []\n").expect("a policy");
    to_prod(&path, "v0", &[]).code(1).reports("policy.toml`, line 2, column 1: unknown field");

    fs::remove_file(&policy).expect("the policy");
    fs::create_dir(&policy).expect("a folder");
    to_prod(&path, "v0", &[]).code(1).reports("policy.toml` is a directory");
    fs::remove_dir(&policy).expect("the folder");

    symlink(folder.file("nowhere"), &policy).expect("a link");
    to_prod(&path, "v0", &[]).code(1).reports("cannot read").reports("policy.toml");
    assert_eq!(fs::read(&path).expect("the manifest"), text);

    fs::remove_file(&policy).expect("the link");
    fs::write(&policy, "").expect("an empty policy");
    to_prod(&path, "v0", &[]).code(0);
}

fn a_manifest_behind_a_link_is_under_the_policy_of_where_it_is() {
    let (real, elsewhere) = (Folder::new(), Folder::new());
    let path = real.write("manifest.json", manifest(3));
    real.write("policy.toml", "[prod]\nreason = true\n");
    let link = elsewhere.file("manifest.json");
    symlink(&path, &link).expect("a link");
    to_prod(&link, "v0", &[])
        .code(4)
        .reports("the policy requires a reason")
        .reports("--reason TEXT");
    to_prod(&link, "v0", &["--reason", "weekly"]).code(0);
}

fn the_policy_that_is_named_replaces_the_one_beside() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    folder.write("policy.toml", "[prod]\nrequire = ['val_mae < 3']\n");
    let lenient = folder.write("lenient.toml", "");
    let lenient = lenient.to_str().expect("a path");
    let refused = run(promote(&path, &["v0", "--stage", "prod"]).env("REGISTRY_POLICY", "none"));
    refused.code(1).reports("cannot read `none`");
    run(promote(&path, &["v0", "--stage", "prod"]).env("REGISTRY_POLICY", lenient)).code(0);
    to_prod(&path, "v1", &[]).code(4);
    to_prod(&path, "v1", &["--policy", lenient]).code(0);
}

fn force_overrides_gates_and_is_recorded() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(3));
    folder.write("policy.toml", "[prod]\nfrom = 'staging'\nrequire = ['val_mae < 3']\n");
    let force = ["--force", "--reason", "the old one is broken", "--by", "ada"];
    let held = [&force[..], &["--expect-current", "none"]].concat();
    to_prod(&path, "v0", &held).code(4).reports("expected none");
    to_prod(&path, "v0", &force).code(0);
    let history = Store::new(&path).load_model("m").expect("a manifest").history();
    let last = history.last().expect("an event");
    assert!(last.forced);
    assert_eq!(last.unmet, ["from staging", "val_mae < 3"]);
    assert_eq!(last.reason.as_deref(), Some("the old one is broken"));
}

fn the_author_comes_from_the_first_source() {
    let names =
        [("REGISTRY_BY", "robot"), ("GITHUB_ACTOR", "octocat"), ("GITLAB_USER_LOGIN", "tanuki")];
    for first in 0..=names.len() {
        let folder = Folder::new();
        let path = folder.write("manifest.json", manifest(2));
        let mut command = promote(&path, &["v0", "--stage", "prod"]);
        run(command.envs(names[first..].iter().copied())).code(0);
        let history = Store::new(&path).load_model("m").expect("a manifest").history();
        let by = history.last().and_then(|event| event.by.clone()).expect("somebody");
        match names.get(first) {
            Some((_, name)) => assert_eq!(by, *name),
            None => assert!(!by.is_empty() && names.iter().all(|(_, name)| *name != by), "{by}"),
        }
    }
}
