//! Phrases that documentation, comments, messages and names of tests do not use.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_documentation_is_in_plain_words,
        the_source_is_in_plain_words,
        the_python_source_is_in_plain_words,
        banned_phrases_are_found_in_prose_only,
        banned_phrases_are_found_in_comments_strings_and_names,
    ]
}

/// Phrases, each with what to write instead.
const BANNED: [(&str, &str); 21] = [
    ("an url", "a URL"),
    ("as good as none", "what happens instead"),
    ("bears", "has, contains"),
    ("by its meaning", "name the command that does it"),
    ("goes lost", "is lost"),
    ("in force", "effective, set"),
    ("in the manner of", "like, in the style of"),
    ("is worth a", "produces a"),
    ("of itself", "name the thing"),
    ("on record", "recorded, in the history"),
    ("over staging", "through staging"),
    ("registered already", "already registered"),
    ("slip of the pen", "typo"),
    ("speaks of", "names, is about"),
    ("stands beside", "is beside"),
    ("stands in", "is in"),
    ("stands there", "is there"),
    ("tells of", "records, shows"),
    ("that which", "what"),
    ("whatever is", "any"),
    ("which is none", "is not a"),
];

/// More phrases that the source does not use.
const BANNED_IN_SOURCE: [(&str, &str); 12] = [
    ("goes on record", "is recorded"),
    ("said", "reported, printed"),
    ("say", "report, print"),
    ("says", "reports, contains"),
    ("speak", "name"),
    ("speaks", "names"),
    ("stands", "is"),
    ("tells", "reports, shows"),
    ("told", "reported"),
    ("whatever", "any"),
    ("what came of", "the result of"),
    ("whoever", "who, or name them"),
];

/// Phrases that contain a banned one and are plain.
const FINE: [&str; 1] = ["stands for"];

fn the_documentation_is_in_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.to_owned(), root.join("docs"), root.join("tests/cli")];
    let pages = folders.iter().flat_map(|folder| markdown_files(folder));
    let (mut count, mut found) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        found.extend(banned(&text).into_iter().map(|hit| format!("{}: {hit}", page.display())));
        count += 1;
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(count > 25, "only {count} pages found");
}

fn banned_phrases_are_found_in_prose_only() {
    let found =
        banned("The rule is in\nforce. A `tells of` is code.\n\n```sh\necho tells of\n```\n");
    assert_eq!(found, ["`in force`: write `effective, set`"]);
    assert_eq!(banned("It stands (there)."), ["`stands there`: write `is there`"]);
    assert!(banned("It understands notation, and is now tested.").is_empty());
}

fn the_source_is_in_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["benches", "crates", "fuzz/fuzz_targets", "src", "tests"] {
        files_below(&root.join(folder), "rs", &mut files);
    }
    let (mut count, mut found) = (0, Vec::new());
    for file in files.iter().filter(|file| !file.ends_with("tests/cli/wording.rs")) {
        let source = fs::read_to_string(file).expect("a source file");
        found.extend(banned_in_source(&source).into_iter().map(|hit| {
            let file = file.strip_prefix(root).expect("a file of this project");
            format!("{}: {hit}", file.display())
        }));
        count += 1;
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(count > 150, "only {count} files found");
}

/// No name in Python is a banned phrase, so the files are read as prose.
fn the_python_source_is_in_plain_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["benches", "examples", "python", "tests"] {
        files_below(&root.join(folder), "py", &mut files);
    }
    let mut found = Vec::new();
    for file in &files {
        let source = fs::read_to_string(file).expect("a source file");
        let prose: String = source.split('`').step_by(2).collect();
        let hits = banned_words(&words(&prose.replace('_', " ")));
        found.extend(hits.into_iter().map(|hit| format!("{}: {hit}", file.display())));
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(files.len() > 25, "only {} files found", files.len());
}

fn banned_phrases_are_found_in_comments_strings_and_names() {
    for (source, phrases) in [
        ("/// It stands\n/// there.", "stands there, stands"),
        ("let x = 1; // as told", "told"),
        ("let told = says(\"{told}\");", ""),
        ("error(\"the file says so\")", "says"),
        ("error(r#\"it \"says\" so\"#)", "says"),
        ("let quote = '\"'; // nobody is told", "told"),
        ("fn what_is_missing_is_said() {}", "said"),
        ("/// `told` is code, and so is this:\n/// ```\n/// says();\n/// ```", ""),
        ("// `None` stands for none", ""),
        ("// it is\nlet x = \"in\"; // force", ""),
    ] {
        let found = banned_in_source(source);
        let found: Vec<_> = found.iter().filter_map(|hit| hit.split('`').nth(1)).collect();
        assert_eq!(found.join(", "), phrases, "{source}");
    }
}

/// Adds the files with this extension below a folder.
fn files_below(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                files_below(&path, extension, files);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// The banned phrases in the comments, strings and names of functions of a source file.
fn banned_in_source(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for text in texts(source) {
        found.extend(banned_words(&words(&text)));
    }
    found
}

/// The banned phrases among the words of a text.
fn banned_words(words: &str) -> Vec<String> {
    let mut words = words.to_owned();
    for fine in FINE {
        words = words.replace(&format!(" {fine} "), " ");
    }
    let phrases = BANNED.iter().chain(&BANNED_IN_SOURCE);
    let phrases = phrases.filter(|(phrase, _)| words.contains(&format!(" {phrase} ")));
    phrases.map(|(phrase, better)| format!("`{phrase}`: write `{better}`")).collect()
}

/// The comments, strings and names of functions of a source file, each as one text. A comment goes
/// on in the next line. Code in comments and in the braces of strings is left out.
fn texts(source: &str) -> Vec<String> {
    let (mut texts, mut comment, mut rest) = (Vec::new(), String::new(), source);
    while let Some(character) = rest.chars().next() {
        let before = rest;
        if let Some(after) = rest.strip_prefix("//") {
            let line = after.split('\n').next().unwrap_or_default();
            comment += line.trim_start_matches(['/', '!']);
            comment.push('\n');
            rest = &after[line.len()..];
            continue;
        }
        if character.is_whitespace() {
            rest = &rest[character.len_utf8()..];
            continue;
        }
        if !comment.is_empty() {
            let prose: String = comment.split("```").step_by(2).collect();
            texts.push(prose.split('`').step_by(2).collect());
            comment.clear();
        }
        if let Some(after) = rest.strip_prefix('"') {
            let mut escaped = false;
            let end = after.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end.expect("the end of a string");
            texts.push(without_braces(&after[..end].replace("\\n", " ")));
            rest = &after[end + 1..];
        } else if let Some((text, after)) = raw_string(rest) {
            texts.push(without_braces(text));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("fn ") {
            let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next();
            let name = name.unwrap_or_default();
            if name.matches('_').count() > 1 {
                texts.push(name.to_owned());
            }
            rest = &after[name.len()..];
        } else if character.is_alphanumeric() || character == '_' {
            rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        } else if let Some(after) =
            ["'\"'", "'\\\"'", "'\\\\'", "'\\''"].iter().find_map(|quote| rest.strip_prefix(quote))
        {
            rest = after;
        } else {
            rest = &rest[character.len_utf8()..];
        }
        assert!(rest.len() < before.len(), "the position moves");
    }
    texts.push(comment.split("```").step_by(2).collect::<String>().split('`').step_by(2).collect());
    texts
}

/// The content of a raw string and the rest of the source.
fn raw_string(source: &str) -> Option<(&str, &str)> {
    let after = source.strip_prefix('r').or_else(|| source.strip_prefix("br"))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let after = after[hashes..].strip_prefix('"')?;
    after.split_once(&format!("\"{}", "#".repeat(hashes)))
}

fn without_braces(text: &str) -> String {
    text.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after)).collect()
}

fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The banned phrases in the prose of a page, which leaves out code and the quoted examples of
/// wording in CONTRIBUTING.md.
fn banned(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let prose: String = prose.split(['`', '"']).step_by(2).collect::<Vec<_>>().join(" ");
    let words = words(&prose);
    let found = BANNED.iter().filter(|(phrase, _)| words.contains(&format!(" {phrase} ")));
    found.map(|(phrase, better)| format!("`{phrase}`: write `{better}`")).collect()
}

/// The words of a text in lower case, each between two spaces.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    format!(" {} ", words.collect::<Vec<_>>().join(" ").to_lowercase())
}
