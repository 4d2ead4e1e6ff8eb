//! Pull requests that try to choose the baseline, run code, or write outside the work tree.
//!
//! Each test was seen to fail on the program as it was before: the file won over the revision, the
//! linked folder emptied the baseline, the embedded repository answered, and the links were
//! followed.

use std::fs;
use std::process::Output;

use libtest_mimic::Trial;

use crate::repository::{MANIFEST, Repository, command, failure, stdout};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_file_with_the_name_of_a_revision_is_not_the_baseline,
        an_unknown_revision_is_not_looked_up_as_a_file,
        a_file_is_a_baseline_only_where_the_caller_names_one,
        a_revision_without_a_manifest_is_an_empty_baseline_only_on_request,
        an_embedded_repository_neither_answers_nor_runs_code,
        a_submodule_is_not_the_repository_of_the_manifest,
        the_environment_of_git_does_not_change_answers,
        git_setup_refuses_names_that_need_quotes,
        git_setup_writes_nothing_where_one_file_is_a_folder,
        #[cfg(unix)]
        a_link_with_the_name_of_a_revision_is_not_the_baseline,
        #[cfg(unix)]
        a_linked_folder_does_not_empty_the_baseline,
        #[cfg(unix)]
        git_setup_does_not_write_through_links,
        #[cfg(unix)]
        git_setup_stays_in_the_repository_of_the_working_directory,
    ]
}

/// A work tree whose branch `change` rewrites a published metric, which `check` must report.
fn rewritten(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.git(&["checkout", "--quiet", "-b", "change"]);
    let text = repository.read(MANIFEST).replace("3.6204", "3.1204");
    fs::write(repository.path(MANIFEST), text).expect("the manifest");
    repository.commit("a better number");
    repository
}

/// Asserts that a check fails because of the metric that the pull request changed.
#[track_caller]
fn assert_reported(output: &Output) {
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(found.contains("metrics.val_mae"), "{found}");
}

fn a_file_with_the_name_of_a_revision_is_not_the_baseline() {
    let repository = rewritten("name-of-revision");
    let id = repository.git(&["rev-parse", "main"]).trim().to_owned();
    repository.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    repository.git(&["fetch", "--quiet", ".", "main"]);
    for revision in ["main", "origin/main", "FETCH_HEAD", &id] {
        let file = repository.path(revision);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::copy(repository.path(MANIFEST), &file).expect("the copy");
        repository.commit("a copy under the name of a revision");
        assert_reported(&repository.try_registry(&["check", "--against", revision]));
        let diff = repository.registry(&["diff", revision]);
        assert!(diff.contains("val_mae"), "{revision}: {diff}");
        assert_eq!(repository.registry(&["diff", &format!("./{revision}")]), "");
    }
}

#[cfg(unix)]
fn a_link_with_the_name_of_a_revision_is_not_the_baseline() {
    let repository = rewritten("link-as-revision");
    std::os::unix::fs::symlink(MANIFEST, repository.path("main")).expect("a link");
    repository.commit("a link under the name of a revision");
    assert_reported(&repository.try_registry(&["check", "--against", "main"]));
}

fn an_unknown_revision_is_not_looked_up_as_a_file() {
    let repository = rewritten("no-revision");
    fs::copy(repository.path(MANIFEST), repository.path("v9")).expect("the copy");
    for arguments in [&["check", "--against", "v9"][..], &["diff", "v9"], &["diff", "v1", "v9"]] {
        let (code, said) = failure(&repository.try_registry(arguments));
        assert!(code == 3 && said.contains("revision `v9` is not in the repository"), "{said}");
    }
    let (_, said) = failure(&repository.try_registry(&["diff", "v9"]));
    assert!(said.contains("registry diff ./v9"), "{said}");
    let (_, said) = failure(&repository.try_registry(&["check", "--against", "v9"]));
    assert!(said.contains("registry check --against-file ./v9"), "{said}");
    let (code, said) = failure(&repository.try_registry(&["check", "--against", "./v9"]));
    assert!(code == 3 && said.contains("registry check --against-file ./v9"), "{said}");
}

fn a_file_is_a_baseline_only_where_the_caller_names_one() {
    let repository = rewritten("against-file");
    fs::write(
        repository.path("published.json"),
        repository.git(&["show", &format!("main:{MANIFEST}")]),
    )
    .expect("the published manifest");
    for file in ["published.json", "./published.json"] {
        assert_reported(&repository.try_registry(&["check", "--against-file", file]));
    }
    let (code, said) = failure(&repository.try_registry(&["check", "--against-file", "gone.json"]));
    assert!(code == 1 && said.contains("gone.json"), "{said}");
}

#[cfg(unix)]
fn a_linked_folder_does_not_empty_the_baseline() {
    let repository = rewritten("linked-folder");
    repository.git(&["mv", "artifacts", "real"]);
    std::os::unix::fs::symlink("real", repository.path("artifacts")).expect("a link");
    repository.commit("a link in place of the folder");
    assert_reported(&repository.try_registry(&["check", "--against", "main"]));
}

fn a_revision_without_a_manifest_is_an_empty_baseline_only_on_request() {
    let repository = Repository::new("first-manifest");
    repository.git(&["checkout", "--quiet", "--orphan", "empty"]);
    repository.git(&["rm", "--quiet", "-r", "--cached", "artifacts"]);
    repository.git(&["commit", "--quiet", "--allow-empty", "-m", "no manifest"]);
    let (code, said) = failure(&repository.try_registry(&["check", "--against", "empty"]));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("--allow-missing-base"), "{said}");
    repository.registry(&["check", "--against", "empty", "--allow-missing-base"]);
    // A revision that does not exist is not one without a manifest.
    let (code, _) =
        failure(&repository.try_registry(&["check", "--against", "v9", "--allow-missing-base"]));
    assert_eq!(code, 3);
}

/// Commits a bare repository into a folder. Its configuration runs a command, and its `main` has
/// the manifest that the pull request wants.
fn embed(repository: &Repository, folder: &str) -> std::path::PathBuf {
    let proof = repository.folder.with_file_name("proof");
    let inner = repository.path(folder);
    let source = repository.folder.with_file_name("source");
    fs::create_dir_all(source.join("artifacts/registry")).expect("a folder");
    for path in [MANIFEST, "manifest.json"] {
        fs::copy(repository.path(MANIFEST), source.join(path)).expect("the copy");
    }
    let git = |arguments: &[&str]| {
        stdout(command(&source, "git").args(arguments).output().expect("git runs"))
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "the manifest of the pull request"]);
    let bare = repository.folder.with_file_name("bare");
    git(&["clone", "--quiet", "--bare", ".", bare.to_str().expect("UTF-8")]);
    let copied = command(&bare, "cp")
        .args(["-r", "HEAD", "config", "objects", "refs", "packed-refs"])
        .arg(&inner)
        .output();
    stdout(copied.expect("cp runs"));
    // Git does not track empty folders, and a repository needs these.
    fs::create_dir_all(inner.join("refs/heads")).expect("a folder");
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\
         \tfsmonitor = \"echo run >> '{}'; false\"\n",
        proof.display()
    );
    fs::write(inner.join("config"), config).expect("the configuration");
    proof
}

fn an_embedded_repository_neither_answers_nor_runs_code() {
    let repository = rewritten("embedded");
    let proof = embed(&repository, "artifacts/registry");
    for folder in ["", "artifacts", "artifacts/registry"] {
        let manifest = repository.path(MANIFEST);
        for path in [manifest.to_str().expect("UTF-8"), "relative"] {
            let relative =
                "../".repeat(folder.matches('/').count() + usize::from(!folder.is_empty()));
            let relative = relative + MANIFEST;
            let path = if path == "relative" { &relative } else { path };
            let mut check = command(&repository.path(folder), "registry");
            check.args(["-m", path, "check", "--against", "main"]);
            assert_reported(&check.output().expect("registry runs"));
            let mut setup = command(&repository.path(folder), "registry");
            setup.args(["-m", path, "git-setup", "--check"]);
            assert_eq!(setup.output().expect("registry runs").status.code(), Some(4));
        }
    }
    assert!(!proof.exists(), "a command of the pull request ran");
}

fn a_submodule_is_not_the_repository_of_the_manifest() {
    let repository = rewritten("submodule");
    // What a pull request with a submodule in place of the folder looks like after a checkout.
    let inner = repository.path("artifacts");
    let git = |arguments: &[&str]| {
        stdout(command(&inner, "git").args(arguments).output().expect("git runs"))
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "all of it"]);
    for arguments in
        [&["check", "--against", "main"][..], &["--at", "main", "list"], &["git-setup"]]
    {
        let (code, said) = failure(&repository.try_registry(arguments));
        assert!(
            code == 1 && said.contains("is not in the git repository of the working directory"),
            "{said}"
        );
    }
    assert!(!inner.join(".gitattributes").exists());
    // From inside, it is this repository that the caller means.
    let mut from_inside = command(&inner, "registry");
    from_inside.args(["-m", "registry/manifest.json", "check", "--against", "main"]);
    stdout(from_inside.output().expect("registry runs"));
}

fn the_environment_of_git_does_not_change_answers() {
    let repository = rewritten("environment");
    let changed = repository.git(&["rev-parse", "change"]).trim().to_owned();
    // A replacement makes `main` read as the pull request.
    repository.git(&["replace", "main", &changed]);
    for (variable, value) in
        [("GIT_TRACE", "1"), ("GIT_TRACE_SETUP", "1"), ("GIT_TRACE2", "1"), ("GIT_DIR", "/nowhere")]
    {
        let mut check = command(&repository.folder, "registry");
        check.env(variable, value).args(["check", "--against", "main"]);
        assert_reported(&check.output().expect("registry runs"));
        let mut missing = command(&repository.folder, "registry");
        missing.env(variable, value).args(["check", "--against", "v9"]);
        let (code, said) = failure(&missing.output().expect("registry runs"));
        assert_eq!(code, 3, "{said}");
        assert!(said.starts_with("error: revision `v9` is not in the repository\n"), "{said}");
    }
}

#[cfg(unix)]
fn git_setup_does_not_write_through_links() {
    for file in [".gitignore", ".gitattributes"] {
        let repository = Repository::new(&format!("link-of{file}"));
        let outside = repository.folder.with_file_name("outside");
        for target in ["../outside", "inside"] {
            fs::write(&outside, "mine\n").expect("a file of the user");
            fs::write(repository.path("inside"), "mine\n").expect("a file of the user");
            let _ = fs::remove_file(repository.path(file));
            std::os::unix::fs::symlink(target, repository.path(file)).expect("a link");
            let (code, said) = failure(&repository.try_registry(&["git-setup"]));
            assert!(code == 1 && said.contains(&format!("{file}` is a link")), "{said}");
            assert!(said.contains("nothing was changed"), "{said}");
            assert_eq!(fs::read_to_string(&outside).expect("the file"), "mine\n");
            assert_eq!(repository.read("inside"), "mine\n");
            let other = if file == ".gitignore" { ".gitattributes" } else { ".gitignore" };
            assert!(!repository.path(other).exists(), "{other} was written before the refusal");
            let driver = repository.try_git(&["config", "merge.registry.driver"]);
            assert!(!driver.status.success(), "the driver was configured before the refusal");
        }
    }
}

/// Seen to fail before: the other file was written before the refusal.
fn git_setup_writes_nothing_where_one_file_is_a_folder() {
    for (file, other) in [(".gitignore", ".gitattributes"), (".gitattributes", ".gitignore")] {
        let repository = Repository::new(&format!("folder{file}"));
        fs::create_dir(repository.path(file)).expect("a folder");
        let (code, said) = failure(&repository.try_registry(&["git-setup"]));
        assert!(code == 1 && said.contains(&format!("{file}` is a directory")), "{said}");
        assert!(said.contains("nothing was changed"), "{said}");
        assert!(!repository.path(other).exists(), "{other} was written before the refusal");
        let driver = repository.try_git(&["config", "merge.registry.driver"]);
        assert!(!driver.status.success(), "the driver was configured before the refusal");
    }
}

fn git_setup_refuses_names_that_need_quotes() {
    for (index, name) in [
        "x;id>pwned;.json",
        "a b.json",
        "a\"b.json",
        "a*.json",
        "$(id).json",
        "a\nb.json",
        "a\\b.json",
        "#.json",
        "!x.json",
        "a'b.json",
        "a\u{202e}b.json",
    ]
    .into_iter()
    .enumerate()
    {
        let repository = Repository::with_manifest(&format!("quotes-{index}"), name);
        let (code, said) = failure(&repository.try_registry(&["-m", name, "git-setup"]));
        assert!(code == 2 && said.contains("manifest path"), "{name}: {said}");
        assert!(
            !repository.path(".gitattributes").exists() && !repository.path(".gitignore").exists()
        );
    }
}

#[cfg(unix)]
fn git_setup_stays_in_the_repository_of_the_working_directory() {
    let other = Repository::new("other-repository");
    let repository = Repository::new("link-to-repository");
    fs::remove_dir_all(repository.path("artifacts")).expect("the folder");
    std::os::unix::fs::symlink(other.path("artifacts"), repository.path("artifacts"))
        .expect("a link");
    let (code, said) = failure(&repository.try_registry(&["git-setup"]));
    assert!(
        code == 1 && said.contains("is not in the git repository of the working directory"),
        "{said}"
    );
    assert!(!other.path(".gitattributes").exists() && !repository.path(".gitattributes").exists());
}
