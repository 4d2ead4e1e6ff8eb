//! Large manifests and long texts: correct, in linear time, and in little memory.
//!
//! No clock is read. Each command runs under the kernel's own limits: of processor time, which is
//! twenty times what a debug build takes and far less than anything quadratic would, and of
//! memory. A command that exceeds one is killed, and the test fails.
//!
//! `cargo test --release --test faults -- --ignored --nocapture table` prints a table of what the
//! commands take, for the benchmark's page.
//!
//! What was broken on purpose, and what failed then:
//! - long names compared with each other for a hint: `names_of_four_kilobytes`, as the code was when
//!   this suite was written; it took 107 s of processor time;
//! - each version looked for among all before it: the `register` of the first test was still running
//!   after 50 s of processor time, where it takes 1.2 s, and a limit of 4 s killed it;
//! - events of one moment compared with each other: `thirty_thousand_events_of_one_moment` was killed;
//! - every row padded to the widest name: `a_name_of_a_hundred_kilobytes_among_short_ones`.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use libtest_mimic::Trial;
use model_registry::{Registration, Store};

use crate::support::{
    Folder, Need, Ran, assert_bytes, lines_gone, long, program, run, time, trial, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        a_hundred_thousand_versions_of_one_model,
        a_hundred_thousand_versions_of_ten_thousand_models,
        a_description_of_a_megabyte,
        ten_thousand_metrics_in_one_version,
        names_of_four_kilobytes,
        a_name_of_a_hundred_kilobytes_among_short_ones,
        thirty_thousand_events_of_one_moment,
    ];
    trials.push(long(trial("limits::table", &[Need::Program("python3")], table)));
    trials
}

/// Seconds of processor time.
const PROCESSOR: u32 = 60;

/// What a command needs in any case: the program itself, its libraries and its stack.
const OWN_MEMORY: u64 = 64 << 20;

/// Runs the command within so many bytes of memory besides its own.
fn limited(path: &Path, arguments: &[&str], memory: u64) -> Ran {
    let kilobytes = (OWN_MEMORY + memory) / 1024;
    let script = format!("ulimit -t {PROCESSOR} && ulimit -v {kilobytes} && exec \"$0\" -m \"$@\"");
    let mut command = program("bash");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_registry")]).arg(path).args(arguments);
    command.env_remove("REGISTRY_MANIFEST").env_remove("REGISTRY_LOCK_TIMEOUT");
    run(&mut command)
}

/// A manifest with so many models `m0`, `m1` and so on, of so many versions each.
fn large(models: usize, versions: usize) -> String {
    let mut text = String::from("{\n  \"schema_version\": \"1.0.0\",\n  \"models\": {");
    for model in 0..models {
        let comma = if model == 0 { "" } else { "," };
        let _ = write!(text, "{comma}\n    \"m{model}\": {{\n      \"name\": \"m{model}\",\n");
        text.push_str("      \"versions\": [");
        for version in 0..versions {
            let comma = if version == 0 { "" } else { "," };
            let _ = write!(
                text,
                "{comma}\n        {{\n          \"version\": \"v{version}\",\n          \
                 \"run_id\": \"r{version}\",\n          \"artifact_path\": \"runs/{version}\",\n          \
                 \"stage\": \"dev\",\n          \"metrics\": {{\n            \"val_mae\": 0.0875\n          \
                 }},\n          \"description\": \"Train to 2024-06-30 | stage1 | 12 targets\"\n        }}"
            );
        }
        text.push_str(
            "\n      ],\n      \"current_prod\": null,\n      \"current_staging\": null\n    }",
        );
    }
    text.push_str("\n  }\n}");
    text
}

/// Registers, promotes and reads in a large manifest. What reads one model needs no more memory
/// than that model; what changes the manifest needs it a few times.
fn work_in(models: usize, versions: usize) {
    let folder = Folder::new();
    let before = large(models, versions);
    let path = folder.write("manifest.json", &before);
    let (file, model) = (before.len() as u64, (before.len() / models) as u64);
    let last = format!("m{}", models - 1);
    let register = ["register", &last, "--artifact-path", "s3://p", "--version", "new"];

    limited(&path, &register, 3 * file).code(0).quiet();
    let registered = fs::read_to_string(&path).expect("a text");
    // The brace that gets a comma.
    let gone = lines_gone(&before, &registered);
    assert!(gone.len() <= 1, "{gone:#?}");
    limited(&path, &register, 3 * file).code(0).quiet();
    let promote = ["promote", &last, "v7", "--stage", "prod", "--by", "ci"];
    limited(&path, &promote, 3 * file).code(0).reports("`runs/7` does not exist");
    assert_eq!(limited(&path, &["production", &last], 0).code(0).stdout, "runs/7\n");
    let latest = limited(&path, &["show", &last, "@latest", "--json"], 3 * model);
    assert!(latest.code(0).stdout.contains("\"version\": \"new\""));
    let listed = limited(&path, &["list", &last], 8 * model);
    assert_eq!(listed.code(0).stdout.lines().count(), versions + 2);
    assert_eq!(limited(&path, &["list"], 3 * file).code(0).stdout.lines().count(), models + 1);
    // A mistyped name is compared with all existing ones.
    limited(&path, &["path", &last, "v1x"], 3 * model).code(3).reports("did you mean `v1");

    let after = Store::new(&path).load().expect("a manifest");
    let count: usize = after.models().iter().map(|model| model.versions().len()).sum();
    assert_eq!(count, models * versions + 1);
    assert_bytes(&path, after.to_text().as_bytes());
}

fn a_hundred_thousand_versions_of_one_model() {
    work_in(1, 100_000);
}

fn a_hundred_thousand_versions_of_ten_thousand_models() {
    work_in(10_000, 10);
}

/// Longer than any argument of a command may be, so the library registers it.
fn a_description_of_a_megabyte() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let description = "A \"long\" text, é 😀\n".repeat(1 << 16);
    assert!(description.len() > 1 << 20);
    let mut described = Registration::new("p").version("long");
    described.description.clone_from(&description);
    let changed = Store::new(&path).update(|m| m.register("m", &described, time(0)));
    assert!(changed.expect("a valid version").added);
    let size = fs::metadata(&path).expect("the file").len();
    let shown = limited(&path, &["show", "m", "long", "--json"], 8 * size);
    let shown: serde_json::Value = serde_json::from_str(&shown.code(0).stdout).expect("JSON");
    assert_eq!(shown["description"], description.as_str());
    let promote = ["promote", "m", "long", "--stage", "prod"];
    limited(&path, &promote, 8 * size).code(0).reports("does not exist");
    let version = Store::new(&path).production("m").expect("a version in production");
    assert_eq!(version.description(), description);
}

fn ten_thousand_metrics_in_one_version() {
    const COUNT: u32 = 10_000;
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let metrics: Vec<_> = (0..COUNT).map(|index| format!("\"k{index}\": {index}.5")).collect();
    let file = folder.write("metrics.json", format!("{{{}}}", metrics.join(", ")));
    let file = file.to_str().expect("a plain path");
    let register = ["register", "m", "--artifact-path", "s3://p", "--metrics-file", file];
    let flags: Vec<_> = (0..COUNT).map(|index| format!("--metric=k{index}={index}")).collect();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let again = [&register[..], &["--version", "flags"], &flags].concat();

    limited(&path, &[&register[..], &["--version", "file"]].concat(), 64 << 20).code(0).quiet();
    limited(&path, &again, 64 << 20).code(0).quiet();
    let compared = limited(&path, &["compare", "m", "file", "flags"], 64 << 20);
    assert!(compared.code(0).stdout.lines().count() > COUNT as usize);
    let rule = ["promote", "m", "file", "--stage", "prod", "--require", "k9999 < 10000"];
    limited(&path, &rule, 64 << 20).code(0);
    let manifest = Store::new(&path).load().expect("a manifest");
    for (version, digits) in [("file", ".5"), ("flags", "")] {
        let version = manifest.model("m").expect("it is there").version(version).expect("it, too");
        assert_eq!(version.metrics().len(), COUNT as usize);
        let last = version.metric("k9999").map(|number| number.text().to_owned());
        assert_eq!(last, Some(format!("9999{digits}")));
    }
}

fn a_name_of_a_hundred_kilobytes_among_short_ones() {
    let folder = Folder::new();
    let name = "n".repeat(100_000);
    let text =
        large(1, 5_000).replace("\"version\": \"v2500\"", &format!("\"version\": \"{name}\""));
    let path = folder.write("manifest.json", &text);
    let listed = limited(&path, &["list", "m0"], 64 << 20).code(0).stdout.clone();
    assert!(listed.contains(&name) && listed.lines().count() == 5_001);
    assert!(listed.len() < 2 * text.len(), "{} bytes for {}", listed.len(), text.len());
}

/// Events that an occasion does not tell apart, in the opposite order.
fn thirty_thousand_events_of_one_moment() {
    let folder = Folder::new();
    let history = |events: &mut dyn Iterator<Item = usize>| {
        let event = |index| {
            format!(
                r#"{{"at": "2025-12-07T06:00:40+00:00", "action": "promote", "version": "v0",
                "from": "dev", "to": "dev", "replaced": null, "by": null, "reason": "{index}"}}"#
            )
        };
        let events: Vec<_> = events.map(event).collect();
        let text = large(1, 1);
        text.replace(
            "\"current_prod\"",
            &format!("\"history\": [{}], \"current_prod\"", events.join(",")),
        )
    };
    let published = folder.write("published.json", history(&mut (0..30_000)));
    let path = folder.write("manifest.json", history(&mut (0..30_000).rev()));
    let published = published.to_str().expect("a plain path");
    let checked = limited(&path, &["check", "--against-file", published], 256 << 20);
    assert!(checked.code(4).stdout.contains("in another order"), "{}", checked.stdout);
    let path = folder.write("manifest.json", history(&mut (1..=30_000).rev()));
    let checked = limited(&path, &["check", "--against-file", published], 256 << 20);
    assert!(checked.code(4).stdout.contains("lacks the published event"), "{}", checked.stdout);
}

fn names_of_four_kilobytes() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let name = |index: usize| format!("{index:04}{}", "é".repeat(2_046));
    let version = |name: &str| {
        format!(
            "{{\"version\": \"{name}\", \"run_id\": \"{name}\", \"artifact_path\": \"{name}\", \"metrics\": {{\"{name}\": 0.5}}}}"
        )
    };
    let names: Vec<_> = (0..1_000).map(name).collect();
    assert!(names.iter().all(|name| name.len() == 4_096));
    let all = names.iter().map(|name| version(name)).collect::<Vec<_>>().join(",");
    let others = names[1..]
        .iter()
        .map(|name| format!(", \"{name}\": {{\"versions\": [{}]}}", version(name)));
    let others = others.collect::<Vec<_>>().concat();
    fs::write(
        &path,
        format!("{{\"models\": {{\"{}\": {{\"versions\": [{all}]}}{others}}}}}", names[0]),
    )
    .expect("the manifest");
    let memory = 8 * fs::metadata(&path).expect("the file").len();
    let (first, last, none) = (name(0), name(999), name(9_999));

    let shown = limited(&path, &["path", &first, &last], memory);
    assert_eq!(shown.code(0).stdout, format!("{last}\n"));
    limited(&path, &["path", &first, &none], memory).code(3).reports(&none);
    limited(&path, &["show", &none], memory).code(3).reports(&none);
    limited(&path, &["promote", &last, &last, "--stage", "prod"], memory)
        .code(0)
        .reports("does not exist");
    let listed = limited(&path, &["list", &first, "--metric", &first], memory);
    assert_eq!(listed.code(0).stdout.lines().count(), 1_001);
    let register =
        ["register", &first, "--no-digest", "--artifact-path", &none, "--version", &none];
    limited(&path, &register, memory).code(0).quiet();
    let found: HashSet<_> = crate::support::versions_of(&path, &first).into_iter().collect();
    assert_eq!(found.len(), 1_001);
}

/// What the commands take: processor time, and the most memory at a time.
fn table() {
    let measure = "import resource, subprocess, sys; \
        subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); \
        u = resource.getrusage(resource.RUSAGE_CHILDREN); \
        print(f'{u.ru_utime + u.ru_stime:.2f} s | {u.ru_maxrss // 1024} MB')";
    println!("\n| versions | models | file | command | processor time | memory |");
    println!("|---:|---:|---:|---|---:|---:|");
    for (models, versions) in [(1, 1_000), (1, 10_000), (1, 100_000), (10_000, 10), (100, 1_000)] {
        let folder = Folder::new();
        let text = large(models, versions);
        let path = folder.write("manifest.json", &text);
        let file = text.len() / (1 << 20);
        let register = ["register", "m0", "--artifact-path", "s3://p", "--version", "new"];
        let promote = ["promote", "m0", "v7", "--stage", "prod"];
        for arguments in [
            &register[..],
            &promote,
            &["production", "m0"],
            &["show", "m0", "v3"],
            &["list", "m0"],
            &["list"],
        ] {
            let mut command = program("python3");
            command.args(["-c", measure, env!("CARGO_BIN_EXE_registry"), "-m"]).arg(&path);
            let ran = run(command.args(arguments));
            let took = ran.code(0).stdout.trim();
            let all = models * versions;
            println!(
                "| {all} | {models} | {file} MB | `{}` | {took} |",
                arguments[..2.min(arguments.len())].join(" ")
            );
        }
    }
}
