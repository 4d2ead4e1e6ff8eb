//! Files that are not manifests, policies that are too large, and a clock that is not set.

use std::fs::File;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, assert_bytes, manifest, program, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_file_without_models_is_not_changed,
        a_large_policy_is_not_read,
        [Need::Program("cc")] => a_clock_before_1970_is_an_error,
    ]
}

const REGISTER: [&str; 6] = ["register", "m", "--artifact-path", "s3://p", "--version", "new"];

/// Seen to fail before: the file got a version, behind what it contained.
fn a_file_without_models_is_not_changed() {
    for (name, text) in [
        ("package.json", "{\"name\": \"app\", \"version\": \"1.0.0\"}"),
        ("schema.json", "{\"schema_version\": \"1.0.0\"}"),
    ] {
        let folder = Folder::new();
        let path = folder.write(name, text);
        let problem = "line 1, column 1: this is not a manifest: it has no `models`";
        for arguments in [
            &REGISTER[..],
            &["promote", "m", "v0", "--stage", "prod"],
            &["rollback", "m"],
            &["prune", "m", "--keep", "1"],
        ] {
            run(registry(&path).args(arguments)).code(1).reports(problem);
            assert_bytes(&path, text.as_bytes());
        }
        let checked = run(registry(&path).args(["check"]));
        assert!(checked.code(4).stdout.contains("this is not a manifest"), "{checked:?}");
        let names = std::fs::read_dir(folder.path()).expect("the folder");
        assert_eq!(names.count(), 1, "nothing is left behind");
    }
    let folder = Folder::new();
    let path = folder.write("manifest.json", "{}");
    run(registry(&path).args(REGISTER)).code(0);
}

/// The file would need more memory than there is. Seen to fail before: it was read.
fn a_large_policy_is_not_read() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let large = |name: &str| {
        let file = File::create(folder.file(name)).expect("a file");
        file.set_len(1 << 42).expect("a file with holes");
    };
    let promote = ["promote", "m", "v0", "--stage", "prod"];
    large("large.toml");
    let named = [&promote[..], &["--policy", "large.toml"]].concat();
    let mut command = registry(&path);
    run(command.args(named).current_dir(folder.path())).code(1).reports("is larger than 1 MB");
    large("policy.toml");
    run(registry(&path).args(promote)).code(1).reports("is larger than 1 MB");
}

/// Replaces the clock of the program.
const CLOCK: &str = r"
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    time->tv_sec = -86400;
    time->tv_nsec = 0;
    return 0;
}
";

/// Seen to fail before: the program recorded 1969.
fn a_clock_before_1970_is_an_error() {
    let folder = Folder::new();
    let source = folder.write("clock.c", CLOCK);
    let library = folder.file("clock.so");
    run(program("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source)).code(0);
    let before = manifest(2);
    let path = folder.write("manifest.json", &before);
    let operations = folder.write("operations", "{\"op\": \"alias\", \"model\": \"m\"}\n");
    for arguments in [
        &REGISTER[..],
        &["promote", "m", "v0", "--stage", "staging"],
        &["alias", "m", "champion", "v0"],
        &["retire", "m", "v0", "--reason", "leaked features"],
        &["describe", "m", "v0", "--description", "good"],
        &["prune", "m", "--keep", "1"],
        &["apply", operations.to_str().expect("a plain path")],
    ] {
        let ran = run(registry(&path).args(arguments).env("LD_PRELOAD", &library));
        ran.code(1).reports("error: the clock of this machine shows a time before 1970");
        assert_bytes(&path, before.as_bytes());
    }
    let json = [&REGISTER[..], &["--json"]].concat();
    let ran = run(registry(&path).args(json).env("LD_PRELOAD", &library));
    ran.code(1).reports("\"kind\":\"clock_not_set\"");
}
