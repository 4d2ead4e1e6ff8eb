//! Artifacts that cannot be read, that change while they are read, and that are not files.

mod changing;
mod deleting;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use libtest_mimic::Trial;
use model_registry::Error;
use model_registry::artifact::{Measured, Progress, Work};

use crate::support::{
    Folder, Need, Ran, as_nobody, is_root, open_to_nobody, program, registry, run, trials,
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        an_empty_file_and_an_empty_folder,
        a_pipe_is_never_opened,
        links_in_a_folder,
        a_folder_that_two_links_lead_to,
        a_link_to_itself,
        a_digest_that_cannot_be_used,
        [Need::Nobody] => an_unreadable_file,
        [Need::Program("sha256sum"), Need::Program("sort")] => a_folder_as_sha256sum_sees_it,
    ];
    trials.extend([changing::trials(), deleting::trials()].into_iter().flatten());
    trials
}

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Does something once, when the first piece has been read.
struct Meanwhile<F>(AtomicBool, F);

impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn start(&self, _: u64) {}

    fn advance(&self, _: u64) {
        if !self.0.swap(true, Ordering::Relaxed) {
            self.1();
        }
    }
}

/// Computes the digest of a path while something happens.
fn measure(path: &Path, meanwhile: impl Fn() + Sync) -> Result<Option<Measured>, Error> {
    let progress = Meanwhile(AtomicBool::new(false), meanwhile);
    Work::default().progress(&progress).digests(&[path.to_owned()]).remove(0)
}

/// Registers a version of model `m`.
fn register(folder: &Folder, artifact: &str) -> Ran {
    let arguments = ["register", "m", "--version", "1", "--artifact-path", artifact];
    run(registry(&folder.file("manifest.json")).args(arguments).current_dir(folder.path()))
}

fn on(folder: &Folder, arguments: &[&str]) -> Ran {
    run(registry(&folder.file("manifest.json")).args(arguments).current_dir(folder.path()))
}

fn an_empty_file_and_an_empty_folder() {
    let folder = Folder::new();
    folder.write("model.bin", "");
    fs::create_dir(folder.file("model")).expect("a folder");
    for artifact in ["model.bin", "model"] {
        let _ = fs::remove_file(folder.file("manifest.json"));
        register(&folder, artifact).code(0).quiet();
        let shown = on(&folder, &["show", "m", "1", "--json"]);
        assert!(shown.code(0).stdout.contains(&format!("\"artifact_digest\": \"{EMPTY}\"")));
        assert!(shown.stdout.contains("\"artifact_size\": 0"));
        on(&folder, &["verify", "m", "1"]).code(0).quiet();
    }
}

/// A command that opened the pipe would wait for ever.
fn a_pipe_is_never_opened() {
    let folder = Folder::new();
    fs::create_dir(folder.file("model")).expect("a folder");
    for pipe in ["pipe", "model/pipe"] {
        run(program("mkfifo").arg(folder.file(pipe))).code(0);
    }
    for artifact in ["pipe", "model"] {
        let ran = register(&folder, artifact);
        ran.code(1)
            .reports("is a device or a pipe, not a file")
            .reports("hint: add --no-digest to register it");
        assert_eq!(folder.names(), ["model", "pipe"]);
    }
    for artifact in ["pipe", "model"] {
        let arguments = ["register", "m", "--no-digest", "--artifact-path", artifact];
        on(&folder, &[&arguments[..], &["--version", artifact]].concat()).code(0).quiet();
        assert!(on(&folder, &["verify", "m", artifact]).code(0).stdout.contains("no digest"));
        let ran = on(&folder, &["path", "m", artifact, "--verify"]);
        assert_eq!(ran.code(4).reports("no digest is registered").stdout, "");
    }
}

fn links_in_a_folder() {
    let (folder, outside) = (Folder::new(), Folder::new());
    let model = folder.file("model");
    fs::create_dir(&model).expect("a folder");
    let weights = outside.write("weights.bin", "weights");
    symlink(&weights, model.join("weights.bin")).expect("a link");
    symlink(outside.path(), model.join("more")).expect("a link");
    register(&folder, "model").code(0).quiet();
    on(&folder, &["verify", "m", "1"]).code(0);
    fs::write(&weights, "changed").expect("a file");
    assert!(on(&folder, &["verify", "m", "1"]).code(4).stdout.contains("changed"));
    fs::remove_file(&weights).expect("the file");
    let ran = on(&folder, &["verify", "m", "1"]);
    assert!(ran.code(4).stdout.contains("unreadable"), "{ran:?}");
    fs::remove_file(model.join("weights.bin")).expect("the link");
    fs::remove_file(model.join("more")).expect("the link");
    symlink("..", model.join("up")).expect("a link");
    let ran = on(&folder, &["verify", "m", "1"]);
    assert!(ran.code(4).stdout.contains("leads to a folder above it"), "{ran:?}");
    let ran = on(&folder, &["check", "--artifacts"]);
    assert!(ran.code(4).stdout.contains("cannot be verified: "), "{ran:?}");
}

/// The files of a folder that is linked twice are read twice; that is not a circle.
fn a_folder_that_two_links_lead_to() {
    let folder = Folder::new();
    let (linked, copied) = (folder.file("linked"), folder.file("copied"));
    for path in [&linked, &folder.file("weights"), &copied.join("one"), &copied.join("two")] {
        fs::create_dir_all(path).expect("a folder");
    }
    for file in ["weights/0.bin", "copied/one/0.bin", "copied/two/0.bin"] {
        fs::write(folder.file(file), "weights").expect("a file");
    }
    for link in ["one", "two"] {
        symlink(folder.file("weights"), linked.join(link)).expect("a link");
    }
    let [linked, copied] =
        [linked, copied].map(|path| measure(&path, || {}).expect("no circle").expect("it exists"));
    assert_eq!((linked, linked.size), (copied, 14));
}

/// It is there and cannot be read, which is not the same as a missing file.
fn a_link_to_itself() {
    let folder = Folder::new();
    symlink("model.bin", folder.file("model.bin")).expect("a link");
    let arguments = ["register", "m", "--version", "1", "--artifact-path", "model.bin"];
    on(&folder, &[&arguments[..], &["--no-digest"]].concat()).code(0).quiet();
    let ran = on(&folder, &["verify", "m", "1"]);
    assert!(ran.code(4).stdout.contains("unreadable"), "{ran:?}");
    on(&folder, &["promote", "m", "1", "--stage", "prod"]).code(0).quiet();
}

fn a_digest_that_cannot_be_used() {
    for digest in ["\"sha256:12\"", "\"md5:d41d8cd98f00b204e9800998ecf8427e\"", "17", "[]"] {
        let folder = Folder::new();
        folder.write("model.bin", "weights");
        register(&folder, "model.bin").code(0).quiet();
        let path = folder.file("manifest.json");
        let text = fs::read_to_string(&path).expect("the manifest");
        let good = text.lines().find(|line| line.contains("artifact_digest")).expect("a digest");
        let bad = format!("\"artifact_digest\": {digest},");
        fs::write(&path, text.replace(good.trim(), &bad)).expect("a manifest");

        assert!(on(&folder, &["verify", "m", "1"]).code(4).stdout.contains("bad digest"));
        assert!(on(&folder, &["check"]).code(4).stdout.contains("problem: `artifact_digest`"));
        let ran = on(&folder, &["path", "m", "1", "--verify", "--json"]);
        ran.code(4).reports("\"kind\":\"artifact_not_verified\"");
        on(&folder, &["promote", "m", "1", "--stage", "prod"]).code(0);
        assert!(fs::read_to_string(&path).expect("the manifest").contains(&bad));
    }
}

fn an_unreadable_file() {
    let folder = Folder::new();
    let manifest = folder.file("manifest.json");
    let file = folder.write("model.bin", "weights");
    register(&folder, "model.bin").code(0).quiet();
    let (mut verify, mut again) = (as_nobody(&folder, &manifest), as_nobody(&folder, &manifest));
    if is_root() {
        open_to_nobody(&folder);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o000)).expect("a mode");
    let ran = run(verify.args(["verify", "m", "1"]).current_dir(folder.path()));
    assert!(ran.code(4).stdout.contains("ermission denied"), "{ran:?}");
    let arguments = ["register", "m", "--version", "2", "--artifact-path", "model.bin"];
    let ran = run(again.args(arguments).current_dir(folder.path()));
    ran.code(1).reports("ermission denied").reports("--no-digest");
}

fn a_folder_as_sha256sum_sees_it() {
    let folder = Folder::new();
    let model = folder.file("model");
    fs::create_dir_all(model.join("a.d/empty")).expect("a folder");
    fs::create_dir_all(model.join("a")).expect("a folder");
    for name in ["a/1", "a.d/2", "a-3", "B", "new\nline", "back\\slash", "a/é", "-r", " ", "'\""] {
        fs::write(model.join(name), name).expect("a file");
    }
    if cfg!(target_os = "linux") {
        // Not every file system has names that are not UTF-8.
        fs::write(model.join(OsStr::from_bytes(b"\xff")), "bytes").expect("a file");
        fs::write(model.join(OsStr::from_bytes(b"\xfe")), "other").expect("a file");
    }
    symlink("B", model.join("link")).expect("a link");
    let script =
        "find -L . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z | sha256sum";
    let summed = run(program("sh").args(["-c", script]).current_dir(&model));
    let expected = summed.code(0).stdout.split(' ').next().expect("a digest").to_owned();
    let found = measure(&model, || {}).expect("readable").expect("there");
    assert_eq!(found.digest.to_string(), format!("sha256:{expected}"));
    let two: Vec<PathBuf> = vec![model.clone(), model];
    let threads = std::num::NonZero::new(4).expect("a number");
    for result in Work::default().threads(threads).digests(&two) {
        assert_eq!(result.expect("readable"), Some(found));
    }
}
