//! Programs that take no lock and write the manifest in place, as the Python tool did.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use libtest_mimic::Trial;
use model_registry::{Error, Manifest, Stage, Store};

use crate::support::{Folder, manifest, registry, run, time, trained, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_change_by_another_program_between_load_and_rename_is_kept,
        a_file_of_the_same_size_put_in_its_place_is_noticed,
        a_file_that_appears_meanwhile_is_kept,
        a_program_that_never_stops_writing_wins_in_the_end,
        a_reader_beside_a_program_that_writes_in_place_sees_whole_files_only,
    ]
}

/// Registers a version as a program without a lock does: load, change, write in place.
fn register_in_place(path: &Path, version: &str) {
    let text = fs::read_to_string(path).expect("the manifest can be read");
    let mut manifest = Manifest::parse(text, path).expect("the manifest is whole");
    manifest.register("m", &trained(version), time(2)).expect("a valid version");
    fs::write(path, manifest.to_text()).expect("the manifest can be written");
}

fn a_change_by_another_program_between_load_and_rename_is_kept() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        if runs == 1 {
            register_in_place(&path, "theirs");
        }
        m.register("m", &trained("ours"), time(1))
    });
    assert!(changed.expect("the second attempt succeeds").added);
    assert_eq!(runs, 2);
    assert_eq!(versions_in(&path), ["v0", "theirs", "ours"]);
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn a_file_of_the_same_size_put_in_its_place_is_noticed() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        if runs == 1 {
            let theirs = manifest(1).replace("runs/v0", "runs/vX");
            fs::rename(folder.write("new", theirs), &path).expect("a rename");
        }
        m.register("m", &trained("ours"), time(1))
    });
    changed.expect("the second attempt succeeds");
    assert_eq!(versions_in(&path), ["v0", "ours"]);
    assert!(fs::read_to_string(&path).expect("a text").contains("runs/vX"));
}

fn a_file_that_appears_meanwhile_is_kept() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        if runs == 1 {
            fs::write(&path, manifest(1)).expect("the manifest can be written");
        }
        m.register("m", &trained("ours"), time(1))
    });
    changed.expect("the second attempt succeeds");
    assert_eq!(versions_in(&path), ["v0", "ours"]);
}

fn a_program_that_never_stops_writing_wins_in_the_end() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    folder.write(".manifest.json.lock", "");
    let mut runs = 0;
    let changed = Store::new(&path).update(|m| {
        runs += 1;
        register_in_place(&path, &format!("theirs{runs}"));
        m.register("m", &trained("ours"), time(1))
    });
    assert!(matches!(changed, Err(Error::Contended { attempts: 5, .. })), "{changed:?}");
    assert_eq!(runs, 5);
    assert_eq!(versions_in(&path), ["v0", "theirs1", "theirs2", "theirs3", "theirs4", "theirs5"]);
    assert_eq!(folder.leftovers(), [""; 0]);
}

/// Truncates and writes in small pieces, as Python's `json.dump` into an open file does.
fn write_in_pieces(path: &Path, text: &str) {
    let mut file = File::create(path).expect("the manifest can be written");
    for piece in text.as_bytes().chunks(4096) {
        file.write_all(piece).expect("the manifest can be written");
    }
}

fn a_reader_beside_a_program_that_writes_in_place_sees_whole_files_only() {
    let folder = Folder::in_memory();
    // The two have different lengths, so that a mixture of them is not a manifest.
    let (long, short) = (manifest(120), manifest(90));
    let path = folder.write("manifest.json", &short);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for text in [&long, &short].into_iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                write_in_pieces(&path, text);
                // Like that program, this one works on a manifest between two writes.
                Manifest::parse(text.clone(), &path).expect("a whole manifest");
            }
        });
        let readers = [0, 1].map(|reader| {
            let path = &path;
            scope.spawn(move || {
                for round in 0..40 {
                    if (round + reader) % 2 == 0 {
                        read_by_library(path);
                    } else {
                        read_by_command(path);
                    }
                }
            })
        });
        let results = readers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        writer.join().expect("the writer ends");
        for result in results {
            if let Err(panic) = result {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

fn read_by_library(path: &Path) {
    let store = Store::new(path);
    let loaded = store.load().expect("a whole manifest");
    let count = loaded.model("m").expect("the model").versions().len();
    assert!([90, 120].contains(&count), "{count} versions");
    let model = store.load_model("m").expect("a whole model");
    assert!([90, 120].contains(&model.versions().len()));
    let serving = store.production("m").expect("a version in production");
    assert!(["v89", "v119"].contains(&serving.version()) && serving.stage() == Stage::Prod);
}

fn read_by_command(path: &Path) {
    let ran = run(registry(path).args(["production", "m"]));
    assert!(["runs/v89\n", "runs/v119\n"].contains(&&*ran.code(0).quiet().stdout), "{ran:?}");
    let ran = run(registry(path).args(["list", "m", "--json"]));
    ran.code(0).quiet();
    let listed: serde_json::Value = serde_json::from_str(&ran.stdout).expect("whole JSON");
    assert!(matches!(listed.as_array().map(Vec::len), Some(90 | 120)));
}
