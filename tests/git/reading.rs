//! `--at`: the manifest as of a revision.

use std::fs;

use libtest_mimic::Trial;

use crate::repository::{
    MANIFEST, MODEL, Repository, SERVING, command, failure, sandbox, stderr, stdout,
};
use crate::support::{Need, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git")]:
        a_revision_is_what_git_takes_for_one,
        every_reading_command_takes_a_revision,
        a_revision_is_not_changed,
        the_manifest_is_found_in_every_kind_of_work_tree,
        a_server_judges_what_is_pushed_before_it_takes_it,
        missing_revisions_and_files_are_reported,
        no_revision_is_an_option_of_git,
        a_shallow_clone_is_reported,
        a_manifest_that_was_none_is_called_by_its_revision,
        a_path_names_a_file_and_anything_else_a_revision,
        without_git_only_the_past_is_out_of_reach,
        #[cfg(unix)]
        links_are_followed,
        #[cfg(unix)]
        a_name_that_is_not_utf_8_is_refused,
    ]
}

const OTHER: &str = "artifacts/minutes_v1/runs/20251212T061455Z/model.txt\n";

/// The example, where the second commit promotes the version in staging.
fn moved(name: &str) -> Repository {
    let repository = Repository::new(name);
    repository.promote("@staging");
    repository
}

fn a_revision_is_what_git_takes_for_one() {
    let repository = moved("revisions");
    repository.git(&["tag", "--annotate", "v2", "-m", "second"]);
    repository.git(&["branch", "old", "v1"]);
    let first = repository.git(&["rev-parse", "v1"]);
    let serving =
        |revision: &str| repository.registry(&[&format!("--at={revision}"), "production", MODEL]);
    for revision in
        ["v1", "old", "refs/tags/v1", first.trim(), &first[..10], "HEAD~1", "main@{1}", ":/example"]
    {
        assert_eq!(serving(revision), SERVING, "{revision}");
    }
    for revision in ["HEAD", "@", "main", "v2", "v2^{commit}", "main@{0}"] {
        assert_eq!(serving(revision), OTHER, "{revision}");
    }
    assert_eq!(repository.registry(&["production", MODEL]), OTHER);
}

fn every_reading_command_takes_a_revision() {
    let repository = moved("verbs");
    for arguments in [
        vec!["list"],
        vec!["list", MODEL, "--json"],
        vec!["show", MODEL],
        vec!["path", MODEL],
        vec!["production", MODEL],
        vec!["compare", MODEL, "@latest"],
        vec!["history", MODEL],
        vec!["check", "--json"],
        vec!["diff", "v1"],
    ] {
        let now = repository.registry(&arguments);
        let then = repository.registry(&[&["--at", "v1"][..], &arguments].concat());
        assert!(then != now || arguments[0] == "check", "{arguments:?}");
        repository.git(&["checkout", "--quiet", "v1"]);
        assert_eq!(then, repository.registry(&arguments), "{arguments:?}");
        repository.git(&["checkout", "--quiet", "main"]);
    }
    assert!(repository.registry(&["diff", "v1"]).contains("20251212T061455Z"));
}

fn a_revision_is_not_changed() {
    let repository = moved("changes");
    let before = repository.read(MANIFEST);
    for arguments in [
        &["register", MODEL, "--version", "1", "--artifact-path", "s3://p"][..],
        &["promote", MODEL, "@latest", "--stage", "prod"],
        &["promote", MODEL, "@latest", "--stage", "prod", "--dry-run"],
        &["rollback", MODEL, "--reason", "why"],
        &["git-setup"],
        &["merge", MANIFEST, MANIFEST, MANIFEST],
    ] {
        let output = repository.try_registry(&[&["--at", "v1"], arguments].concat());
        let (code, said) = failure(&output);
        assert!(code == 2 && said.contains("revision"), "{said}");
    }
    assert_eq!(repository.read(MANIFEST), before);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let (code, said) = failure(&repository.try_registry(&["-m", "-", "--at", "v1", "list"]));
    assert_eq!((code, &*said), (2, "error: a manifest on standard input has no revisions\n"));
}

fn the_manifest_is_found_in_every_kind_of_work_tree() {
    let repository = moved("places");
    let above = repository.folder.parent().expect("a folder");
    let ask = |folder: &std::path::Path, manifest: &str| {
        let mut command = command(folder, "registry");
        command.args(["-m", manifest, "--at", "v1", "production", MODEL]);
        let path = stdout(command.output().expect("registry runs"));
        // From another folder than the project root, the path leads there.
        path[path.find("artifacts/minutes").expect("an artifact path")..].to_owned()
    };
    assert_eq!(ask(&repository.path("artifacts"), "registry/manifest.json"), SERVING);
    assert_eq!(ask(&repository.path("artifacts/registry"), "manifest.json"), SERVING);
    assert_eq!(ask(&repository.path("artifacts/registry"), "../registry/manifest.json"), SERVING);
    assert_eq!(ask(above, &format!("repository/{MANIFEST}")), SERVING);
    let whole = repository.path(MANIFEST);
    assert_eq!(ask(&std::env::temp_dir(), whole.to_str().expect("UTF-8")), SERVING);

    repository.git(&["worktree", "add", "--quiet", "../linked"]);
    assert_eq!(ask(&above.join("linked"), MANIFEST), SERVING);
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    assert_eq!(ask(&above.join("bare.git"), MANIFEST), SERVING);

    // In a hook, git sets `GIT_DIR` relative to the root of the work tree.
    let mut hook = command(&repository.folder, "registry");
    hook.env("GIT_DIR", ".git").env("GIT_INDEX_FILE", ".git/index").env("GIT_PREFIX", "");
    hook.args(["--at", "v1", "production", MODEL]);
    assert_eq!(stdout(hook.output().expect("registry runs")), SERVING);

    fs::remove_dir_all(repository.path("artifacts")).expect("the folder");
    assert_eq!(ask(&repository.folder, MANIFEST), SERVING);
}

#[cfg(unix)]
fn links_are_followed() {
    use std::os::unix::fs::symlink;

    let repository = moved("links");
    let above = repository.folder.parent().expect("a folder");
    let ask = |manifest: &str, revision: &str| {
        repository.try_registry(&["-m", manifest, "--at", revision, "production", MODEL])
    };
    symlink(MANIFEST, repository.path("link.json")).expect("a link");
    symlink("artifacts", repository.path("folder")).expect("a link");
    symlink("/dev/null", repository.path("outside.json")).expect("a link");
    // On disk only, the link leads to a file that the revision has.
    assert_eq!(stdout(ask("link.json", "v1")), SERVING);
    assert_eq!(stdout(ask("folder/registry/manifest.json", "v1")), SERVING);
    repository.commit("links");
    fs::remove_file(repository.path("link.json")).expect("the link");
    assert_eq!(stdout(ask("link.json", "HEAD")), OTHER);
    let (code, said) = failure(&ask("outside.json", "HEAD"));
    assert_eq!((code, &*said), (1, "error: `outside.json` is a device or a pipe, not a file\n"));

    let outside = above.join("outside.json");
    symlink(repository.path(MANIFEST), &outside).expect("a link");
    assert_eq!(stdout(ask(outside.to_str().expect("UTF-8"), "v1")), SERVING);
}

fn a_server_judges_what_is_pushed_before_it_takes_it() {
    let repository = Repository::new("hook");
    let above = repository.folder.parent().expect("a folder").to_owned();
    repository.git(&["clone", "--quiet", "--bare", ".", "../server.git"]);
    let hook = above.join("server.git/hooks/pre-receive");
    let script = format!(
        "#!/bin/sh\nread old new ref\nregistry -m {MANIFEST} --at $new production {MODEL} &&\n\
         registry -m {MANIFEST} --at $new check --against $old\n"
    );
    fs::write(&hook, script).expect("a hook");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    repository.promote("@staging");
    let pushed = repository.try_git(&["push", "../server.git", "main"]);
    assert!(pushed.status.success() && stderr(&pushed).contains(OTHER.trim()), "{pushed:?}");

    let text = repository.read(MANIFEST).replace("3.6204", "3.1");
    fs::write(repository.path(MANIFEST), text).expect("the manifest");
    repository.commit("a better number");
    let pushed = repository.try_git(&["push", "../server.git", "main"]);
    assert!(!pushed.status.success() && stderr(&pushed).contains("metrics.val_mae"), "{pushed:?}");
}

fn missing_revisions_and_files_are_reported() {
    let repository = moved("missing");
    let ask = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["production", MODEL]);
        failure(&repository.try_registry(&all))
    };
    for revision in ["v9", "no/such", "HEAD~7", "0123456789abcdef0123456789abcdef01234567", "^v1"] {
        let (code, said) = ask(&["--at", revision]);
        let expected = format!("error: revision `{revision}` is not in the repository\n");
        assert_eq!((code, said), (3, expected));
    }
    let (code, said) = ask(&["--at", "v1^{tree}"]);
    assert_eq!((code, &*said), (3, "error: revision `v1^{tree}` is not a commit\n"));

    let (code, said) = ask(&["--at", "v1", "-m", "other.json"]);
    assert_eq!(code, 3);
    assert!(said.starts_with("error: `other.json` is not in revision `v1`\nhint: "), "{said}");
    let (code, said) = ask(&["--at", "v1", "-m", "artifacts/registry/manifest.json/x"]);
    assert_eq!(code, 3, "{said}");

    // Git answers these with a warning, and with what need not be right.
    let (code, said) = ask(&["--at", "main@{2005-04-07}"]);
    assert!(code == 3 && said.contains("only goes back to"), "{said}");
    let (code, said) = ask(&["--at", "main@{9}"]);
    assert!(code == 3 && said.contains("only has"), "{said}");
    repository.git(&["branch", "v1", "main"]);
    repository.git(&["config", "core.warnAmbiguousRefs", "false"]);
    let (code, said) = ask(&["--at", "v1"]);
    assert!(code == 3 && said.contains("ambiguous"), "{said}");
    assert_eq!(repository.registry(&["--at", "tags/v1", "production", MODEL]), SERVING);

    let outside = sandbox("outside");
    let mut command = command(&outside, "registry");
    let output = command.args(["--at", "v1", "list"]).output().expect("registry runs");
    let expected = format!("error: `{MANIFEST}` is not in a git repository\n");
    assert_eq!(failure(&output), (1, expected));
}

fn no_revision_is_an_option_of_git() {
    let repository = moved("hostile");
    for revision in ["--help", "-x", "--output=stolen", "-", "", " ", "v1\n--help", "v1\t", "v\x7f"]
    {
        let output = repository.try_registry(&[&format!("--at={revision}"), "production", MODEL]);
        let (code, said) = failure(&output);
        assert!(code == 2 && said.starts_with("error: "), "{revision:?}: {said}");
    }
    for arguments in [&["diff", "--", "--output=stolen"][..], &["check", "--against=--output=s"]] {
        let output = repository.try_registry(arguments);
        assert_eq!(failure(&output).0, 2);
    }
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

fn a_shallow_clone_is_reported() {
    let repository = moved("shallow");
    let url = format!("file://{}", repository.folder.display());
    repository.git(&["clone", "--quiet", "--depth=1", &url, "../clone"]);
    let clone = Repository { folder: repository.folder.with_file_name("clone") };
    assert_eq!(clone.registry(&["--at", "HEAD", "production", MODEL]), OTHER);
    for revision in ["HEAD~1", "v1", repository.git(&["rev-parse", "v1"]).trim()] {
        let (code, said) = failure(&clone.try_registry(&["--at", revision, "list"]));
        assert_eq!(code, 3);
        assert!(said.contains("is not in this clone, which is shallow"), "{said}");
        assert!(said.contains("hint: fetch the whole history: git fetch --unshallow"), "{said}");
    }
    clone.git(&["fetch", "--quiet", "--unshallow", "--tags"]);
    assert_eq!(clone.registry(&["--at", "v1", "production", MODEL]), SERVING);
}

fn a_manifest_that_was_none_is_called_by_its_revision() {
    let repository = Repository::new("broken");
    fs::write(repository.path(MANIFEST), "{\"models\": [").expect("a file");
    repository.commit("broken");
    repository.git(&["checkout", "--quiet", "v1", "--", MANIFEST]);
    let (code, said) = failure(&repository.try_registry(&["--at", "HEAD", "list"]));
    let expected =
        format!("error: `HEAD:{MANIFEST}`, line 1, column 13: the file ends too early\n");
    assert_eq!((code, said), (1, expected));
}

fn a_path_names_a_file_and_anything_else_a_revision() {
    let repository = moved("files");
    fs::write(repository.path("v1"), repository.read(MANIFEST)).expect("a file");
    let differs = |arguments: &[&str]| {
        let output = repository.try_registry(&[&["diff", "--exit-code"], arguments].concat());
        output.status.code().expect("an exit code")
    };
    let whole = repository.path("v1");
    for file in ["./v1", "../repository/v1", whole.to_str().expect("UTF-8")] {
        assert_eq!(differs(&[file]), 0, "{file}");
        assert_eq!(differs(&["HEAD~1", file]), 1, "{file}");
    }
    assert_eq!(differs(&["v1"]), 1);
    assert_eq!(differs(&["HEAD~1", "v1"]), 0);
}

fn without_git_only_the_past_is_out_of_reach() {
    let repository = Repository::new("no-git");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_registry"));
    let ask = |arguments: &[&str]| {
        let mut command = command(&repository.folder, env!("CARGO_BIN_EXE_registry"));
        command.env("PATH", binary.parent().expect("a folder")).args(arguments);
        command.output().expect("registry runs")
    };
    let (code, said) = failure(&ask(&["--at", "v1", "list"]));
    assert!(code == 1 && said.starts_with("error: cannot run `git`: "), "{said}");
    assert_eq!(stdout(ask(&["production", MODEL])), SERVING);
    assert_eq!(stdout(ask(&["check"])), "[registry] No problems found\n");
}

#[cfg(unix)]
fn a_name_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;

    let repository = Repository::new("latin");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.json");
    let mut command = command(&repository.folder, "registry");
    let output = command.arg("-m").arg(name).args(["--at", "v1", "list"]).output();
    let (code, said) = failure(&output.expect("registry runs"));
    assert!(code == 1 && said.contains("is not UTF-8"), "{said}");
}
