//! A separate repository for each test, with the example manifest in its first commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::program;

pub(crate) const MANIFEST: &str = "artifacts/registry/manifest.json";
pub(crate) const MODEL: &str = "minutes_v1_lgbm";

/// Versions of the example: in production, in staging, and the newest one.
pub(crate) const PROD: &str = "20251205T061430Z";
pub(crate) const STAGING: &str = "20251212T061455Z";
pub(crate) const NEWEST: &str = "20251214T061411Z";

/// Artifact path of the version in production in the example.
pub(crate) const SERVING: &str = "artifacts/minutes_v1/runs/20251205T061430Z/model.txt\n";

pub(crate) struct Repository {
    pub(crate) folder: PathBuf,
}

impl Repository {
    /// A repository with one commit, tagged `v1`.
    pub(crate) fn new(name: &str) -> Self {
        Self::with_manifest(name, MANIFEST)
    }

    pub(crate) fn with_manifest(name: &str, manifest: &str) -> Self {
        let repository = Self { folder: sandbox(name).join("repository") };
        let path = repository.path(manifest);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(MANIFEST), path).expect("the example");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit("the example");
        repository.git(&["tag", "v1"]);
        repository
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        stdout(self.try_git(arguments))
    }

    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        command(&self.folder, "git").args(arguments).output().expect("git runs")
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Makes sure that a check against a revision finds no problem.
    #[track_caller]
    pub(crate) fn passes(&self, revision: &str) {
        let output = self.try_registry(&["check", "--against", revision]);
        assert!(output.status.success(), "{revision}: {output:?}");
    }

    pub(crate) fn registry(&self, arguments: &[&str]) -> String {
        stdout(self.try_registry(arguments))
    }

    pub(crate) fn try_registry(&self, arguments: &[&str]) -> Output {
        command(&self.folder, "registry").args(arguments).output().expect("registry runs")
    }

    /// Registers a version, and commits it.
    pub(crate) fn register(&self, version: &str) {
        let path = format!("runs/{version}");
        self.registry(&["register", MODEL, "--version", version, "--artifact-path", &path]);
        self.commit(version);
    }

    /// Promotes a version to prod, and commits that.
    pub(crate) fn promote(&self, version: &str) {
        self.registry(&["promote", MODEL, version, "--stage", "prod"]);
        self.commit(&format!("{version} to prod"));
    }
}

/// An empty folder, which no repository above it is found from.
pub(crate) fn sandbox(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("registry-git-{}", std::process::id())).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A program that finds no repository above the folders of these tests.
pub(crate) fn command(folder: &Path, name: &str) -> Command {
    let mut command = program(name);
    command.current_dir(folder).env("GIT_CEILING_DIRECTORIES", std::env::temp_dir());
    command
}

pub(crate) fn stdout(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The exit code and standard error of a command that failed and answered nothing.
pub(crate) fn failure(output: &Output) -> (i32, String) {
    assert_eq!(output.stdout, b"", "{output:?}");
    (output.status.code().expect("an exit code"), stderr(output))
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The search path of this process, where no `registry` is found.
pub(crate) fn path_without_registry() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| !folder.join("registry").exists());
    std::env::join_paths(folders).expect("a path")
}
