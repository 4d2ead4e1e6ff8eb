//! Reads a file as of a revision.
//!
//! Git resolves the revision to an object, then reads the path in it. If that fails, more calls find
//! the reason, or follow links that git does not.

use std::path::Path;

use super::links::Destination;
use super::repository_path::RepositoryPath;
use super::run::{failed, stderr_of};
use crate::error::{Error, FileKind, Result};
use crate::manifest::{Manifest, files};

impl RepositoryPath {
    /// Reads the manifest as of a revision.
    pub(super) fn manifest_at(&self, revision: &str) -> Result<Manifest> {
        let content = self.bytes_at(revision)?;
        Manifest::from_reader(&*content, Path::new(&format!("{revision}:{}", self.path)))
    }

    /// Returns the branches and tags.
    pub(super) fn revisions(&self) -> Result<Vec<String>> {
        let names = self.git.output(&["for-each-ref", "--format=%(refname:short)"])?;
        Ok(String::from_utf8_lossy(&names).lines().map(ToOwned::to_owned).collect())
    }

    /// Reads a file as of a revision, unless it is too large: its size is read first.
    pub(super) fn small_bytes_at(&self, revision: &str, name: &Path) -> Result<Vec<u8>> {
        let object = self.resolve(revision)?;
        let input = format!("{object}^{{commit}}:{}\n", self.path);
        let arguments = ["cat-file", "--batch-check", "--follow-symlinks"];
        let answer = self.git.run(&arguments, input.as_bytes())?.stdout;
        let head = String::from_utf8_lossy(&answer).into_owned();
        if let [_, "blob", size] = head.trim_end().split(' ').collect::<Vec<_>>()[..]
            && size.parse::<u64>().is_ok_and(|size| size > files::SMALL)
        {
            return Err(files::too_large(name));
        }
        self.read(&object, revision)
    }

    /// Returns the attributes that make the committed file differ from the one in the work tree.
    pub(super) fn conversions(&self) -> Result<Vec<String>> {
        let attributes = ["working-tree-encoding", "filter", "ident"];
        let arguments = [&["check-attr", "-z"][..], &attributes, &["--", &self.path]].concat();
        let output = self.git.output(&arguments)?;
        // The path, the attribute and its value, each followed by a NUL.
        let answer = String::from_utf8_lossy(&output).into_owned();
        let words: Vec<&str> = answer.split('\0').collect();
        let set =
            words.chunks_exact(3).filter(|words| !["unspecified", "unset"].contains(&words[2]));
        Ok(set.map(|words| format!("{}={}", words[1], words[2])).collect())
    }

    /// Reads the file as of a revision.
    pub(super) fn bytes_at(&self, revision: &str) -> Result<Vec<u8>> {
        let object = self.resolve(revision)?;
        self.read(&object, revision)
    }

    /// Returns the object that a revision names.
    pub(super) fn resolve(&self, revision: &str) -> Result<String> {
        let arguments = ["rev-parse", "--verify", "--end-of-options", revision];
        let output = self.git.run(&arguments, b"")?;
        let stderr = stderr_of(&output);
        // In these cases, git only prints a warning and returns some revision, which a script would
        // not notice.
        let is_warning = |line: &&str| {
            ["is ambiguous", " only goes back to ", " only has "]
                .iter()
                .any(|warning| line.contains(warning))
        };
        if let Some(line) = stderr.lines().find(is_warning) {
            let (_, warning) = line.split_once(": ").unwrap_or(("", line));
            let problem = format!("cannot be resolved reliably: {}", warning.trim_end_matches('.'));
            return Err(self.not_found(revision, problem, false));
        }
        let object = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let is_object = !object.is_empty() && object.chars().all(|c| c.is_ascii_hexdigit());
        if output.status.success() && is_object { Ok(object) } else { self.unknown(revision) }
    }

    /// Returns the content of the file in a revision, given as its object.
    fn read(&self, object: &str, revision: &str) -> Result<Vec<u8>> {
        let not_in_revision = |is_link| Error::NotInRevision {
            path: self.given.clone(),
            revision: revision.to_owned(),
            is_link,
        };
        let mut arguments = vec!["cat-file", "--batch", "--follow-symlinks"];
        let mut end = '\n';
        if self.path.contains('\n') {
            // Older versions of git do not support this option.
            arguments.push("-z");
            end = '\0';
        }
        let input = format!("{object}^{{commit}}:{}{end}", self.path);
        let output = self.git.run(&arguments, input.as_bytes())?;
        let mut answer = output.stdout.splitn(2, |&byte| byte == b'\n');
        let head = String::from_utf8_lossy(answer.next().unwrap_or_default()).into_owned();
        let content = answer.next().unwrap_or_default();
        let words: Vec<&str> = head.split(' ').collect();
        match words[..] {
            [_, "blob", size] => {
                let size = size.parse().unwrap_or(usize::MAX);
                match content.get(..size) {
                    Some(content) => Ok(content.to_vec()),
                    None => Err(failed(&output)),
                }
            }
            [_, "tree", _] => {
                Err(Error::NotAFile { path: self.given.clone(), found: FileKind::Directory })
            }
            ["dangling" | "symlink" | "loop", _] => match self.follow(object)? {
                Destination::File(_, blob) => self.git.output(&["cat-file", "blob", &blob]),
                Destination::Folder => {
                    Err(Error::NotAFile { path: self.given.clone(), found: FileKind::Directory })
                }
                Destination::Missing => Err(not_in_revision(false)),
                Destination::Nowhere => Err(not_in_revision(true)),
            },
            ["notdir", _] | [.., "missing" | "submodule"] => {
                // The commit may be missing, or the object may not be a commit.
                let commit = format!("{object}^{{commit}}");
                let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
                if self.git.run(&arguments, b"")?.status.success() {
                    return Err(not_in_revision(false));
                }
                if self.git.run(&["cat-file", "-e", object], b"")?.status.success() {
                    return Err(self.not_found(revision, "is not a commit".to_owned(), false));
                }
                self.unknown(revision)
            }
            _ => Err(failed(&output)),
        }
    }

    /// Returns the error for an unknown revision, which may be outside of a shallow clone.
    fn unknown<T>(&self, revision: &str) -> Result<T> {
        let shallow = self.git.line(&["rev-parse", "--is-shallow-repository"])? == "true";
        let problem = if shallow {
            "is not in this clone, which is shallow and has only a part of the history"
        } else {
            "is not in the repository"
        };
        Err(self.not_found(revision, problem.to_owned(), shallow))
    }

    fn not_found(&self, revision: &str, problem: String, shallow: bool) -> Error {
        let path = self.given.clone();
        Error::RevisionNotFound { revision: revision.to_owned(), path, problem, shallow }
    }
}
