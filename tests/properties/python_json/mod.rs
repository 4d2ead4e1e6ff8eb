//! Load and save is byte for byte what Python's `json.dump(obj, f, indent=2)` writes.
//!
//! Python itself is the oracle where it is installed; the fixtures, which it wrote, are it
//! everywhere.
//!
//! Sabotage that it caught: new strings with the escapes in upper case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use model_registry::{Manifest, Number, Provenance, Registration, Stage, Store, Timestamp};

use crate::support::{Folder, Need, assert_same, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Program("python3")] => what_python_wrote_comes_back_byte_for_byte,
        [Need::Program("python3")] => a_change_is_what_python_would_have_written,
        what_python_wrote_for_this_project_comes_back_byte_for_byte,
        a_change_adds_and_changes_only_its_own_lines,
    ]
}

const COUNT: usize = 400;

/// Fixtures that Python wrote, one of each style of `documents.py` and some more.
const FIXTURES: [(&str, &str); 9] = [
    ("nothing", "{}"),
    ("every kind", include_str!("../../data/every_kind.json")),
    ("first version", include_str!("../../data/first_version.json")),
    ("ascii", include_str!("../../data/python/ascii.json")),
    ("raw", include_str!("../../data/python/raw.json")),
    ("newline", include_str!("../../data/python/newline.json")),
    ("wide", include_str!("../../data/python/wide.json")),
    ("tab", include_str!("../../data/python/tab.json")),
    ("line", include_str!("../../data/python/line.json")),
];

/// The oracle with these arguments; what it printed.
#[track_caller]
fn python(arguments: &[&str], folder: &Path) -> String {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/properties/python_json/documents.py");
    run(program("python3").arg(script).args(arguments).arg(folder)).code(0).stdout.clone()
}

/// Random manifests as Python wrote them.
fn written_by_python(seed: u32, folder: &Folder) -> Vec<PathBuf> {
    python(&["write", &seed.to_string(), &COUNT.to_string()], folder.path());
    let entries = fs::read_dir(folder.path()).expect("the folder");
    let paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(paths.len(), COUNT);
    paths
}

fn now() -> Timestamp {
    Timestamp::parse("2025-12-16T05:00:00.000001+00:00").expect("a time")
}

/// Registers and promotes what `documents.py` registers and promotes.
fn change(manifest: &mut Manifest) {
    let model = manifest.models().first().map_or("fresh", |model| model.name()).to_owned();
    let big = Number::parse("18446744073709551616").expect("a number");
    let mut registration = Registration::new("runs/new")
        .version("new")
        .run_id("run é")
        .metric("small", 1e-7)
        .metric("val", 0.907_303_832_202_868_9)
        .metric("big", big)
        .metric("nan", f64::NAN);
    registration.training_end = Some("2025-06-30".into());
    registration.description = "café 😀 \u{7f} \n".into();
    manifest.register(&model, &registration, now()).expect("a valid version");
    let first = manifest.model(&model).expect("the model").versions()[0].version().to_owned();
    manifest
        .promote(&model, &first, Stage::Prod, &Provenance::at(now()))
        .expect("the version is there");
}

fn what_python_wrote_comes_back_byte_for_byte() {
    let folder = Folder::new();
    for path in written_by_python(1, &folder) {
        let text = fs::read_to_string(&path).expect("a text");
        let manifest = Manifest::parse(text.clone(), &path);
        let manifest = manifest.unwrap_or_else(|error| panic!("{error}:\n{text}"));
        assert_same(manifest.to_text().as_bytes(), text.as_bytes(), &path.display().to_string());
    }
}

fn a_change_is_what_python_would_have_written() {
    let folder = Folder::new();
    for path in written_by_python(2, &folder) {
        let changed = path.with_extension("new");
        fs::copy(&path, &changed).expect("a copy");
        // Through the store, so that what is compared is what is on disk.
        let result = Store::new(&changed).update(|manifest| {
            change(manifest);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    assert_eq!(python(&["check"], folder.path()).trim(), COUNT.to_string());
}

fn what_python_wrote_for_this_project_comes_back_byte_for_byte() {
    for (name, text) in FIXTURES {
        for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("{text}\n")] {
            let manifest = Manifest::parse(text.clone(), Path::new(name)).expect("a manifest");
            assert_same(manifest.to_text().as_bytes(), text.as_bytes(), name);
        }
    }
}

/// A change to one version changes only its lines, in any style of the file.
fn a_change_adds_and_changes_only_its_own_lines() {
    for (name, text) in FIXTURES {
        let folder = Folder::new();
        for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("{text}\n")] {
            let path = folder.write("manifest.json", &text);
            let changed = Store::new(&path).update(|manifest| {
                change(manifest);
                Ok(())
            });
            changed.expect("a valid change");
            let after = fs::read_to_string(&path).expect("a text");
            if name == "line" {
                assert_eq!(after.trim_end().lines().count(), 1);
            } else {
                let gone = lines_gone(&text, &after);
                // The time, the end of the list that gets a comma, and of the promoted version
                // the stage, the time and the pointer.
                assert!(gone.len() <= 6, "{name}: {gone:#?}");
            }
            let end = |text: &str| text[text.trim_end().len()..].to_owned();
            assert_eq!(end(&after), end(&text), "{name}");
            assert_eq!(after.contains("\r\n"), text.contains("\r\n"), "{name}");
        }
    }
}

/// The lines of one text that the other does not have, or has less often.
fn lines_gone<'t>(before: &'t str, after: &str) -> Vec<&'t str> {
    let mut there: BTreeMap<&str, u32> = BTreeMap::new();
    for line in after.split('\n') {
        *there.entry(line).or_default() += 1;
    }
    let mut gone: Vec<_> = before.split('\n').collect();
    gone.retain(|line| match there.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    gone
}
