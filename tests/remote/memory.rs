//! The memory that reading a large object takes. What is read while it arrives needs little; what loads
//! a manifest needs at least its size, which shows that the measurement works.

use std::fmt::Write as _;
use std::process::Command;

use libtest_mimic::Trial;

use super::faults::{fake, prepared};
use super::stores::TestStore;
use crate::support::object_server::Dialect;
use crate::support::{Need, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("python3")]:
        production_of_a_large_manifest_needs_little_memory,
        an_artifact_is_verified_in_little_memory,
    ]
}

const MEGABYTE: usize = 1 << 20;

/// Returns the most memory that a command had at a time, in bytes.
#[track_caller]
fn peak(command: &Command) -> usize {
    let measure = "import resource, subprocess, sys; \
        subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); \
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let mut measured = program("python3");
    measured.args(["-c", measure]).arg(command.get_program()).args(command.get_args());
    measured.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let kilobytes: usize = run(&mut measured).code(0).stdout.trim().parse().expect("a number");
    kilobytes * 1024
}

fn registry<'a>(store: &TestStore, arguments: impl AsRef<[&'a str]>) -> Command {
    let mut command = store.registry();
    command.args(arguments.as_ref());
    command
}

fn production_of_a_large_manifest_needs_little_memory() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let mut versions = String::new();
        let mut number = 0;
        while versions.len() < 60 * MEGABYTE {
            number += 1;
            let _ = write!(
                versions,
                r#"{{"version": "x{number}", "run_id": "{number}", "artifact_path": "{:2000}"}}, "#,
                "p"
            );
        }
        let text =
            store.text().replacen("\"versions\": [", &format!("\"versions\": [{versions}"), 1);
        let size = text.len();
        assert!(size > 60 * MEGABYTE, "the versions are in it");
        fake(&store).write(&store.key(), text);
        let streamed = peak(&registry(&store, ["production", "m"]));
        assert!(streamed < size / 2, "{streamed} bytes for an object of {size} ({dialect:?})");
        if dialect == Dialect::S3 {
            let loaded = peak(&registry(&store, ["list", "--json"]));
            assert!(loaded > size, "{loaded} bytes to load an object of {size}");
        }
    }
}

fn an_artifact_is_verified_in_little_memory() {
    for dialect in Dialect::ALL {
        let store = prepared(dialect);
        let size = 60 * MEGABYTE;
        let key = store.key().replace("manifest.json", "model.bin");
        let url = store.path.to_string_lossy().replace("manifest.json", "model.bin");
        fake(&store).write(&key, vec![7; size]);
        let register = ["register", "m", "--version", "9", "--digest", "--artifact-path", &url];
        let registered = peak(&registry(&store, register));
        let verified = peak(&registry(&store, ["verify", "m", "9"]));
        let most = registered.max(verified);
        assert!(most < size / 2, "{most} bytes for an object of {size} ({dialect:?})");
    }
}
