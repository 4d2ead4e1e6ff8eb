//! Sets up a clone so that git merges the manifest with `registry merge`.
//!
//! `.gitattributes` and `.gitignore` in the root of the repository are committed and apply to every
//! clone. The merge driver is in the configuration of each clone, since git runs no program that
//! comes with a repository.
//!
//! Git itself reports whether an entry is effective, so equivalent lines count as well.

use std::path::{Path, PathBuf};

use super::repository_path::RepositoryPath;
use super::run::{Git, failed};
use crate::error::{Error, FileKind, Result};
use crate::manifest::files;

/// Name of the driver in `.gitattributes` and in git's configuration.
const DRIVER: &str = "registry";

const DRIVER_KEY: &str = "merge.registry.driver";
const NAME_KEY: &str = "merge.registry.name";
const NAME: &str = "merge of model registry manifests";

/// Driver for merging common ancestors, which git does first in a criss-cross merge. Our driver
/// would resolve a conflict between ancestors unseen. This one keeps one ancestor unchanged, so
/// that the conflict appears in the final merge.
const RECURSIVE_KEY: &str = "merge.registry.recursive";
const RECURSIVE: &str = "binary";

/// Command that git runs to merge a manifest. Git quotes the path in `%P`, which names the manifest
/// in the commands of our hints.
///
/// `registry merge` exits with 0 (merged) or 1 (conflicts). Anything else, such as 127 where the
/// program is not found, means that nothing was merged. Git before 2.40 treats that as a conflict
/// and leaves our side in the file, without any change of theirs. So the command falls back to
/// git's own line merge, with markers, and always reports a conflict: a merge by lines can be wrong
/// although it has no conflicts.
const COMMAND: &str = "registry merge %O %A %B --manifest=%P; status=$?; \
    test $status -le 1 || { git merge-file -L ours -L base -L theirs %A %O %B; status=1; }; \
    exit $status";

/// Commands that earlier versions configured. They are replaced.
const OLD_COMMANDS: [&str; 1] =
    ["registry merge %O %A %B --manifest=%P || exit $(($? == 1 ? 1 : 129))"];

/// The merge setup of a clone.
pub struct Setup {
    git: Git,
    root: PathBuf,
    /// Path of the manifest without links, since git merges the target.
    manifest: PathBuf,
    /// Path from the root of the repository.
    path: String,
}

/// A line or a setting that a clone needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetupItem {
    /// File in the root of the repository, or `None` for the clone's git configuration.
    pub file: Option<&'static str>,
    /// Line in the file, or `key = value` in the configuration.
    pub line: String,
    /// Whether the item is set up.
    pub readiness: Readiness,
    change: Change,
}

/// Whether an item is set up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// The item is effective.
    Ready,
    /// The item is missing.
    Missing,
    /// Another value is set, which is kept.
    Differs(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Change {
    Append(&'static str),
    Configure(&'static str, &'static str),
}

impl Setup {
    /// Finds the clone that contains a manifest, which need not exist yet.
    ///
    /// # Errors
    ///
    /// [`Error::NotARepository`]; [`Error::ForeignRepository`] if a link leads to another
    /// repository; [`Error::Invalid`] for a path that `.gitattributes` cannot contain;
    /// [`Error::NotAFile`], [`Error::Io`], [`Error::NoGit`], or [`Error::Git`], as for a bare
    /// repository.
    pub fn find(manifest: &Path) -> Result<Self> {
        let given = manifest;
        let manifest = files::target(given)?;
        let location = RepositoryPath::find(&manifest)?;
        // A link in a pull request must not lead to another repository of this user.
        if let Ok(named) = RepositoryPath::find(given)
            && canonical(&named.root) != canonical(&location.root)
        {
            return Err(Error::ForeignRepository {
                path: given.to_owned(),
                repository: location.root,
            });
        }
        let root = PathBuf::from(location.git.line(&["rev-parse", "--show-toplevel"])?);
        if !location.path.chars().all(needs_no_quotes) {
            return Err(Error::Invalid {
                field: "manifest path",
                value: location.path,
                problem: "cannot be written to .gitattributes: use letters, digits and `._-+@/`",
            });
        }
        Ok(Self { git: Git::new(&root), root, manifest, path: location.path })
    }

    /// Returns the items that the clone needs, and whether each is set up.
    ///
    /// # Errors
    ///
    /// [`Error::Git`] or [`Error::NoGit`].
    pub fn items(&self) -> Result<Vec<SetupItem>> {
        let line = format!("/{} merge={DRIVER}", self.path);
        let mut items = vec![SetupItem {
            file: Some(".gitattributes"),
            readiness: self.attribute(&line)?,
            line,
            change: Change::Append(".gitattributes"),
        }];
        for name in files::names_beside(&self.manifest) {
            // A file that the pattern of the temporary files matches.
            let file = name.replace('*', "1");
            let line = name;
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

    /// Adds the missing items, and changes nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::NotAFile`] if a file to be changed is a link or a folder, before anything is written;
    /// [`Error::Git`](crate::Error::Git) or [`Error::Io`](crate::Error::Io).
    pub fn complete(&self, items: &[SetupItem]) -> Result<()> {
        let missing = || items.iter().filter(|item| item.readiness == Readiness::Missing);
        let files = [".gitattributes", ".gitignore"].map(|file| {
            let lines = missing().filter(|item| item.change == Change::Append(file));
            (self.root.join(file), lines.map(|item| item.line.clone()).collect::<Vec<_>>())
        });
        let changed = || files.iter().filter(|(_, lines)| !lines.is_empty());
        for (path, _) in changed() {
            // Git ignores such a link, and it may lead to any file of this user.
            if path.is_symlink() {
                return Err(Error::NotAFile { path: path.clone(), found: FileKind::Link });
            }
            if path.is_dir() {
                return Err(Error::NotAFile { path: path.clone(), found: FileKind::Directory });
            }
        }
        for (path, lines) in changed() {
            files::append_lines(path, lines)?;
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
        let output = self.git.output(&arguments)?;
        // The path, the attribute and its value, each followed by a NUL.
        let value = output.split(|&byte| byte == 0).nth(2).unwrap_or_default();
        Ok(match &*String::from_utf8_lossy(value) {
            DRIVER => Readiness::Ready,
            "unspecified" if self.contains_line(".gitattributes", line) => overridden(),
            "unspecified" => Readiness::Missing,
            other => Readiness::Differs(format!("merge={other}")),
        })
    }

    /// Returns whether git ignores a file beside the manifest in every clone. The user's own
    /// `core.excludesFile` does not count.
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
            Some(1) if self.contains_line(".gitignore", line) => Ok(overridden()),
            Some(1) => Ok(Readiness::Missing),
            _ => Err(failed(&output)),
        }
    }

    /// Returns whether a file in the root contains this line.
    fn contains_line(&self, file: &str, line: &str) -> bool {
        let text = files::read_text(&self.root.join(file));
        text.is_ok_and(|text| text.lines().any(|found| found.trim_end() == line))
    }

    fn configured(&self, key: &str, expected: &str) -> Result<Readiness> {
        let output = self.git.run(&["config", "--get", key], b"")?;
        match output.status.code() {
            Some(0) => {
                let value = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
                // Git only displays the name, so any value is accepted.
                Ok(if value == expected || key == NAME_KEY {
                    Readiness::Ready
                } else if OLD_COMMANDS.contains(&&*value) {
                    Readiness::Missing
                } else {
                    Readiness::Differs(value)
                })
            }
            Some(1) => Ok(Readiness::Missing),
            _ => Err(failed(&output)),
        }
    }
}

/// Returns the state of a line that a later one overrides, so that adding it again would not help.
fn overridden() -> Readiness {
    Readiness::Differs("another line overrides it".to_owned())
}

/// Returns whether a character is literal in `.gitattributes`, in `.gitignore` and in a shell that
/// executes one of these files by mistake.
fn needs_no_quotes(character: char) -> bool {
    character.is_alphanumeric() || "._-+@/".contains(character)
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
