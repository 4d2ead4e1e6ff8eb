//! The public interface of the library, as `tests/data/public-api.txt` lists it: one line for each
//! type, function, field and implementation. A change to the list is a change for every user of
//! the library, so a reviewer must see it.
//!
//! The list is taken from the sources, where the lint `unreachable_pub` makes sure that what is
//! `pub` can be reached. It shows names and signatures; `cargo semver-checks` finds more, but needs
//! a published version to compare with.
//!
//! Seen to fail: a derive removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use super::sources::sources_in;
use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = trials![the_public_interface_is_as_listed];
    // A branch may change the interface in several steps; CI asks for the list.
    trials.into_iter().map(|trial| trial.with_kind("CI").with_ignored_flag(true)).collect()
}

/// With `UPDATE_API` set, the list is written anew.
fn the_public_interface_is_as_listed() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/public-api.txt");
    let sources = sources_in(Path::new("src"));
    let library = sources.iter().filter(|(path, _)| !path.to_string_lossy().contains("src/bin"));
    let mut items = BTreeSet::new();
    for (_, text) in library {
        items.extend(public_items(text));
    }
    let types: BTreeSet<String> = items.iter().filter_map(|item| type_name(item)).collect();
    // `impl Display for Stage` counts if `Stage` is public.
    items.retain(|item| match item.split_once(" for ") {
        Some((start, end)) if start.starts_with("impl") => {
            let end = end.rsplit("::").next().unwrap_or(end);
            types.contains(end.split(['<', ' ']).next().unwrap_or(end))
        }
        _ => true,
    });
    assert!(items.len() > 100, "only {} items were found", items.len());
    let found = items.iter().cloned().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("UPDATE_API").is_some() {
        fs::write(&list, &found).expect("the list");
        return;
    }
    let listed = fs::read_to_string(&list).expect("the list");
    let lines = |text: &str| text.lines().map(ToOwned::to_owned).collect::<BTreeSet<_>>();
    let (old, new) = (lines(&listed), lines(&found));
    let gone: Vec<_> = old.difference(&new).collect();
    let added: Vec<_> = new.difference(&old).collect();
    assert!(
        gone.is_empty() && added.is_empty(),
        "the public interface has changed. If that is meant: UPDATE_API=1 cargo test --test cli \
         public_api -- --ignored\ngone: {gone:#?}\nadded: {added:#?}"
    );
}

/// The name of a public type.
fn type_name(item: &str) -> Option<String> {
    let (_, name) = item.split_once("pub struct ").or_else(|| item.split_once("pub enum "))?;
    Some(name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or(name).to_owned())
}

/// Every public item of a source, each on one line.
fn public_items(text: &str) -> Vec<String> {
    // Tests end a source, unless they are in a file of their own.
    let mut tests = text.match_indices("\n#[cfg(test)]\nmod ");
    let end = tests.find(|(at, mark)| {
        text[at + mark.len()..].lines().next().is_some_and(|line| line.ends_with('{'))
    });
    let text = end.map_or(text, |(at, _)| &text[..at]);
    let mut items = Vec::new();
    let mut owner = String::new();
    let mut attributes = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let indented = code.len() < line.len();
        if code.starts_with("//") || code.is_empty() {
            continue;
        }
        if code.starts_with("#[") {
            let attribute = whole(code, &mut lines, |text| text.ends_with(']'));
            if attribute.starts_with("#[derive") || attribute == "#[non_exhaustive]" {
                attributes += &format!("{attribute} ");
            }
            continue;
        }
        if !indented && code.starts_with("impl") {
            owner = whole(code, &mut lines, |text| text.ends_with(['{', '}']));
            owner.truncate(owner.trim_end_matches(['{', '}', ' ']).len());
            if owner.contains(" for ") {
                items.push(std::mem::take(&mut owner));
            }
        } else if code.starts_with("pub ") {
            let ends = |text: &str| text.ends_with(['{', ';', ',', '}']) && closed(text);
            let mut item = whole(code, &mut lines, ends);
            if item.starts_with("pub enum") && item.ends_with('{') {
                item = whole(&item, &mut lines, |text| text.ends_with('}') && balanced(text));
            }
            item.truncate(item.trim_end_matches(['{', ';', ',', ' ']).len());
            if !indented {
                owner.clear();
                if item.starts_with("pub struct") {
                    owner.clone_from(&item);
                }
            }
            let place = if indented { format!("{owner}: ") } else { String::new() };
            items.push(format!("{place}{attributes}{item}"));
        } else if line == "}" {
            owner.clear();
        }
        attributes.clear();
    }
    items
}

/// Code that may go on in the next lines, on one line and without comments and attributes.
fn whole<'t>(
    first: &str,
    lines: &mut impl Iterator<Item = &'t str>,
    ends: impl Fn(&str) -> bool,
) -> String {
    let mut text = first.to_owned();
    while !ends(&text) {
        let Some(line) = lines.next() else { break };
        let line = line.trim();
        if line.starts_with("#[") {
            let mut attribute = line.to_owned();
            while attribute.matches('[').count() > attribute.matches(']').count() {
                attribute += lines.next().unwrap_or("]");
            }
        } else if !line.starts_with("//") {
            text += " ";
            text += line;
        }
    }
    text
}

/// Whether no bracket of a signature is still open.
fn closed(text: &str) -> bool {
    let count = |wanted: char| text.matches(wanted).count();
    let brackets = count('(') == count(')') && count('[') == count(']');
    // `pub use a::{` goes on; `pub fn a() {` does not.
    brackets && (!text.starts_with("pub use") || balanced(text))
}

fn balanced(text: &str) -> bool {
    text.matches('{').count() == text.matches('}').count()
}
