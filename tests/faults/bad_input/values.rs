//! Names and times that a manifest or a caller may hold.

use libtest_mimic::Trial;

use crate::support::{Folder, assert_bytes, manifest, registry, run, trials, versions_in};

pub(crate) fn trials() -> Vec<Trial> {
    trials![hostile_names, hostile_names_in_the_file, times_without_zone_and_in_the_future,]
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
    ] {
        for arguments in [
            ["register", name, "--artifact-path", "s3://p", "--version", "v"],
            ["register", "m", "--artifact-path", "s3://p", "--version", name],
        ] {
            let words =
                if arguments[1] == "m" { words.replace("model", "version") } else { words.into() };
            run(registry(&path).args(arguments)).code(2).says(&words);
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
