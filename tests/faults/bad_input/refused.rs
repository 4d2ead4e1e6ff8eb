//! Files that are not manifests.

use std::fs::{self, File};
use std::path::Path;

use libtest_mimic::Trial;

use super::refuses;
use crate::support::{Folder, Need, assert_bytes, manifest, program, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_empty_manifest,
        a_truncated_manifest,
        [Need::Program("git")] => duplicate_keys_after_a_clean_merge,
        [Need::Program("git")] => conflict_markers,
        a_wrong_shape,
        a_byte_order_mark_or_invalid_utf_8,
        deep_nesting_private_names_and_huge_files,
        a_cut_file_is_refused_and_stays,
    ]
}

fn an_empty_manifest() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", "");
    refuses(&path, &["line 1, column 1: the file is empty", "git checkout -- "]);
}

fn a_truncated_manifest() {
    let folder = Folder::new();
    let text = manifest(3);
    let path = folder.write("manifest.json", &text[..text.len() - 20]);
    let lines = text[..text.len() - 20].lines().count();
    refuses(&path, &[&format!("line {lines}, column "), "the file ends too early"]);
}

/// Runs git without the user's settings.
#[track_caller]
fn git(folder: &Folder, arguments: &[&str]) -> Option<i32> {
    let mut command = program("git");
    command.current_dir(folder.path()).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
    ]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    run(command.args(arguments)).code
}

/// Creates a repository with two branches, merges them, and returns git's exit code.
fn merged(base: &str, ours: &str, theirs: &str) -> (Folder, Option<i32>) {
    let folder = Folder::new();
    assert_eq!(git(&folder, &["init", "-q", "-b", "main"]), Some(0));
    let commit = |text: &str| {
        folder.write("manifest.json", text);
        assert_eq!(git(&folder, &["add", "manifest.json"]), Some(0));
        assert_eq!(git(&folder, &["commit", "-q", "-m", "Change the manifest"]), Some(0));
    };
    commit(base);
    assert_eq!(git(&folder, &["checkout", "-q", "-b", "theirs"]), Some(0));
    commit(theirs);
    assert_eq!(git(&folder, &["checkout", "-q", "main"]), Some(0));
    commit(ours);
    let code = git(&folder, &["merge", "-q", "theirs"]);
    (folder, code)
}

fn model(name: &str, version: &str) -> String {
    let version = format!(
        "{{\n          \"version\": \"{version}\",\n          \"run_id\": \"{version}\",\n          \
         \"artifact_path\": \"runs/{version}\"\n        }}"
    );
    format!("    \"{name}\": {{\n      \"versions\": [\n        {version}\n      ]\n    }}")
}

fn document(models: &[String]) -> String {
    format!("{{\n  \"models\": {{\n{}\n  }}\n}}", models.join(",\n"))
}

/// Two branches add the same model at different places. Git sees no conflict; Python and most
/// other readers would take one side and drop the other without a word.
fn duplicate_keys_after_a_clean_merge() {
    let [a, b, c] = ["a", "b", "c"].map(|name| model(name, "1"));
    let base = document(&[a.clone(), b.clone(), c.clone()]);
    let ours = document(&[a.clone(), model("m", "ours"), b.clone(), c.clone()]);
    let theirs = document(&[a, b, model("m", "theirs"), c]);
    let (folder, code) = merged(&base, &ours, &theirs);
    assert_eq!(code, Some(0), "git merges it without a conflict");

    let path = folder.file("manifest.json");
    let text = fs::read_to_string(&path).expect("the merged file");
    let places: Vec<_> = text.lines().enumerate().filter(|(_, l)| l.contains("\"m\": {")).collect();
    let [(first, _), (second, _)] = places[..] else { panic!("{text}") };
    let (first, second) = (first + 1, second + 1);
    refuses(
        &path,
        &[
            &format!("line {second}, column 5: duplicate key `m`"),
            &format!("first on line {first}"),
        ],
    );
}

fn conflict_markers() {
    let versions = ["base", "ours", "theirs"].map(|version| document(&[model("m", version)]));
    let (folder, code) = merged(&versions[0], &versions[1], &versions[2]);
    assert_eq!(code, Some(1), "git finds a conflict");
    let path = folder.file("manifest.json");
    let text = fs::read_to_string(&path).expect("the merged file");
    let line = text.lines().position(|line| line.starts_with("<<<<<<<")).expect("a marker") + 1;
    refuses(
        &path,
        &[
            &format!("line {line}, column 1: unresolved merge conflict at line {line}"),
            "hint: choose a side: registry resolve -m ",
        ],
    );
}

fn a_wrong_shape() {
    for (text, words) in [
        ("[]", "line 1, column 1: expected an object"),
        ("null", "line 1, column 1: expected an object"),
        ("\"x\"", "line 1, column 1: expected an object"),
        ("{\"models\": []}", "line 1, column 12: expected an object"),
        ("{\"models\": {\"m\": {\"versions\": [\"v\"]}}}", "column 32: expected an object"),
        ("{\"models\": {\"m\": {\"versions\": [{}]}}}", "this version has no `version`"),
    ] {
        let folder = Folder::new();
        refuses(&folder.write("manifest.json", text), &[words]);
    }
}

fn a_byte_order_mark_or_invalid_utf_8() {
    let good = manifest(1);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(good.encode_utf16()).flat_map(bytes).collect()
    };
    for (bytes, words) in [
        ([b"\xef\xbb\xbf", good.as_bytes()].concat(), "begins with a byte order mark"),
        (utf16(u16::to_le_bytes), "the file is UTF-16; it must be UTF-8"),
        (utf16(u16::to_be_bytes), "the file is UTF-16; it must be UTF-8"),
        ([good.as_bytes(), b"\xff"].concat(), "the file is not UTF-8"),
    ] {
        let folder = Folder::new();
        refuses(&folder.write("manifest.json", bytes), &[words]);
    }
}

fn deep_nesting_private_names_and_huge_files() {
    let folder = Folder::new();
    let nested = |depth: usize| format!("{{\"x\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    refuses(&folder.write("manifest.json", "[".repeat(100_000)), &["expected an object"]);
    refuses(&folder.write("manifest.json", nested(1_100)), &["nested too deep"]);
    refuses(&folder.write("manifest.json", nested(100_000)), &["nested too deep"]);
    for accepted in [nested(200), "{\"x\": {\"$serde_json::private::Number\": 3}}".to_owned()] {
        let path = folder.write("manifest.json", &accepted);
        run(registry(&path).args(["list"])).code(0);
        assert_bytes(&path, accepted.as_bytes());
    }
    let path = folder.file("huge.json");
    // A hole: it takes no room on the disk.
    File::create(&path).and_then(|file| file.set_len((4 << 30) + 1)).expect("a sparse file");
    refuses_a_huge_file(&path);
}

#[track_caller]
fn refuses_a_huge_file(path: &Path) {
    let words = format!("cannot read `{}`: the file is larger than 4 GiB", path.display());
    for verb in [&["list"][..], &["register", "m", "--artifact-path", "s3://p"]] {
        run(registry(path).args(verb)).code(1).reports(&words);
    }
    assert_eq!(fs::metadata(path).expect("still there").len(), (4 << 30) + 1);
}

fn a_cut_file_is_refused_and_stays() {
    let folder = Folder::new();
    let text = manifest(3);
    // A cut in a name, in a number, between two versions, and before the last brace.
    let cuts = [1, text.len() / 3, text.find("3.5").expect("a metric") + 2, text.len() - 1];
    std::thread::scope(|scope| {
        for cut in cuts {
            let path = folder.write(&format!("{cut}.json"), &text[..cut]);
            scope.spawn(move || {
                for verb in [&["list"][..], &["production", "m"], &["path", "m"]] {
                    refused(&path, verb, cut);
                }
                refused(&path, &["register", "m", "--artifact-path", "s3://p"], cut);
                refused(&path, &["promote", "m", "v0", "--stage", "prod"], cut);
            });
        }
    });
    for cut in cuts {
        assert_bytes(&folder.file(&format!("{cut}.json")), &text.as_bytes()[..cut]);
    }
}

#[track_caller]
fn refused(path: &Path, verb: &[&str], cut: usize) {
    let ran = run(registry(path).args(verb));
    ran.code(1).reports(&format!("error: `{}`, line ", path.display())).reports("ends too early");
    assert_eq!(ran.stdout, "", "{verb:?}, cut at {cut}");
}
