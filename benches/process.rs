//! Compares the program with `cat`, `jq` and Python, each in a separate process.
//!
//! The programs take turns in every round, so that other load on the machine affects all of them;
//! medians are compared. The files are in the system's cache.
//!
//! `cargo bench --bench process -- ratios [BINARY]` prints only the table of ratios, for another
//! binary if one is named.

#![allow(clippy::disallowed_methods, reason = "a benchmark runs programs on files")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

mod support;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{MODEL, SIZES, first_version, folder, manifest};

/// Targets of `registry production` for each of [`SIZES`]: how many times faster than `jq` it must
/// be, and how many times the time of `cat` it may take.
const PRODUCTION: [(f64, f64); 3] = [(12.0, 2.5), (10.0, 5.0), (8.0, 5.0)];

/// Most memory that any command may use, relative to the file size.
const MEMORY: f64 = 1.3;

/// How many times faster than Python `promote` must be.
const PROMOTE: f64 = 4.0;

const JQ: &str =
    ".models[$m] | .current_prod as $p | .versions[] | select(.version == $p) | .artifact_path";

const PYTHON_PRODUCTION: &str = "
import json, sys
model = json.load(open(sys.argv[1]))['models'][sys.argv[2]]
print(next(v['artifact_path'] for v in model['versions'] if v['version'] == model['current_prod']))";

/// The steps of the original tool: load, change and write in place, without an fsync.
const PYTHON_PROMOTE: &str = "
import json, sys
path, name, version, stage = sys.argv[1:]
with open(path) as file:
    manifest = json.load(file)
model = manifest['models'][name]
for entry in model['versions']:
    if entry['version'] == version:
        entry['stage'] = stage
model['current_' + stage] = version
with open(path, 'w') as file:
    json.dump(manifest, file, indent=2)";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(position) = arguments.iter().position(|argument| argument == "ratios") {
        let binary = arguments.get(position + 1).filter(|name| !name.starts_with('-'));
        return support::rows::print(binary.map_or(env!("CARGO_BIN_EXE_registry"), String::as_str));
    }
    let python = python();
    let jq = runs("jq", "--version");
    for (name, is_installed) in [("jq", jq), ("python3", python.is_some())] {
        if !is_installed {
            println!("skipped: {name} is not installed");
        }
    }
    for (versions, targets) in SIZES.into_iter().zip(PRODUCTION) {
        let path = folder().join(format!("process-{versions}.json"));
        fs::write(&path, manifest(versions)).expect("a file for the benchmark");
        production(versions, &path, targets, jq, python.as_deref());
        if versions == 10_000 {
            promote(&path, python.as_deref());
        }
        if versions == 100_000 {
            memory(&path);
        }
        fs::remove_file(path).expect("the file");
    }
    support::rows::print(env!("CARGO_BIN_EXE_registry"));
}

fn production(versions: usize, path: &Path, targets: (f64, f64), jq: bool, python: Option<&str>) {
    let size = fs::metadata(path).expect("the file").len();
    println!("\nproduction, {versions} versions ({:.1} MB)", megabytes(size));
    let mut cat = Command::new("cat");
    let mut competitors = vec![(registry(path, &["production", MODEL]), Vec::new())];
    cat.arg(path);
    competitors.push((cat, Vec::new()));
    if jq {
        let mut command = Command::new("jq");
        command.args(["-r", "--arg", "m", MODEL, JQ]).arg(path);
        competitors.push((command, Vec::new()));
    }
    if let Some(python) = python {
        let mut command = Command::new(python);
        command.args(["-c", PYTHON_PRODUCTION]).arg(path).arg(MODEL);
        competitors.push((command, Vec::new()));
    }
    assert_same_answers(&mut competitors);

    let rounds = if versions > 10_000 { 8 } else { 40 };
    let count = competitors.len();
    for round in 0..40 {
        for turn in 0..count {
            // The order alternates, so that no program always runs after Python, which leaves the
            // processor's caches cold.
            let position = if round % 2 == 0 { turn } else { count - 1 - turn };
            let (command, times) = &mut competitors[position];
            // Slow programs run less often.
            if round < rounds || position < 2 {
                times.push(time(command));
            }
        }
    }
    let mut medians = competitors.into_iter().map(|(command, times)| {
        let program = command.get_program().to_string_lossy().into_owned();
        (program.rsplit('/').next().unwrap_or_default().to_owned(), median(times))
    });
    let (_, own) = medians.next().expect("the first is ours");
    println!("  {:<10} {:>9.2} ms", "registry", milliseconds(own));
    for (program, other) in medians {
        let (ratio, verdict) = match program.as_str() {
            "cat" => {
                let ratio = own.as_secs_f64() / other.as_secs_f64();
                (format!("registry takes {ratio:.2} times as long"), at_most(ratio, targets.1))
            }
            name => {
                let ratio = other.as_secs_f64() / own.as_secs_f64();
                let verdict = if name == "jq" { at_least(ratio, targets.0) } else { String::new() };
                (format!("registry is {ratio:.1} times faster"), verdict)
            }
        };
        println!("  {program:<10} {:>9.2} ms   {ratio:<36} {verdict}", milliseconds(other));
    }
}

/// Checks that all programs except `cat` print the same result.
fn assert_same_answers(competitors: &mut [(Command, Vec<Duration>)]) {
    let others = competitors.iter_mut().filter(|(command, _)| command.get_program() != "cat");
    let answers: Vec<_> =
        others.map(|(command, _)| command.output().expect("the program runs").stdout).collect();
    assert!(!answers[0].is_empty() && answers.iter().all(|answer| *answer == answers[0]));
}

fn promote(path: &Path, python: Option<&str>) {
    let Some(python) = python else { return };
    println!("\npromote, 10000 versions, with every fsync (Python: without any)");
    let copy = path.with_extension("python.json");
    fs::copy(path, &copy).expect("a copy of the file");
    let version = first_version();
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for stage in ["staging", "prod"].into_iter().cycle().take(22) {
        own.push(time(&mut registry(path, &["promote", MODEL, &version, "--stage", stage])));
        let mut command = Command::new(python);
        command.args(["-c", PYTHON_PROMOTE]).arg(&copy).args([MODEL, &version, stage]);
        other.push(time(&mut command));
    }
    fs::remove_file(copy).expect("the copy");
    let (own, other) = (median(own), median(other));
    let ratio = other.as_secs_f64() / own.as_secs_f64();
    println!("  {:<10} {:>9.2} ms", "registry", milliseconds(own));
    let verdict = at_least(ratio, PROMOTE);
    let text = format!("registry is {ratio:.1} times faster");
    println!("  {:<10} {:>9.2} ms   {text:<36} {verdict}", "python3", milliseconds(other));
}

fn memory(path: &Path) {
    let size = fs::metadata(path).expect("the file").len();
    println!("\npeak memory, 100000 versions ({:.1} MB)", megabytes(size));
    if !runs("/usr/bin/time", "--version") {
        return println!("skipped: /usr/bin/time is not installed");
    }
    let version = first_version();
    for arguments in [
        &["production", MODEL][..],
        &["show", MODEL],
        &["list"],
        &["list", MODEL],
        &["promote", MODEL, &version, "--stage", "staging"],
        &["register", MODEL, "--artifact-path", "runs/new/model.txt"],
    ] {
        let inner = registry(path, arguments);
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%M"]).arg(inner.get_program()).args(inner.get_args());
        let output = command.stdout(Stdio::null()).output().expect("the program runs");
        let messages = String::from_utf8_lossy(&output.stderr);
        // The command may warn first.
        let last = messages.lines().next_back().unwrap_or_default();
        let kilobytes: u64 = last.parse().expect("the last line is in kilobytes");
        let bytes = kilobytes * 1024;
        let ratio = megabytes(bytes) / megabytes(size);
        let text = format!("{ratio:.2} times the file");
        let name = if *arguments == ["list", MODEL] { "list MODEL" } else { arguments[0] };
        let verdict = at_most(ratio, MEMORY);
        println!("  {:<10} {:>9.1} MB   {text:<36} {verdict}", name, megabytes(bytes));
    }
}

fn registry(path: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_registry"));
    command.arg("-m").arg(path).args(arguments);
    command
}

/// Returns the Python executable, since `python3` may be a wrapper script.
fn python() -> Option<String> {
    let mut command = Command::new("python3");
    let output = command.args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    output.status.success().then_some(path)
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// Measures a process from its start to its end, with its output discarded.
fn time(command: &mut Command) -> Duration {
    let null = File::options().write(true).open("/dev/null").expect("every Unix has it");
    command.stdin(Stdio::null()).stdout(null).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the program runs");
    let time = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    time
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn at_least(ratio: f64, target: f64) -> String {
    format!("target: at least {target}, {}", if ratio >= target { "met" } else { "MISSED" })
}

fn at_most(ratio: f64, target: f64) -> String {
    format!("target: at most {target}, {}", if ratio <= target { "met" } else { "MISSED" })
}
