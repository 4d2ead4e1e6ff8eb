//! The manifest as of a git revision, and what a clone needs for its merges.
//!
//! It runs the `git` program, and nothing else does. The repository is the one that the manifest's
//! folder is in, a linked work tree or a bare repository included, whatever `GIT_DIR` says: that
//! is set in hooks and merge drivers, where it may lead elsewhere.

mod run;
mod setup;

pub use setup::{Readiness, Setup, SetupItem};

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::manifest::{Manifest, Store};
use run::{Git, failed, said, text};

/// The manifest as it is in a revision: whatever `git rev-parse` takes for one.
///
/// The file need not be there any more, only its name in the revision. Where that is a link in the
/// revision, it is followed inside it; where the path is a link on disk and the revision has
/// nothing of its name, it is followed on disk.
///
/// # Errors
/// [`Error::Invalid`] for a text that is no revision, [`Error::RevisionNotFound`],
/// [`Error::NotInRevision`], [`Error::NotARepository`], [`Error::NoGit`], [`Error::Git`], or
/// [`Error::BadDocument`] if the manifest was none at that time.
///
/// ```no_run
/// let manifest = model_registry::git::manifest_at("manifest.json".as_ref(), "v1.2")?;
/// println!("{}", manifest.production("minutes_v1_lgbm")?.artifact_path());
/// # Ok::<(), model_registry::Error>(())
/// ```
pub fn manifest_at(path: &Path, revision: &str) -> Result<Manifest> {
    require_revision(revision)?;
    let found = Place::find(path).and_then(|place| place.manifest_at(revision));
    match found {
        Err(Error::NotARepository { .. } | Error::NotInRevision { .. }) => {
            match Store::link_target(path)? {
                Some(target) => Place::find(&target)?.manifest_at(revision),
                None => found,
            }
        }
        found => found,
    }
}

/// Makes sure that git takes the text for a revision and not for an option.
fn require_revision(revision: &str) -> Result<()> {
    let problem = if revision.trim().is_empty() {
        "is empty"
    } else if revision.starts_with('-') {
        "begins with `-`, which no revision does"
    } else if revision.chars().any(char::is_control) {
        "has control characters, which no revision has"
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field: "revision", value: revision.to_owned(), problem })
}

/// Where a file is in a repository.
struct Place {
    git: Git,
    /// The path as it was given.
    given: PathBuf,
    /// From the root of the repository, with `/`.
    path: String,
}

impl Place {
    fn find(given: &Path) -> Result<Self> {
        // The folder may be gone from the disk and still be in the revision.
        let mut folder = given.to_owned();
        let mut names = VecDeque::new();
        loop {
            let Some(name) = folder.file_name() else {
                return Err(Error::NotAFile { path: given.to_owned(), kind: "a directory" });
            };
            names.push_front(text(name.as_encoded_bytes())?);
            folder.pop();
            if folder.as_os_str().is_empty() {
                folder.push(".");
            }
            if folder.is_dir() {
                break;
            }
        }
        let git = Git::new(&folder);
        let prefix = git.line(&["rev-parse", "--show-prefix"]).map_err(|error| match error {
            Error::Git { problem } if problem.starts_with("not a git repository") => {
                Error::NotARepository { path: given.to_owned() }
            }
            error => error,
        })?;
        let names: Vec<String> = names.into();
        Ok(Self { git, given: given.to_owned(), path: prefix + &names.join("/") })
    }

    fn manifest_at(&self, revision: &str) -> Result<Manifest> {
        let object = self.resolve(revision)?;
        let content = self.read(&object, revision)?;
        Store::read_from(&*content, Path::new(&format!("{revision}:{}", self.path)))
    }

    /// The object that a revision names.
    fn resolve(&self, revision: &str) -> Result<String> {
        let arguments = [
            "-c",
            "core.warnAmbiguousRefs=true",
            "rev-parse",
            "--verify",
            "--end-of-options",
            revision,
        ];
        let output = self.git.run(&arguments, b"")?;
        let said = said(&output);
        // Git only warns of these and answers something; in a script nobody would see it.
        let doubt = |line: &&str| {
            ["is ambiguous", " only goes back to ", " only has "]
                .iter()
                .any(|doubt| line.contains(doubt))
        };
        if let Some(line) = said.lines().find(doubt) {
            let (_, doubt) = line.split_once(": ").unwrap_or(("", line));
            let problem = format!("is not certain: {}", doubt.trim_end_matches('.'));
            return Err(self.not_found(revision, problem, false));
        }
        let object = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let is_object = !object.is_empty() && object.chars().all(|c| c.is_ascii_hexdigit());
        if output.status.success() && is_object { Ok(object) } else { self.unknown(revision) }
    }

    /// The text of the file in the revision whose object this is.
    fn read(&self, object: &str, revision: &str) -> Result<Vec<u8>> {
        let not_there = |is_link| Error::NotInRevision {
            path: self.given.clone(),
            revision: revision.to_owned(),
            is_link,
        };
        let mut arguments = vec!["cat-file", "--batch", "--follow-symlinks"];
        let mut end = '\n';
        if self.path.contains('\n') {
            // Older versions of git do not know this option.
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
                Err(Error::NotAFile { path: self.given.clone(), kind: "a directory" })
            }
            ["dangling" | "symlink" | "loop", _] => Err(not_there(true)),
            ["notdir", _] | [.., "missing" | "submodule"] => {
                // It may be the commit that is not there, or is none.
                let commit = format!("{object}^{{commit}}");
                let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
                if self.git.run(&arguments, b"")?.status.success() {
                    return Err(not_there(false));
                }
                if self.git.run(&["cat-file", "-e", object], b"")?.status.success() {
                    return Err(self.not_found(revision, "is no commit".to_owned(), false));
                }
                self.unknown(revision)
            }
            _ => Err(failed(&output)),
        }
    }

    /// A shallow clone ends somewhere, and what lies beyond is not known to git.
    fn unknown<T>(&self, revision: &str) -> Result<T> {
        let shallow = self.git.line(&["rev-parse", "--is-shallow-repository"])? == "true";
        let problem = if shallow {
            "is not in this clone, which is shallow: it may lie beyond where the history is cut off"
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
