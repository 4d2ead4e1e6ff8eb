//! Tables on a terminal of 80 columns: no line is wider.

use std::fs;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, program, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Program("script"), Need::Program("stty")] => tables_fit_eighty_columns,
    ]
}

/// The example project, after changes of every kind.
fn project() -> Folder {
    let folder = Folder::new();
    fs::create_dir_all(folder.file("artifacts/registry")).expect("a folder");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts/registry/manifest.json");
    folder.write("artifacts/registry/manifest.json", fs::read(example).expect("the example"));
    let model = "minutes_v1_lgbm";
    let long = "a text that is much longer than what is left of a line of eighty columns";
    for change in [
        &["describe", model, "--description", long][..],
        &["describe", model, "@staging", "--tag", "owner=ada", "--tag", "reviewed=yes"],
        &["promote", model, "@staging", "--stage", "prod", "--reason", long],
        &["rollback", model, "--reason", long],
        &[
            "promote",
            model,
            "@latest",
            "-s",
            "prod",
            "--require",
            "val_mae < 1",
            "--force",
            "--reason",
            long,
        ],
        &["alias", model, "champion", "@prod"],
        &["retire", model, "20251128T061502Z", "--reason", long],
    ] {
        let mut command = program("registry");
        run(command.args(change).env("REGISTRY_BY", "ada").current_dir(folder.path())).code(0);
    }
    folder
}

fn tables_fit_eighty_columns() {
    let folder = project();
    for (arguments, shown) in [
        ("list", "PRODUCTION"),
        ("list minutes_v1_lgbm", "val_mae"),
        ("list --where 'val_mae < 9'", "val_mae"),
        ("history", "alias @champion"),
        ("history minutes_v1_lgbm", "a text"),
        ("verify --all", "missing"),
        ("compare minutes_v1_lgbm @latest 20251205T061430Z", "DIFFERENCE"),
    ] {
        folder.write("line", format!("stty cols 80; registry {arguments} 2>/dev/null"));
        let mut script = program("script");
        script.args(["--quiet", "--command", "sh line", "/dev/null"]).env("TERM", "xterm");
        let ran = run(script.env("LC_ALL", "C.UTF-8").current_dir(folder.path()));
        assert!(ran.stdout.contains(shown), "{arguments}: {}", ran.stdout);
        assert!(ran.stdout.contains('\u{1b}'), "{arguments} is not coloured");
        for line in ran.stdout.lines() {
            let width = plain(line).chars().count();
            assert!(width <= 80, "{arguments}: {width} columns: {line}");
        }
    }
}

/// A line without its colours.
fn plain(line: &str) -> String {
    let mut parts = line.trim_end().split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}
