//! Prints ratios of times: to `cat`, to copying and syncing a file, and between sizes.

#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{MODEL, first_version, folder, manifest};

/// Rounds in which the competitors take turns.
const ROUNDS: usize = 15;

/// A command line: the program, then its arguments.
type CommandLine = Vec<String>;

/// The time that a round measures.
#[derive(Clone, Copy)]
enum Measure {
    /// From the start of the process to its end.
    Wall,
    /// User and system time, as bash reports it.
    Processor,
}

/// Prints the table for a `registry` binary.
pub(crate) fn print(registry: &str) {
    println!("\nratios: minima of {ROUNDS} rounds, output to /dev/null, files in the cache");
    let small = file("rows-52.json", &manifest(52));
    let middle = file("rows-10000.json", &manifest(10_000));
    let text = manifest(100_000);
    let large = file("rows-100000.json", &text);
    let changed = file("rows-changed.json", &text.replacen("stage1 |", "stage2 |", 1000));
    let run =
        |path: &Path, rest: &[&str]| words(&[&[registry, "-m", &display(path)], rest].concat());
    let cat = |path: &Path| words(&["cat", &display(path)]);
    let production = ["production", MODEL];

    row("production, 52 versions", Measure::Wall, &run(&small, &production), &cat(&small), 1.25);
    row("production, 10,000", Measure::Processor, &run(&middle, &production), &cat(&middle), 1.9);
    row("production, 100,000", Measure::Processor, &run(&large, &production), &cat(&large), 2.5);
    let (missing, existing) = (run(&large, &["production", "nope"]), run(&large, &production));
    row("production, missing model / existing", Measure::Processor, &missing, &existing, 1.5);
    let against = ["check", "--against-file", &display(&changed)];
    for (name, rest, target) in [
        ("list", &["list"][..], 14.0),
        ("list MODEL", &["list", MODEL], 14.0),
        ("check", &["check"], 26.0),
        ("check --against-file", &against, 18.0),
        ("diff", &["diff", &display(&changed), &display(&large)], 12.5),
    ] {
        let name = format!("{name}, 100,000");
        row(&name, Measure::Processor, &run(&large, rest), &cat(&large), target);
    }
    writes(registry, &large);
    doubling(registry);
    long_name(registry);
    for path in [small, middle, large, changed] {
        fs::remove_file(path).expect("the file");
    }
}

/// Compares `register` and `promote` with copying the file, syncing the copy and renaming it.
fn writes(registry: &str, large: &Path) {
    let copy = folder().join("rows-copy.json");
    let script =
        format!("cp {0} {1} && sync {1} && mv {1} {1}.new", display(large), display(&copy));
    let copy_command = words(&["bash", "-c", &script]);
    let version = first_version();
    let (mut register, mut promote, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let stage = if round % 2 == 0 { "staging" } else { "prod" };
        let path = display(large);
        let start = [registry, "-m", &path];
        let name = format!("bench-{round}");
        let new = ["register", MODEL, "--artifact-path", "runs/b", "--version", &name];
        let moved = ["promote", MODEL, &version, "--stage", stage];
        register.push(once(Measure::Wall, &words(&[&start[..], &new].concat())));
        promote.push(once(Measure::Wall, &words(&[&start[..], &moved].concat())));
        copied.push(once(Measure::Wall, &copy_command));
    }
    let copied = minimum(&copied);
    line("register / cp + sync + mv, 100,000", minimum(&register), copied, 5.0);
    line("promote / cp + sync + mv, 100,000", minimum(&promote), copied, 5.0);
    fs::remove_file(format!("{}.new", display(&copy))).expect("the copy");
}

/// Measures how much longer a command takes for twice the input.
fn doubling(registry: &str) {
    let run =
        |path: &Path, rest: &[&str]| words(&[&[registry, "-m", &display(path)], rest].concat());
    let both = |name: &str, command: &dyn Fn(usize) -> CommandLine, size: usize| {
        row(name, Measure::Processor, &command(2 * size), &command(size), 2.2);
    };
    let write = |kind: &str, size: usize, text: String| file(&format!("{kind}-{size}.json"), &text);
    let history = |size| run(&write("rows-history", size, models(size)), &["history"]);
    both("history, 20,000 models / 10,000", &history, 10_000);
    let versions = |size, even: u8, odd: u8| document(&metrics(size, even, odd));
    let compare =
        |size| run(&write("rows-metrics", size, versions(size, 1, 2)), &["compare", "m", "b", "a"]);
    both("compare, 40,000 metrics / 20,000", &compare, 20_000);
    let merge = |size| {
        let [base, ours, theirs] = [("base", 1, 1), ("ours", 2, 1), ("theirs", 1, 2)]
            .map(|(side, even, odd)| (side, versions(size, even, odd)))
            .map(|(side, text)| write(&format!("rows-{side}"), size, text));
        let script = format!(
            "cp {0} {0}.merged && exec {1} merge {2} {0}.merged {3}",
            display(&ours),
            registry,
            display(&base),
            display(&theirs)
        );
        words(&["bash", "-c", &script])
    };
    both("merge, 40,000 metrics / 20,000", &merge, 20_000);
    let against = |size| {
        let old = write("rows-old", size, document(&events(&mut (0..size))));
        let new = write("rows-new", size, document(&events(&mut (0..size).rev())));
        run(&new, &["check", "--against-file", &display(&old)])
    };
    both("check, 20,000 events of one moment / 10,000", &against, 10_000);
}

/// Prints the size of the output of `list` where one version name is very long.
fn long_name(registry: &str) {
    let versions: Vec<_> = (0..5_000)
        .map(|index| {
            let name = if index == 2_500 { "n".repeat(100_000) } else { format!("v{index}") };
            format!(r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p", "description": "d"}}"#)
        })
        .collect();
    let text = document(&format!("\"versions\": [{}]", versions.join(", ")));
    let path = file("rows-long.json", &text);
    let listed = Command::new(registry).arg("-m").arg(&path).args(["list", "m"]).output();
    let size = listed.expect("the program runs").stdout.len();
    println!("  {:<48} {size} bytes for a file of {}", "list, one name of 100 KB", text.len());
}

fn document(model: &str) -> String {
    format!("{{\"schema_version\": \"1.0.0\", \"models\": {{\"m\": {{{model}}}}}}}")
}

fn models(count: usize) -> String {
    let mut text = String::from("{\"models\": {");
    for index in 0..count {
        let comma = if index == 0 { "" } else { ", " };
        let at = "2025-12-07T06:00:40+00:00";
        let _ = write!(
            text,
            r#"{comma}"m{index}": {{"versions": [{{"version": "1", "run_id": "1", "artifact_path": "p",
            "stage": "prod", "promoted_at": "{at}"}}], "current_prod": "1"}}"#
        );
    }
    text + "}}"
}

/// Returns two versions with the same metrics in opposite orders: `k0` with the value `{even}.0`,
/// `k1` with the value `{odd}.1`, and so on.
fn metrics(count: usize, even: u8, odd: u8) -> String {
    let metric = |index: usize| {
        let value = if index.is_multiple_of(2) { even } else { odd };
        format!("\"k{index}\": {value}.{index}")
    };
    let version = |name: &str, order: &mut dyn Iterator<Item = usize>| {
        let metrics: Vec<_> = order.map(metric).collect();
        let metrics = metrics.join(", ");
        format!(
            r#"{{"version": "{name}", "run_id": "{name}", "artifact_path": "p", "metrics": {{{metrics}}}}}"#
        )
    };
    let (a, b) = (version("a", &mut (0..count)), version("b", &mut (0..count).rev()));
    format!("\"versions\": [{a}, {b}]")
}

fn events(order: &mut dyn Iterator<Item = usize>) -> String {
    let event = |index| {
        format!(
            r#"{{"at": "2025-12-07T06:00:40+00:00", "action": "promote", "version": "1",
            "from": "dev", "to": "dev", "replaced": null, "by": null, "reason": "{index}"}}"#
        )
    };
    let events: Vec<_> = order.map(event).collect();
    format!(
        r#""versions": [{{"version": "1", "run_id": "1", "artifact_path": "p"}}], "history": [{}]"#,
        events.join(", ")
    )
}

fn row(name: &str, measure: Measure, own: &CommandLine, other: &CommandLine, target: f64) {
    let (mut times, mut others) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // The order alternates, so that neither always runs with the caches that the other left.
        if round % 2 == 0 {
            times.push(once(measure, own));
            others.push(once(measure, other));
        } else {
            others.push(once(measure, other));
            times.push(once(measure, own));
        }
    }
    line(name, minimum(&times), minimum(&others), target);
}

fn line(name: &str, own: Duration, other: Duration, target: f64) {
    let ratio = own.as_secs_f64() / other.as_secs_f64();
    let verdict = if ratio <= target { "met" } else { "MISSED" };
    let (own, other) = (own.as_secs_f64() * 1e3, other.as_secs_f64() * 1e3);
    println!(
        "  {name:<48} {own:>9.2} / {other:>8.2} ms = {ratio:>6.2}   at most {target}, {verdict}"
    );
}

/// Runs a command and returns its time. A command may fail: a missing model is one of the rows.
fn once(measure: Measure, words: &CommandLine) -> Duration {
    let mut command = match measure {
        Measure::Wall => Command::new(&words[0]),
        Measure::Processor => {
            let script = "TIMEFORMAT='%3U %3S'; { time \"$0\" \"$@\" >/dev/null 2>&1; } 2>&1";
            let mut command = Command::new("bash");
            command.args(["-c", script, &words[0]]);
            command
        }
    };
    command.args(&words[1..]).stdin(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    match measure {
        Measure::Wall => {
            command.stdout(Stdio::null()).status().expect("the program runs");
            start.elapsed()
        }
        Measure::Processor => {
            let output = command.output().expect("bash runs");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let seconds = text.split_whitespace().map(|part| part.parse::<f64>().expect("seconds"));
            Duration::from_secs_f64(seconds.sum())
        }
    }
}

fn minimum(times: &[Duration]) -> Duration {
    times.iter().copied().min().unwrap_or_default().max(Duration::from_micros(1))
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, text).expect("a file for the benchmark");
    path
}

fn display(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn words(words: &[&str]) -> CommandLine {
    words.iter().map(|&word| word.to_owned()).collect()
}
