//! What a clone needs so that git merges a manifest by its meaning.
//!
//! Two files in the root of the repository say what holds for everybody and are reviewed there:
//! `.gitattributes` and `.gitignore`. The driver that the first one names is in the configuration
//! of each clone, as git runs no program that comes with a repository.
//!
//! Git itself is asked whether something is in force, so a line in other words will do as well.

use std::path::{Path, PathBuf};

use super::Place;
use super::run::{Git, failed};
use crate::error::Result;
use crate::manifest::Store;

/// The driver's name in `.gitattributes` and in git's configuration.
const DRIVER: &str = "registry";

const DRIVER_KEY: &str = "merge.registry.driver";
const NAME_KEY: &str = "merge.registry.name";
const NAME: &str = "merge of model registry manifests";

/// In a criss-cross, git first merges the common ancestors. With our driver, a conflict of theirs
/// would be settled unseen and count as what both sides began with. This driver takes the ancestor
/// as it is, and so leaves the conflict to the merge that a person looks at.
const RECURSIVE_KEY: &str = "merge.registry.recursive";
const RECURSIVE: &str = "binary";

/// What git runs. It puts quotes around the path in `%P`, which tells the commands that settle a
/// conflict which manifest they are about.
///
/// Git takes any exit code up to 128 for a conflict that is in the file. Where the program is not
/// found, that would be our side's text without a word of theirs; so it is made a failure.
const COMMAND: &str = "registry merge %O %A %B --manifest=%P || exit $(($? == 1 ? 1 : 129))";

/// A clone that is to merge a manifest by its meaning.
pub struct Setup {
    git: Git,
    root: PathBuf,
    /// The manifest, where it really is: that is the file that git merges.
    manifest: PathBuf,
    /// From the root of the repository.
    path: String,
}

/// One thing that a clone needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupItem {
    /// The file in the root of the repository; `None` for the clone's git configuration.
    pub file: Option<&'static str>,
    /// The line in the file, or the configuration's `key = value`.
    pub line: String,
    /// Whether it is there.
    pub readiness: Readiness,
    change: Change,
}

/// Whether a thing is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is in force.
    Ready,
    /// There is nothing of the kind.
    Missing,
    /// Something else is in its place, which somebody chose: it is left alone.
    Differs(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Append(&'static str),
    Configure(&'static str, &'static str),
}

impl Setup {
    /// Finds the clone that a manifest is in. The manifest need not be there yet.
    ///
    /// # Errors
    /// [`Error::NotARepository`](crate::Error::NotARepository),
    /// [`Error::NoGit`](crate::Error::NoGit), or [`Error::Git`](crate::Error::Git), as for a bare
    /// repository.
    pub fn find(manifest: &Path) -> Result<Self> {
        let manifest = Store::target(manifest)?;
        let place = Place::find(&manifest)?;
        let root = PathBuf::from(place.git.line(&["rev-parse", "--show-toplevel"])?);
        Ok(Self { git: Git::new(&root), root, manifest, path: place.path })
    }

    /// Everything that the clone needs, and whether it is there.
    ///
    /// # Errors
    /// [`Error::Git`](crate::Error::Git).
    pub fn items(&self) -> Result<Vec<SetupItem>> {
        let line = format!("{} merge={DRIVER}", attributes_pattern(&self.path));
        let mut items = vec![SetupItem {
            file: Some(".gitattributes"),
            readiness: self.attribute(&line)?,
            line,
            change: Change::Append(".gitattributes"),
        }];
        for name in Store::names_beside(&self.manifest) {
            let (name, ending) = match name.strip_suffix('*') {
                Some(start) => (start.to_owned(), "*"),
                None => (name, ""),
            };
            let line = ignore_pattern(&name) + ending;
            let file = if ending.is_empty() { name } else { name + "1" };
            items.push(SetupItem {
                file: Some(".gitignore"),
                readiness: self.ignored(&file, &line)?,
                line,
                change: Change::Append(".gitignore"),
            });
        }
        for (key, value) in [(NAME_KEY, NAME), (RECURSIVE_KEY, RECURSIVE), (DRIVER_KEY, COMMAND)] {
            items.push(SetupItem {
                file: None,
                line: format!("{key} = {value}"),
                readiness: self.configured(key, value)?,
                change: Change::Configure(key, value),
            });
        }
        Ok(items)
    }

    /// Adds what is missing of these, and nothing else.
    ///
    /// # Errors
    /// [`Error::Git`](crate::Error::Git) or [`Error::Io`](crate::Error::Io).
    pub fn complete(&self, items: &[SetupItem]) -> Result<()> {
        let missing = || items.iter().filter(|item| item.readiness == Readiness::Missing);
        for file in [".gitattributes", ".gitignore"] {
            let lines = missing().filter(|item| item.change == Change::Append(file));
            let lines: Vec<_> = lines.map(|item| item.line.clone()).collect();
            if !lines.is_empty() {
                Store::append_lines(&self.root.join(file), &lines)?;
            }
        }
        for item in missing() {
            if let Change::Configure(key, value) = item.change {
                self.git.line(&["config", "--local", key, value])?;
            }
        }
        Ok(())
    }

    fn attribute(&self, line: &str) -> Result<Readiness> {
        let arguments = ["check-attr", "-z", "merge", "--", &self.path];
        let output = self.git.run(&arguments, b"")?;
        if !output.status.success() {
            return Err(failed(&output));
        }
        // The path, the attribute and its value, each with a NUL behind it.
        let value = output.stdout.split(|&byte| byte == 0).nth(2).unwrap_or_default();
        Ok(match &*String::from_utf8_lossy(value) {
            DRIVER => Readiness::Ready,
            "unspecified" if self.says(".gitattributes", line) => overridden(),
            "unspecified" => Readiness::Missing,
            other => Readiness::Differs(format!("merge={other}")),
        })
    }

    /// Whether everybody's git ignores a file beside the manifest. What only this user's own
    /// `core.excludesFile` ignores does not count.
    fn ignored(&self, name: &str, line: &str) -> Result<Readiness> {
        let path = match self.path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name.to_owned(),
        };
        let arguments =
            ["-c", "core.excludesFile=", "check-ignore", "--quiet", "--no-index", "--", &path];
        let output = self.git.run(&arguments, b"")?;
        match output.status.code() {
            Some(0) => Ok(Readiness::Ready),
            Some(1) if self.says(".gitignore", line) => Ok(overridden()),
            Some(1) => Ok(Readiness::Missing),
            _ => Err(failed(&output)),
        }
    }

    /// Whether a file in the root has this line.
    fn says(&self, file: &str, line: &str) -> bool {
        let text = Store::read_text(&self.root.join(file));
        text.is_ok_and(|text| text.lines().any(|found| found.trim_end() == line))
    }

    fn configured(&self, key: &str, wanted: &str) -> Result<Readiness> {
        let output = self.git.run(&["config", "--get", key], b"")?;
        match output.status.code() {
            Some(0) => {
                let value = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
                // The name is for people, and any will do.
                let ready = value == wanted || key == NAME_KEY;
                Ok(if ready { Readiness::Ready } else { Readiness::Differs(value) })
            }
            Some(1) => Ok(Readiness::Missing),
            _ => Err(failed(&output)),
        }
    }
}

/// The line is there, and something further down overrides it: to add it again would not help.
fn overridden() -> Readiness {
    Readiness::Differs("another line overrides it".to_owned())
}

/// A path as a pattern of `.gitattributes` that means this file and no other.
fn attributes_pattern(path: &str) -> String {
    let pattern = format!("/{}", escaped(path));
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
    if pattern.chars().all(plain) {
        return pattern;
    }
    let mut quoted = String::from("\"");
    for character in pattern.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\{:03o}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// A file's name as a pattern of `.gitignore`, which has no quotes: a control character is any one.
fn ignore_pattern(name: &str) -> String {
    let pattern = escaped(name).replace(|c: char| c.is_ascii_control(), "?");
    pattern.replace(' ', "\\ ")
}

/// A text whose characters stand for themselves in a pattern.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if "*?[\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_one_file() {
        for (path, attributes, ignore) in [
            ("a/m.json", "/a/m.json", "a/m.json"),
            ("my models/m.json", "\"/my models/m.json\"", "my\\ models/m.json"),
            ("a[1]*.json", "/a\\[1]\\*.json", "a\\[1]\\*.json"),
            ("a b[1]", "\"/a b\\\\[1]\"", "a\\ b\\[1]"),
            ("say \"x\"", "\"/say \\\"x\\\"\"", "say\\ \"x\""),
            ("a\u{1}\n", "\"/a\\001\\n\"", "a??"),
        ] {
            assert_eq!(attributes_pattern(path), attributes);
            assert_eq!(ignore_pattern(path), ignore);
        }
    }
}
