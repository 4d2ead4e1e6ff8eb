//! Symbolic links: the target is replaced, the link stays, and all ways lead to one lock.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use libtest_mimic::Trial;
use model_registry::{Error, Store};

use crate::support::{Folder, manifest, time, trained, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_target_is_replaced_and_the_link_stays,
        a_dangling_link_gets_its_target,
        a_link_to_a_dangling_link_gets_its_target,
        a_link_to_itself_is_an_error,
        two_ways_to_one_file_share_a_lock,
    ]
}

fn register(path: &Path, version: &str) {
    let store = Store::new(path);
    let registered = store.update(|m| m.register("m", &trained(version), time(1)));
    registered.expect("a valid version");
}

#[track_caller]
fn assert_link(link: &Path, to: &str) {
    assert_eq!(fs::read_link(link).expect("still a link"), Path::new(to));
}

fn the_target_is_replaced_and_the_link_stays() {
    let folder = Folder::new();
    fs::create_dir(folder.file("real")).expect("a folder");
    let real = folder.write("real/m.json", manifest(1));
    let link = folder.file("manifest.json");
    symlink("real/m.json", &link).expect("a relative link");

    register(&link, "new");
    assert_link(&link, "real/m.json");
    assert_eq!(versions_in(&real), ["v0", "new"]);
    assert!(!folder.file(".manifest.json.lock").exists(), "the lock is beside the target");
    assert!(folder.file("real/.m.json.lock").exists());
}

fn a_dangling_link_gets_its_target() {
    for to in ["real/m.json", "./real/../real/m.json"] {
        let folder = Folder::new();
        fs::create_dir(folder.file("real")).expect("a folder");
        let link = folder.file("manifest.json");
        symlink(to, &link).expect("a dangling link");
        assert!(Store::new(&link).load().expect("nothing there yet").models().is_empty());
        assert!(!folder.file("real/m.json").exists(), "reading creates nothing");

        register(&link, "first");
        assert_link(&link, to);
        assert_eq!(versions_in(&folder.file("real/m.json")), ["first"]);
    }
}

fn a_link_to_a_dangling_link_gets_its_target() {
    let folder = Folder::new();
    symlink("second", folder.file("first")).expect("a link");
    symlink(folder.file("new folder/m.json"), folder.file("second")).expect("an absolute link");
    register(&folder.file("first"), "one");
    assert_link(&folder.file("first"), "second");
    assert_eq!(versions_in(&folder.file("new folder/m.json")), ["one"]);
}

fn a_link_to_itself_is_an_error() {
    let folder = Folder::new();
    let path = folder.file("manifest.json");
    symlink("manifest.json", &path).expect("a link");
    let changed = Store::new(&path).update(|m| m.register("m", &trained("1"), time(0)));
    assert!(matches!(changed, Err(Error::Io { .. })), "{changed:?}");
    assert!(matches!(Store::new(&path).load(), Err(Error::Io { .. })));
}

fn two_ways_to_one_file_share_a_lock() {
    let folder = Folder::new();
    fs::create_dir(folder.file("real")).expect("a folder");
    let real = folder.write("real/m.json", manifest(0));
    symlink("real/m.json", folder.file("link")).expect("a link to the file");
    symlink("real", folder.file("folder")).expect("a link to the folder");
    let ways = [real.clone(), folder.file("link"), folder.file("folder/m.json")];

    thread::scope(|scope| {
        for (writer, way) in ways.iter().cycle().take(6).enumerate() {
            scope.spawn(move || {
                for version in 0..10 {
                    register(way, &format!("{writer}-{version}"));
                }
            });
        }
    });
    assert_eq!(versions_in(&real).len(), 60);
}
