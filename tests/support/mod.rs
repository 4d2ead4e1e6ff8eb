//! Support for all suites: temporary folders, the `registry` command, comparisons that report the
//! difference, and the programs that tests need.

#![allow(dead_code, unused_imports, unused_macros, reason = "each suite uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "tests set up files and run programs")]

mod console;
#[cfg(unix)]
mod machine;
#[cfg(feature = "remote")]
pub(crate) mod object_server;
mod original;
mod run;
#[cfg(unix)]
mod traced;
mod transcript;
mod trials;
#[cfg(unix)]
mod watching;

pub(crate) use console::Page;
#[cfg(unix)]
pub(crate) use machine::{Mount, as_nobody, is_root, open_to_nobody};
pub(crate) use original::saved_by_the_original;
pub(crate) use run::{Background, Ran, finish, program, registry, run, settings, verbs};
#[cfg(unix)]
pub(crate) use traced::{STRACE, Traced, strace};
pub(crate) use trials::{Need, ignored, long, main_of, name_in, trial, trial_of, trials};
#[cfg(unix)]
pub(crate) use watching::Watching;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use model_registry::{Manifest, Registration, Timestamp};

/// Arguments that register the version `new` of model `m`.
pub(crate) const REGISTER: [&str; 6] =
    ["register", "m", "--artifact-path", "s3://p", "--version", "new"];

/// A new folder, which is deleted when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::inside(&std::env::temp_dir())
    }

    /// Creates a folder in memory if possible, for files that are written all the time: on a busy
    /// disk, a file can stay empty for long between truncating and writing it.
    #[track_caller]
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::inside(memory) } else { Self::new() }
    }

    #[track_caller]
    fn inside(parent: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("registry-test-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(fs::canonicalize(path).expect("the path of that folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns a path in this folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file in this folder and returns its path.
    #[track_caller]
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, content).expect("a file for the test");
        path
    }

    /// Returns the sorted names in this folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the test's folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> = entries.map(|e| name(e).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Returns the temporary files that a save has left behind.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| name.contains(".tmp"));
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns a timestamp.
pub(crate) fn time(second: u32) -> Timestamp {
    Timestamp::parse(&format!("2025-12-01T05:00:{second:02}+00:00")).expect("a time")
}

/// Returns the registration of a training run.
pub(crate) fn trained(version: &str) -> Registration {
    Registration::new(format!("runs/{version}"))
        .version(version)
        .metric("val_mae", 3.5)
        .metric("rows", 10_u64)
}

/// Returns the text of a manifest with a model `m`, whose versions are named `v0`, `v1` and so on.
/// The last one is in production.
pub(crate) fn manifest(versions: u32) -> String {
    let mut manifest = Manifest::default();
    for index in 0..versions {
        let registered = manifest.register("m", &trained(&format!("v{index}")), time(0));
        registered.expect("a valid version");
    }
    if versions > 0 {
        let promoted = manifest.promote(
            "m",
            "@latest",
            model_registry::Stage::Prod,
            &model_registry::Provenance::at(time(1)),
        );
        promoted.expect("the version exists");
    }
    manifest.to_text()
}

/// Returns the names of the versions of model `m` in a file, which must be a valid manifest.
#[track_caller]
pub(crate) fn versions_in(path: &Path) -> Vec<String> {
    versions_of(path, "m")
}

/// Returns the names of the versions of a model in a file, which must be a valid manifest.
#[track_caller]
pub(crate) fn versions_of(path: &Path, model: &str) -> Vec<String> {
    let text = fs::read_to_string(path).expect("the manifest can be read");
    let manifest = Manifest::parse(text, path).expect("the manifest is whole");
    let model = manifest.model(model).expect("the model exists");
    model.versions().iter().map(|version| version.version().to_owned()).collect()
}

/// Asserts that a file contains these bytes.
#[track_caller]
pub(crate) fn assert_bytes(path: &Path, expected: &[u8]) {
    let found = fs::read(path).expect("the file exists");
    assert_same(&found, expected, &path.display().to_string());
}

/// Asserts that two texts are equal, and shows the first difference if not.
#[track_caller]
pub(crate) fn assert_same(found: &[u8], expected: &[u8], name: &str) {
    if found == expected {
        return;
    }
    let at = found.iter().zip(expected).take_while(|(one, two)| one == two).count();
    let around = |bytes: &[u8]| {
        let piece = &bytes[at.saturating_sub(40)..bytes.len().min(at + 40)];
        String::from_utf8_lossy(piece).into_owned()
    };
    panic!("{name} differs at byte {at}:\n{:?}\nexpected\n{:?}", around(found), around(expected));
}

/// Returns the lines of `before` that `after` does not contain in the same order.
pub(crate) fn lines_gone<'t>(before: &'t str, after: &str) -> Vec<&'t str> {
    let after: Vec<_> = after.split('\n').collect();
    let mut next = 0;
    let mut gone = Vec::new();
    for line in before.split('\n') {
        match after[next..].iter().position(|other| *other == line) {
            Some(index) => next += index + 1,
            None => gone.push(line),
        }
    }
    gone
}
