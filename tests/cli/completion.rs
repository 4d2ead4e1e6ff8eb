//! Completion in real shells: keys are typed into an interactive bash, zsh or fish.

use std::fs;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, manifest, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Program("bash"), Need::Program("script")] => bash_completes_names,
        [Need::Program("zsh"), Need::Program("script")] => zsh_completes_names,
        [Need::Program("fish")] => fish_completes_names,
    ]
}

/// The example manifest, with an alias, tags, and a version whose name is a command.
fn project() -> Folder {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("artifacts/registry")).expect("a folder");
    folder.write("artifacts/registry/manifest.json", manifest(3));
    for change in [
        &["register", "evil", "--version", "x $(touch pwned)'", "--artifact-path", "a"][..],
        &["alias", "m", "champion", "v1"],
        &["describe", "m", "v1", "--tag", "owner=ada", "--tag", "reviewed=yes"],
    ] {
        run(program("registry").args(change).current_dir(folder.path())).code(0);
    }
    folder
}

/// Types lines into a shell, with `\t` for the key that completes.
fn type_into(shell: &str, set_up: &str, folder: &Folder, lines: &[&str]) {
    folder.write("keys", format!("{set_up}\n{}\nexit\n", lines.join("\n")));
    let typed = format!("script --quiet --command '{shell}' /dev/null < keys");
    run(program("sh").args(["-c", &typed]).env("TERM", "dumb").current_dir(folder.path())).code(0);
}

fn completes(shell: &str, set_up: &str) {
    let folder = project();
    let lines = [
        "registry sho\t m\t v2\t --get version > version",
        "registry show m @la\t --get version > reference",
        "registry list --stage=pr\t --json > stage",
        "registry list m --sort-by val_\t --json > metric",
        "registry promote m v1 --sta\t pro\t --json > move",
        "registry show evil x\t --get artifact_path > hostile",
        "registry show m @ch\t --get vers\t > alias",
        "registry list m -s pr\t --json > short",
        "registry list m -rspr\t --json > joined",
        "registry promote m @ch\t -s st\t --dry-run --require val_m\t 2> rule",
        "registry list m --tag owner=a\t --json > tag",
        "registry describe m v1 --untag rev\t --json > untag",
    ];
    type_into(shell, set_up, &folder, &lines);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    assert_eq!(read("version"), "v2\n");
    assert_eq!(read("reference"), "v2\n");
    assert!(read("stage").contains("\"current\": \"prod\""), "{}", read("stage"));
    assert_eq!(read("metric").matches("\"val_mae\"").count(), 3);
    assert!(read("move").contains("\"to\": \"prod\""), "{}", read("move"));
    assert_eq!(read("hostile"), "a\n");
    assert_eq!(read("alias"), "v1\n");
    for name in ["short", "joined"] {
        assert!(read(name).contains("\"current\": \"prod\""), "{name}: {}", read(name));
    }
    // It is not a rule yet.
    assert!(read("rule").contains("'val_mae' for '--require <RULE>'"), "{}", read("rule"));
    assert_eq!(read("tag").matches("\"version\"").count(), 1, "{}", read("tag"));
    assert!(read("untag").contains("tags.reviewed"), "{}", read("untag"));
    assert!(!folder.path().join("pwned").exists(), "a name ran as a command");
}

fn bash_completes_names() {
    completes("bash --norc -i", "source <(registry completions bash)");
}

fn zsh_completes_names() {
    let set_up = "autoload -U compinit; compinit -u -D; source <(registry completions zsh)";
    completes("zsh -f -i", set_up);
}

/// Fish answers the question for candidates without a terminal.
fn fish_completes_names() {
    let folder = project();
    for (line, expected) in [
        ("registry sho", "show\n"),
        ("registry show m v2", "v2\n"),
        ("registry show m @la", "@latest\n"),
        ("registry list --stage=pr", "--stage=prod\n"),
        ("registry show m @ch", "@champion\n"),
        ("registry alias m ch", "champion\n"),
        ("registry show m v1 --get tags.r", "tags.reviewed\n"),
        ("registry list -spr", "-sprod\n"),
        ("registry list m --where val_m", "val_mae\n"),
        ("registry promote m v2 -s staging --require training", "training_end\n"),
        ("registry list --tag ow", "owner\n"),
        ("registry list --tag owner=", "owner=ada\n"),
        ("registry describe m v2 --tag re", "reviewed=\n"),
        ("registry describe m v1 --untag ", "owner\nreviewed\n"),
        ("registry register m --version v", ""),
        ("registry -m nowhere.json show ", ""),
        ("registry -mnowhere.json show ", ""),
    ] {
        let script = format!("registry completions fish | source; complete -C '{line}'");
        let ran = run(program("fish").args(["-c", &script]).current_dir(folder.path()));
        assert_eq!(ran.code(0).stdout, expected, "{line}");
    }
}
