//! Computes the digests of artifacts, several files at once.

use std::cmp::Reverse;
use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};

use super::digest::{Digest, hex};
use super::pool::in_parallel;
use super::tree::{Entry, FileState, Tree, cannot_read, list};
use crate::error::{Error, Result};
use crate::manifest::Remote;

/// Large enough that reading costs little beside hashing, small enough to stay in the cache.
pub(super) const BUFFER: usize = 128 * 1024;

/// Digest and size of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Measured {
    /// SHA-256 of a file, or of the list of a folder's files.
    pub digest: Digest,
    /// Size of the file, or of all files in the folder, in bytes.
    pub size: u64,
}

/// Receives how far hashing is. `()` ignores it.
pub trait Progress: Sync {
    /// Called once with the number of bytes to hash.
    fn start(&self, bytes: u64);
    /// Called from several threads with the number of bytes that were hashed since the last call.
    fn advance(&self, bytes: u64);
}

impl Progress for () {
    fn start(&self, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// How to hash: on how many threads, what receives the progress, and how to reach object stores.
#[derive(Clone, Copy)]
pub struct Work<'p> {
    pub(super) threads: NonZero<usize>,
    pub(super) progress: &'p dyn Progress,
    pub(super) remote: Option<&'p Remote>,
}

impl Default for Work<'_> {
    /// One thread, without progress.
    fn default() -> Self {
        Self { threads: NonZero::<usize>::MIN, progress: &(), remote: None }
    }
}

impl<'p> Work<'p> {
    /// Hashes this many files at once.
    #[must_use]
    pub const fn threads(mut self, threads: NonZero<usize>) -> Self {
        self.threads = threads;
        self
    }

    /// Reports the progress.
    #[must_use]
    pub fn progress(mut self, progress: &'p dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Sets the access to object stores, for artifacts that are objects. Files do not need it.
    #[must_use]
    pub fn remote(mut self, remote: &'p Remote) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Computes the digest of each path; `None` for one that does not exist.
    ///
    /// The digest of a file is its SHA-256. The digest of a folder is the SHA-256 of a list with
    /// one entry for each file below it, in the order of the bytes of their paths: the file's
    /// SHA-256 as 64 digits, two spaces, its path from `./` on, and a zero byte. That is what this
    /// command computes:
    ///
    /// ```sh
    /// find -L . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z | sha256sum
    /// ```
    ///
    /// Symbolic links are followed. Empty folders, modes and times are not part of the digest.
    ///
    /// # Errors
    /// [`Error::Io`] for what cannot be read, such as a link that leads nowhere,
    /// [`Error::NotAFile`] for a pipe or a device, and [`Error::ChangedWhileRead`].
    pub fn digests(&self, paths: &[PathBuf]) -> Vec<Result<Option<Measured>>> {
        self.digests_with(paths, 0)
    }

    /// Computes the digests of paths, where `more` bytes will be hashed after them.
    pub(super) fn digests_with(
        &self,
        paths: &[PathBuf],
        more: u64,
    ) -> Vec<Result<Option<Measured>>> {
        let trees: Vec<_> = paths.iter().map(|path| list(path)).collect();
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for (artifact, tree) in trees.iter().enumerate() {
            if let Ok(Some(tree)) = tree {
                tasks.extend(tree.entries().iter().map(|entry| Task { artifact, entry }));
            }
        }
        self.progress
            .start(tasks.iter().map(|task| task.entry.state.size).fold(more, u64::saturating_add));
        let mut hashes = self.run(&tasks, trees.len()).into_iter();
        let finish = |(tree, path): (Result<Option<Tree>>, &PathBuf)| {
            let Some(tree) = tree? else { return Ok(None) };
            // Every hash is taken, so that the next artifact finds its own.
            let hashes: Vec<_> = hashes.by_ref().take(tree.entries().len()).collect();
            let hashes = hashes.into_iter().flatten().collect::<Result<Vec<_>>>()?;
            if hashes.len() < tree.entries().len() {
                return Err(Error::ChangedWhileRead { path: path.clone() });
            }
            if matches!(tree, Tree::Folder(_)) && list(path)?.as_ref() != Some(&tree) {
                return Err(Error::ChangedWhileRead { path: path.clone() });
            }
            Ok(Some(measured(&tree, &hashes)))
        };
        // The trees are borrowed by the tasks until here.
        drop(tasks);
        trees.into_iter().zip(paths).map(finish).collect()
    }

    /// Hashes the files, the largest first. After a failure the other files of the artifact are
    /// left out.
    fn run(&self, tasks: &[Task<'_>], artifacts: usize) -> Vec<Option<Result<[u8; 32]>>> {
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|&index| Reverse(tasks[index].entry.state.size));
        let failed: Vec<_> = (0..artifacts).map(|_| AtomicBool::new(false)).collect();
        let work = |buffer: &mut Vec<u8>, place: usize| {
            let Task { artifact, entry } = tasks[order[place]];
            if failed[artifact].load(Ordering::Relaxed) {
                return None;
            }
            let hash = self.hash(entry, buffer);
            if hash.is_err() {
                failed[artifact].store(true, Ordering::Relaxed);
            }
            Some(hash)
        };
        let done = in_parallel(self.threads, tasks.len(), || vec![0; BUFFER], work);
        let mut hashes: Vec<Option<Result<[u8; 32]>>> = tasks.iter().map(|_| None).collect();
        for (place, hash) in done.into_iter().enumerate() {
            hashes[order[place]] = hash;
        }
        hashes
    }

    /// Hashes one file, which must stay as it was when it was listed.
    #[expect(clippy::disallowed_methods, reason = "this module reads artifacts")]
    fn hash(&self, entry: &Entry, buffer: &mut [u8]) -> Result<[u8; 32]> {
        let failed = |source| cannot_read(&entry.path, source);
        let changed = || Error::ChangedWhileRead { path: entry.path.clone() };
        let mut file = File::open(&entry.path).map_err(failed)?;
        let is_unchanged =
            |file: &File| Ok(FileState::of(&file.metadata().map_err(failed)?) == entry.state);
        if !is_unchanged(&file)? {
            return Err(changed());
        }
        let mut hash = Sha256::new();
        let mut rest = entry.state.size;
        loop {
            let read = match file.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                result => result.map_err(failed)?,
            };
            if read == 0 {
                break;
            }
            // A file that grows as fast as it is read has no end.
            rest = rest.checked_sub(read as u64).ok_or_else(changed)?;
            hash.update(&buffer[..read]);
            self.progress.advance(read as u64);
        }
        if rest > 0 || !is_unchanged(&file)? {
            return Err(changed());
        }
        Ok(hash.finalize().into())
    }
}

/// A file to be hashed.
#[derive(Clone, Copy)]
struct Task<'t> {
    /// Index of the artifact it belongs to.
    artifact: usize,
    entry: &'t Entry,
}

/// Returns the digest of an artifact whose files have these hashes.
fn measured(tree: &Tree, hashes: &[[u8; 32]]) -> Measured {
    let size = tree.entries().iter().map(|entry| entry.state.size).sum();
    let digest = if let (Tree::File(_), &[hash]) = (tree, hashes) {
        hash
    } else {
        let mut list = Sha256::new();
        for (entry, hash) in tree.entries().iter().zip(hashes) {
            list.update(hex(hash));
            list.update(b"  ");
            list.update(&entry.name);
            list.update(b"\0");
        }
        list.finalize().into()
    };
    Measured { digest: Digest::new(digest), size }
}
