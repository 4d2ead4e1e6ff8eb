//! What changes nothing writes nothing, and what failed leaves nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use libtest_mimic::Trial;
use model_registry::{Error, Store};

use crate::support::{
    Folder, REGISTER, assert_bytes, manifest, registry, run, time, trained, trials, versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        what_changes_nothing_writes_nothing,
        a_command_that_fails_or_reads_creates_no_folder,
        what_killed_processes_left_is_removed,
        a_link_at_the_temporary_name_is_not_followed,
        a_failing_command_writes_nothing,
        leftovers_and_a_planted_link,
    ]
}

/// Everything about a file that a write would change.
fn look(path: &Path) -> (u64, i64, i64, Vec<u8>) {
    let metadata = fs::metadata(path).expect("the file is there");
    let content = fs::read(path).expect("the file can be read");
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), content)
}

fn what_changes_nothing_writes_nothing() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    let metrics = ["--metric", "val_mae=3.5", "--metric", "rows=10"];
    let again = ["register", "m", "--artifact-path", "runs/v0", "--version", "v0"];
    let before = look(&path);

    run(registry(&path).args(again).args(metrics)).code(0).quiet();
    run(registry(&path).args(["promote", "m", "v1", "--stage", "prod"])).code(0).quiet();
    run(registry(&path).args(["promote", "m", "v0", "--stage", "dev"])).code(0).quiet();
    run(registry(&path).args(["promote", "m", "none", "--stage", "prod"])).code(3);
    run(registry(&path).args(["promote", "none", "v0", "--stage", "prod"])).code(3);
    run(registry(&path).args(again).args(["--metric", "rows=11"])).code(4);
    run(registry(&path).args(["register", "m", "--artifact-path", ""])).code(2);
    run(registry(&path).args(["register", "@m", "--artifact-path", "s3://p"])).code(2);
    run(registry(&path).args(["register", "m", "--no-such-option"])).code(2);
    for reading in [&["list"][..], &["list", "m"], &["show", "m"], &["production", "m"]] {
        run(registry(&path).args(reading)).code(0).quiet();
    }
    assert_eq!(look(&path), before);
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn a_command_that_fails_or_reads_creates_no_folder() {
    let folder = Folder::new();
    let path = folder.file("a/b/manifest.json");
    run(registry(&path).args(["promote", "m", "v", "--stage", "prod"])).code(3);
    run(registry(&path).args(["register", "m", "--artifact-path", ""])).code(2);
    run(registry(&path).args(["production", "m"])).code(3);
    run(registry(&path).args(["list"])).code(0);
    assert!(!folder.file("a").exists());

    run(registry(&path).args(["register", "m", "--artifact-path", "s3://p", "--version", "1"]))
        .code(0);
    assert_eq!(versions_in(&path), ["1"]);
}

fn what_killed_processes_left_is_removed() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    for name in [".manifest.json.tmp.1", ".manifest.json.tmp.77.x", ".manifest.json.tmp."] {
        folder.write(name, "half of a mani");
    }
    folder.write(".other.json.tmp.1", "somebody else's");
    let register = ["register", "m", "--artifact-path", "s3://p", "--run-id", "r"];
    run(registry(&path).args(register)).code(0).quiet();
    assert_eq!(folder.leftovers(), [".other.json.tmp.1"]);
}

fn a_link_at_the_temporary_name_is_not_followed() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let victim = folder.write("victim", "precious");
    plant_links(&folder, &victim);
    let store = Store::new(&path);
    let changed = store.update(|m| m.register("m", &trained("one"), time(0)));
    changed.expect("a link from before is a leftover");
    assert_eq!(versions_in(&path), ["v0", "one"]);

    fs::write(&path, &before).expect("as it was");
    let changed = store.update(|m| {
        plant_links(&folder, &victim);
        m.register("m", &trained("one"), time(0))
    });
    assert!(matches!(changed, Err(Error::Io { action: "write", .. })), "{changed:?}");
    assert_bytes(&path, before.as_bytes());
    assert_bytes(&victim, b"precious");
}

fn a_failing_command_writes_nothing() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    let before = look(&path);
    let again = ["register", "m", "--artifact-path", "runs/v0", "--version", "v0"];
    let same = ["--metric", "val_mae=3.5", "--metric", "rows=10"];
    let stale = ["--stage", "prod", "--expect-current", "none"];
    for (arguments, code, words) in [
        (&[&again[..], &same].concat()[..], 0, ""),
        (&["promote", "m", "v1", "--stage", "prod"], 0, ""),
        (
            &[&again[..], &["--metric", "rows=11"]].concat(),
            4,
            "is already registered with different",
        ),
        (&["register", "m", "--artifact-path", ""], 2, "artifact path `` is empty"),
        (&["register", "m", "--no-such-option"], 2, "unexpected argument '--no-such-option'"),
        (&["promote", "m", "nine", "--stage", "prod"], 3, "model `m` has no version `nine`"),
        (&["promote", "n", "v0", "--stage", "prod"], 3, "model `n` is not in the manifest"),
        (&[&["promote", "m", "v0"][..], &stale].concat(), 4, "expected none as the current prod"),
        (&["rollback", "m"], 3, "has no earlier production version"),
    ] {
        run(registry(&path).args(arguments)).code(code).reports(words);
        assert_eq!(look(&path), before, "{arguments:?}");
        assert_eq!(folder.leftovers(), [""; 0], "{arguments:?}");
    }
}

fn leftovers_and_a_planted_link() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    let victim = folder.write("victim", "precious");
    folder.write(".manifest.json.tmp.1", "half of a mani");
    let changed = Store::new(&path).update(|m| {
        plant_links(&folder, &victim);
        m.register("m", &trained("new"), time(0))
    });
    assert!(matches!(changed, Err(Error::Io { action: "write", .. })), "{changed:?}");
    assert_bytes(&path, before.as_bytes());
    assert_bytes(&victim, b"precious");

    run(registry(&path).args(REGISTER)).code(0).quiet();
    assert_eq!(folder.leftovers(), [""; 0]);
    assert_bytes(&victim, b"precious");
}

/// Plants links at the names of the next temporary files. The library runs in this process, so
/// they are known.
fn plant_links(folder: &Folder, victim: &Path) {
    for count in 0..500 {
        let name = format!(".manifest.json.tmp.{}.{count}", std::process::id());
        let _ = symlink(victim, folder.file(&name));
    }
}
