//! Names and times that a manifest or a caller may hold.

use libtest_mimic::Trial;

use crate::support::{Folder, assert_bytes, manifest, registry, run, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        hostile_names,
        hostile_names_in_the_file,
        characters_that_cannot_be_seen_are_escaped_wherever_they_are_shown,
        times_without_zone_and_in_the_future,
    ]
}

/// Names are keys and never paths, so `../../x`, long names and names that differ in case only are
/// names like others.
fn hostile_names() {
    let folder = Folder::new();
    let before = manifest(1);
    let path = folder.write("manifest.json", &before);
    for (name, words) in [
        ("a\nb", "error: model `a\\nb` contains a control character"),
        ("\u{1b}[31m", "error: model `\\u{1b}[31m` contains a control character"),
        ("", "error: model `` is empty"),
        (" m", "starts or ends with whitespace"),
        ("@prod", "starts with `@`"),
        ("prod\u{200b}", "error: model `prod\\u{200b}` contains a character that cannot be seen"),
        ("a\u{202e}b", "error: model `a\\u{202e}b` contains a character that cannot be seen"),
        ("a\u{a0}b", "contains a space that is not the usual one"),
    ] {
        for arguments in [
            ["register", name, "--artifact-path", "s3://p", "--version", "v"],
            ["register", "m", "--artifact-path", "s3://p", "--version", name],
        ] {
            let words =
                if arguments[1] == "m" { words.replace("model", "version") } else { words.into() };
            run(registry(&path).args(arguments)).code(2).reports(&words);
            assert_bytes(&path, before.as_bytes());
        }
    }
    let long = "x".repeat(10_000);
    for name in ["../../x", "M", "a/b", "-", "caf\u{e9} \u{1f600}", &long] {
        let register =
            ["register", "--no-digest", "--artifact-path", name, "--version", name, "--", name];
        run(registry(&path).args(register)).code(0).quiet();
        let shown = run(registry(&path).args(["path", "--", name, name]));
        assert_eq!(shown.code(0).stdout, format!("{name}\n"));
    }
    assert_eq!(versions_in(&path), ["v0"], "`M` is not `m`");
}

fn hostile_names_in_the_file() {
    let folder = Folder::new();
    let text = manifest(1)
        .replace("\"m\"", "\"a\\u001b[31m\\nb\"")
        .replace("\"v0\"", "\"v\\u009b0\\u007f\\r\"")
        .replace("\"description\": \"\"", "\"description\": \"\\u001b]0;title\\u0007\"");
    let path = folder.write("manifest.json", &text);
    for verb in
        [&["list"][..], &["list", "a\u{1b}[31m\nb"], &["show", "a\u{1b}[31m\nb"], &["show", "b"]]
    {
        let ran = run(registry(&path).args(verb));
        for stream in [&ran.stdout, &ran.stderr] {
            let raw = stream.chars().find(|&c| c.is_control() && c != '\n');
            assert_eq!(raw, None, "{verb:?}: {stream:?}");
        }
        assert!(verb == ["show", "b"] || ran.stdout.contains("\\u{1b}"), "{ran:?}");
    }
    assert_bytes(&path, text.as_bytes());
}

/// Seen to fail with the characters that were escaped before: controls and overrides of direction.
fn characters_that_cannot_be_seen_are_escaped_wherever_they_are_shown() {
    let hidden = ["\u{200b}", "\u{ad}", "\u{feff}", "\u{61c}", "\u{2060}", "\u{fe0f}", "\u{e0041}"];
    let hidden = hidden.concat() + "\u{202e}\u{9b}\u{3164}";
    let folder = Folder::new();
    let model = format!("m{hidden}");
    let text = manifest(2)
        .replace("\"m\"", &format!("\"{model}\""))
        .replace("\"v0\"", &format!("\"v0{hidden}\""))
        .replace("val_mae", &format!("val_mae{hidden}"))
        .replace("\"description\": \"\"", &format!("\"description\": \"a{hidden}\""));
    let path = folder.write("manifest.json", &text);
    let versions = [format!("v0{hidden}"), "v1".to_owned()];
    let [old, new] = versions.each_ref().map(String::as_str);
    let metric = format!("val_mae{hidden}");
    for arguments in [
        &["list"][..],
        &["list", &model],
        &["list", &model, "--json"],
        &["show", &model, old],
        &["show", &model, old, "--json"],
        &["show", &model, &hidden],
        &["show", &model, &hidden, "--json"],
        &["compare", &model, old, new],
        &["compare", &model, old, new, "--markdown"],
        &["compare", &model, old, new, "--json"],
        &["trend", &model, "--metric", &metric],
        &["trend", &model, "--metric", &metric, "--markdown"],
        &["promote", &model, old, "--stage", "prod", "--dry-run", "--require", "mae < 1"],
        &["history", &model],
        &["check"],
        &["check", "--json"],
        &["report", "-o", "-"],
        &["list", "--stage", &hidden],
        &["list", "--stage", &hidden, "--json"],
        &[&hidden],
        &[&hidden, "--json"],
        &["list", &format!("--{hidden}")],
        &["list", &format!("--{hidden}"), "--json"],
    ] {
        let ran = run(registry(&path).args(arguments));
        for stream in [&ran.stdout, &ran.stderr] {
            // The script of the page looks a metric up by this attribute, which is not shown.
            let shown = stream.replace(&format!("data-metric=\"{metric}\""), "");
            let raw = shown.chars().find(|&c| c != '\n' && hidden.contains(c));
            assert_eq!(raw, None, "{arguments:?}");
        }
    }
}

fn times_without_zone_and_in_the_future() {
    let folder = Folder::new();
    let mut text = manifest(3);
    for (index, created) in
        ["2099-01-01T00:00:00", "2025-01-01 00:00:00", "yesterday"].iter().enumerate()
    {
        let known = format!("\"run_id\": \"v{index}\"");
        let place = text.find(&known).expect("the version");
        let field = "\"created_at\": \"2025-12-01T05:00:00.000000+00:00\"";
        let at = place + text[place..].find(field).expect("its time");
        text.replace_range(at..at + field.len(), &format!("\"created_at\": \"{created}\""));
    }
    let path = folder.write("manifest.json", &text);
    let ran = run(registry(&path).args(["list", "m", "--sort-by", "created", "--json"]));
    let listed: serde_json::Value =
        serde_json::from_str(&ran.code(0).quiet().stdout).expect("JSON");
    let order: Vec<_> =
        listed.as_array().expect("a list").iter().map(|v| v["version"].clone()).collect();
    assert_eq!(order.len(), 3);
    let place = |name: &str| order.iter().position(|found| found == name).expect("it is listed");
    assert!(place("v1") < place("v0"), "{order:?}");
    assert_bytes(&path, text.as_bytes());
}
