//! Phrases that documentation and comments do not use.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![the_documentation_is_in_plain_words, banned_phrases_are_found_in_prose_only]
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
    let words = prose.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = format!(" {} ", words.collect::<Vec<_>>().join(" ").to_lowercase());
    let found = BANNED.iter().filter(|(phrase, _)| words.contains(&format!(" {phrase} ")));
    found.map(|(phrase, better)| format!("`{phrase}`: write `{better}`")).collect()
}
