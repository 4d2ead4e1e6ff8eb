//! Files that are not manifests, and the error of every command for each.

use std::fs;
use std::path::Path;
use std::thread;

use libtest_mimic::Trial;
use model_registry::{Error, Store};

use crate::support::{Folder, Ran, assert_bytes, manifest, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_bad_file_is_refused_with_its_path_and_reason_and_stays,
        a_bad_document_on_standard_input_is_refused,
        what_python_accepts_is_accepted,
    ]
}

/// One bad file and words of the reason.
struct Case {
    name: &'static str,
    content: Vec<u8>,
    reason: &'static str,
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let good = manifest(2);
    let case = |name, content: &str, reason| Case { name, content: content.into(), reason };
    let changed = |name, from: &str, to: &str, reason| {
        assert!(good.contains(from), "{name}");
        Case { name, content: good.replacen(from, to, 1).into_bytes(), reason }
    };
    let bytes = |name, content: Vec<u8>, reason| Case { name, content, reason };
    let utf16 = |mark: u16, write: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark).chain(good.encode_utf16()).flat_map(write).collect()
    };
    let deep = |depth: usize| format!("{{\"x\": {}{}}}", "[".repeat(depth), "]".repeat(depth));

    vec![
        // Not there, or not all there
        case("empty", "", "line 1, column 1: the file is empty"),
        case("blank", " \n\n", "line 1, column 1: the file is empty"),
        case("cut", &good[..good.len() / 2], "the file ends too early"),
        bytes("zeros", vec![0; 4096], "line 1, column 1: expected an object"),
        bytes("cut in a character", b"{\"x\": \"caf\xc3".to_vec(), "the file is not UTF-8"),
        // What git leaves
        changed(
            "conflict",
            "      \"name\": \"m\",\n",
            "<<<<<<< HEAD\n      \"name\": \"m\",\n=======\n      \"name\": \"n\",\n>>>>>>> x\n",
            "line 6, column 1: unresolved merge conflict at line 6",
        ),
        // Duplicate keys at every level
        changed("twice at the top", "{\n", "{\n  \"models\": {},\n", "duplicate key `models`"),
        changed(
            "a model twice",
            "\"models\": {\n",
            "\"models\": {\n    \"m\": {},\n",
            "duplicate key `m`, first on line 5",
        ),
        changed("in a model", "\"name\"", "\"versions\": [], \"name\"", "duplicate key `versions`"),
        changed("in a version", "\"run_id\"", "\"stage\": null, \"run_id\"", "`stage`"),
        changed("in metrics", "\"rows\"", "\"val_mae\": 1, \"rows\"", "duplicate key `val_mae`"),
        changed(
            "in a field of others",
            "{\n",
            "{\"x\": {\"a\": 1, \"a\": 2},\n",
            "duplicate key `a`",
        ),
        changed(
            "far down in a field of others",
            "\"description\": \"\"",
            "\"description\": \"\", \"x\": [1, {\"y\": {\"a\": 1, \"a\": 2}}]",
            "duplicate key `a`",
        ),
        changed(
            "a version twice",
            "\"version\": \"v1\"",
            "\"version\": \"v0\"",
            "duplicate version `v0`",
        ),
        // Wrong shapes
        case("an array", "[]", "line 1, column 1: expected an object"),
        case("null", "null", "expected an object"),
        case("a string", "\"x\"", "expected an object"),
        case("a number", "1", "expected an object"),
        case("models are a list", "{\"models\": []}", "expected an object"),
        case("models are null", "{\"models\": null}", "expected an object"),
        case("a model is a list", "{\"models\": {\"m\": []}}", "expected an object"),
        case(
            "versions are not a list",
            "{\"models\": {\"m\": {\"versions\": {}}}}",
            "expected an array",
        ),
        changed(
            "a version is a string",
            "{\n          \"version\"",
            "\"x\", {\"version\"",
            "expected an object",
        ),
        changed(
            "a version without a name",
            "\"version\": \"v0\",",
            "",
            "this version has no `version`",
        ),
        changed(
            "a name is a number",
            "\"version\": \"v0\"",
            "\"version\": 1",
            "`version` is not a string",
        ),
        changed("an empty path", "\"runs/v0\"", "\"\"", "this version has no `artifact_path`"),
        changed("a stage", "\"stage\": \"dev\"", "\"stage\": \"live\"", "unknown stage `live`"),
        changed(
            "metrics are a list",
            "\"metrics\": {",
            "\"metrics\": [], \"y\": {",
            "`metrics` is not an object",
        ),
        changed(
            "a pointer is a number",
            "\"current_prod\": \"v1\"",
            "\"current_prod\": 1",
            "`current_prod` is not a string",
        ),
        changed(
            "from the future",
            "\"1.0.0\"",
            "\"2.0.0\"",
            "schema version 2.0.0 is newer than this program",
        ),
        changed(
            "no schema",
            "\"1.0.0\"",
            "\"one\"",
            "schema version `one` is not a version number",
        ),
        // Other encodings
        bytes(
            "a mark",
            [b"\xef\xbb\xbf", good.as_bytes()].concat(),
            "begins with a byte order mark",
        ),
        bytes("UTF-16, small end first", utf16(0xfeff, u16::to_le_bytes), "the file is UTF-16"),
        bytes("UTF-16, big end first", utf16(0xfeff, u16::to_be_bytes), "the file is UTF-16"),
        bytes("not UTF-8", [good.as_bytes(), b"\xff"].concat(), "the file is not UTF-8"),
        bytes(
            "Latin-1",
            b"{\"models\": {}, \"x\": \"caf\xe9\"}".to_vec(),
            "line 1, column 25: the file is not UTF-8",
        ),
        // A lone surrogate where a text must mean something
        changed(
            "a name with half a character",
            "\"v0\"",
            "\"v\\ud83d\"",
            "contains a lone surrogate",
        ),
        // Not JSON
        case("one quote", "{'models': {}}", "expected a key in quotes"),
        case("a comma too many", "{\"models\": {},}", "expected a key in quotes"),
        case("a comment", "{\"models\": {}} // end", "expected the end of the file"),
        case("two documents", "{\"models\": {}}{}", "expected the end of the file"),
        case("a line break in a string", "{\"x\": \"a\nb\"}", "a string holds a control character"),
        case("an escape", "{\"x\": \"\\q\"}", "a string holds an unknown escape"),
        case("leading zeros", "{\"x\": 007}", "not a number"),
        case("a plus", "{\"x\": +1}", "expected a value"),
        case("nan", "{\"x\": nan}", "expected a value"),
        case("crossed brackets", "{\"x\": [1}}", "expected `,` or `]`"),
        // Nesting
        case("deep", &deep(1100), "nested too deep"),
        case("very deep", &deep(100_000), "nested too deep"),
        case("deep and open", &"[".repeat(100_000), "expected an object"),
        case("deep objects", &"{\"x\":".repeat(100_000), "nested too deep"),
        // A name that means something inside serde_json
        case(
            "a token",
            "{\"models\": {\"m\": {\"$serde_json::private::Number\": 3, \"versions\": 1}}}",
            "expected an array",
        ),
    ]
}

fn a_bad_file_is_refused_with_its_path_and_reason_and_stays() {
    let folder = Folder::new();
    // In parallel, because truncated files are read again for a second.
    thread::scope(|scope| {
        for (number, case) in cases().into_iter().enumerate() {
            let path = folder.write(&format!("{number}.json"), &case.content);
            scope.spawn(move || refused(&path, &case));
        }
    });
    assert_eq!(folder.leftovers(), [""; 0]);
}

fn refused(path: &Path, case: &Case) {
    let place = format!("`{}`, line ", path.display());
    for result in [
        Store::new(path).load().map(drop),
        Store::new(path).update(|_| panic!("{}: changed on a bad file", case.name)),
    ] {
        let Err(Error::BadDocument { problem, .. }) = &result else {
            panic!("{}: {result:?}", case.name);
        };
        let message = result.as_ref().expect_err("it is one").to_string();
        assert!(message.starts_with(&place), "{}: {message}", case.name);
        assert!(message.contains(case.reason), "{}: {message}", case.name);
        assert!(!problem.ends_with('.'), "{}: {message}", case.name);
    }
    let bad = |ran: Ran| {
        ran.code(1).reports(&format!("error: {place}")).reports(case.reason).reports("\nhint: ");
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 2), "{ran:?}");
    };
    bad(run(registry(path).args(["list"])));
    bad(run(registry(path).args(["promote", "m", "v0", "--stage", "prod"])));
    // `production` works although another version is invalid.
    match Store::new(path).production("m") {
        Ok(version) => assert_eq!(version.version(), "v1", "{}", case.name),
        Err(_) => bad(run(registry(path).args(["production", "m"]))),
    }
    bad(run(registry(path).args(["register", "m", "--artifact-path", "s3://p"])));
    assert_bytes(path, &case.content);
}

/// A stream is read only once, since nobody will write the rest of it.
fn a_bad_document_on_standard_input_is_refused() {
    let folder = Folder::new();
    for case in cases() {
        let input = fs::File::open(folder.write("input", &case.content)).expect("the file");
        let ran = run(registry(Path::new("-")).args(["list"]).stdin(input));
        ran.code(1).reports("error: `standard input`, line ").reports(case.reason);
        assert_eq!(ran.stdout, "", "{}", case.name);
    }
}

/// Unusual manifests are accepted and kept unchanged.
fn what_python_accepts_is_accepted() {
    let folder = Folder::new();
    let deep = format!("{{\"models\": {{}}, \"x\": {}{}}}", "[".repeat(200), "]".repeat(200));
    for (name, content) in [
        ("nothing", "{}"),
        ("deep", &*deep),
        ("a token", "{\"models\": {}, \"x\": {\"$serde_json::private::Number\": 3}}"),
        ("another token", "{\"$serde_json::private::RawValue\": \"1.5\", \"models\": {}}"),
        ("huge numbers", "{\"models\": {}, \"x\": [1e400, -1E5, 123456789012345678901234567890]}"),
        ("half a character", "{\"models\": {}, \"x\": \"caf\\udce9.bin\", \"\\ud800\": 1}"),
    ] {
        let path = folder.write(&format!("{name}.json"), content);
        run(registry(&path).args(["list"])).code(0);
        assert_bytes(&path, content.as_bytes());
        run(registry(&path).args(["register", "m", "--artifact-path", "s3://p", "--version", "1"]))
            .code(0);
        let text = fs::read_to_string(&path).expect("a text");
        let kept = content.trim_start_matches("{\"models\": {}, ").trim_matches(['{', '}']);
        let kept = kept.trim_end_matches(", \"models\": ");
        assert!(text.contains(kept), "{name}: {text}");
        assert_eq!(run(registry(&path).args(["path", "m", "1"])).code(0).stdout, "s3://p\n");
    }
}
