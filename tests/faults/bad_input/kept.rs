//! Content that must be kept unchanged.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::support::{
    Folder, Need, REGISTER, assert_bytes, lines_gone, manifest, program, registry, run, trials,
    versions_in,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        [Need::Program("python3")] => not_a_number_from_python,
        unknown_fields,
        digits_of_numbers,
        a_lone_surrogate,
        the_style_of_the_file,
        not_a_number_from_our_own_flag,
    ]
}

/// Registers a version. Every line is kept, in its place, but the time and the brace that gets a
/// comma.
#[track_caller]
fn register_elsewhere(path: &Path) {
    let before = fs::read_to_string(path).expect("a text");
    run(registry(path).args(REGISTER)).code(0).quiet();
    let after = fs::read_to_string(path).expect("a text");
    let gone = lines_gone(&before, &after);
    let harmless = |line: &&&str| line.contains("\"updated_at\": ") || line.trim() == "}";
    assert!(gone.len() <= 2 && gone.iter().filter(harmless).count() == gone.len(), "{gone:#?}");
    assert!(versions_in(path).contains(&"new".to_owned()));
}

fn python(script: &str, path: &Path) -> String {
    run(program("python3").args(["-c", script]).arg(path)).code(0).stdout.clone()
}

fn not_a_number_from_python() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(2));
    let diverge = "import json, sys; p = sys.argv[1]; d = json.load(open(p)); \
        d['models']['m']['versions'][0]['metrics'] = {'loss': float('nan'), 'a': float('inf'), \
        'b': -float('inf')}; json.dump(d, open(p, 'w'), indent=2)";
    python(diverge, &path);
    run(registry(&path).args(["list"])).code(0).quiet();
    assert_eq!(run(registry(&path).args(["production", "m"])).code(0).stdout, "runs/v1\n");
    register_elsewhere(&path);
    let read = "import json, sys; d = json.load(open(sys.argv[1])); v = d['models']['m']['versions']; \
        print(v[0]['metrics'], [x['version'] for x in v])";
    assert_eq!(python(read, &path), "{'loss': nan, 'a': inf, 'b': -inf} ['v0', 'v1', 'new']\n");
}

fn unknown_fields() {
    let folder = Folder::new();
    let text = manifest(2)
        .replacen("{\n", "{\n  \"$schema\": {\"z\": 1, \"a\": [true, null]},\n", 1)
        .replacen("\"name\": \"m\"", "\"owner\": \"é \\u00e9\",\n      \"name\": \"m\"", 1)
        .replacen("\"run_id\": \"v0\"", "\"tags\": [ 1,2 ],\n          \"run_id\": \"v0\"", 1)
        .replacen("\"models\"", "\"later\": {},\n  \"models\"", 1);
    for field in ["$schema", "owner", "tags", "later"] {
        assert!(text.contains(field), "{field} is in {text}");
    }
    register_elsewhere(&folder.write("manifest.json", text));
}

fn digits_of_numbers() {
    let folder = Folder::new();
    let numbers = "0.9073038322028689, 1e-05, 1.0, 18446744073709551616, 1e400, 1E5, -0.0, 1e-07";
    let line = |(index, number)| format!("            \"n{index}\": {number},\n");
    let lines = numbers.split(", ").enumerate().map(line).collect::<Vec<_>>().concat();
    let text = manifest(1).replacen(
        "            \"val_mae\"",
        &format!("{lines}            \"val_mae\""),
        1,
    );
    let path = folder.write("manifest.json", text);
    register_elsewhere(&path);
    let after = fs::read_to_string(&path).expect("a text");
    assert!(after.contains(&lines), "{after}");
}

/// Kept exactly where it means nothing to us, refused where it is a name.
fn a_lone_surrogate() {
    let folder = Folder::new();
    let text = manifest(1).replacen("{\n", "{\n  \"p\": \"caf\\udce9.bin\",\n", 1);
    let path = folder.write("manifest.json", text);
    register_elsewhere(&path);
    let after = fs::read_to_string(&path).expect("a text");
    assert!(after.contains("\"caf\\udce9.bin\"") && !after.contains('\u{fffd}'), "{after}");

    let bad = manifest(1).replacen("\"version\": \"v0\"", "\"version\": \"v\\udce9\"", 1);
    super::refuses(&folder.write("manifest.json", bad), &["line 9, column 24", "a lone surrogate"]);
}

fn the_style_of_the_file() {
    let ascii = manifest(2).replace("runs/v1", "runs/caf\\u00e9");
    let raw = ascii.replace("\\u00e9", "é");
    let styles = [
        ascii.clone(),
        raw.clone(),
        format!("{ascii}\n"),
        format!("{raw}\n"),
        ascii.replace('\n', "\r\n"),
        format!("{}\r\n", raw.replace('\n', "\r\n")),
        ascii.replace("  ", "\t"),
        ascii.replace("  ", "    "),
    ];
    for text in styles {
        let folder = Folder::new();
        let path = folder.write("manifest.json", &text);
        let entry = ["--description", "né", "--version", "entry", "--artifact-path", "s3://p"];
        run(registry(&path).args(["register", "m"]).args(entry)).code(0).quiet();
        register_elsewhere(&path);
        let after = fs::read_to_string(&path).expect("a text");
        assert_eq!(after.contains("né"), text.contains('é'), "{after}");
        assert_eq!(after.contains("\r\n"), text.contains("\r\n"));
        assert_eq!(
            after.matches('\n').count(),
            after.lines().count() - usize::from(!text.ends_with('\n'))
        );
        assert_eq!(
            after.contains("\n\t\t\t\t\t\"version\": \"new\""),
            text.contains('\t'),
            "{after}"
        );
    }
}

/// JSON has no such number, so it is stored as null, with a warning: a finished run is never left
/// unregistered.
fn not_a_number_from_our_own_flag() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(1));
    let flags = ["--metric", "loss=nan", "--metric", "top=-inf", "--metric", "auc=0.5"];
    let ran = run(registry(&path).args(REGISTER).args(flags));
    ran.code(0).reports("warning: metric `loss` is not finite; it is stored as null");
    ran.reports("warning: metric `top` is not finite; it is stored as null");
    let text = fs::read_to_string(&path).expect("a text");
    let metrics = "\"loss\": null,\n            \"top\": null,\n            \"auc\": 0.5\n";
    assert!(text.contains(metrics) && !text.contains("NaN"), "{text}");
    run(registry(&path).args(REGISTER).args(flags)).code(0);
    assert_bytes(&path, text.as_bytes());
}
