//! Notifications of the operating system about the folders of the manifest.

use std::ffi::OsString;
use std::path::Path;
use std::sync::mpsc::Sender;

use model_registry::{Store, WatchedFolder};
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// Wakes a thread when an entry on the way to the manifest changes.
///
/// Folders are watched, not the file: a change replaces the file, and a watch would stay with the
/// old one.
pub(super) struct Notifications {
    wake: Sender<()>,
    watcher: Option<RecommendedWatcher>,
    folders: Vec<WatchedFolder>,
    /// Whether notifications failed, which is reported once.
    failed: bool,
}

impl Notifications {
    pub(super) fn new(wake: Sender<()>) -> Self {
        Self { wake, watcher: None, folders: Vec::new(), failed: false }
    }

    /// Watches the folders of the manifest, again if one of them was replaced. Returns a message if
    /// that fails, but only for the first of several failures.
    pub(super) fn watch(&mut self, store: &Store) -> Option<String> {
        let mut problem = None;
        loop {
            let folders = store.watched_folders();
            // The folders are listed again after they are watched: if one of them was replaced in
            // between, the old folder may be watched, and no notification would follow.
            if folders == self.folders {
                return problem;
            }
            let failed = match self.watcher(&folders) {
                Ok(watcher) => {
                    self.watcher = Some(watcher);
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            self.folders = folders;
            let first = !std::mem::replace(&mut self.failed, failed.is_some());
            problem = failed.filter(|_| first).or(problem);
        }
    }

    fn watcher(&self, folders: &[WatchedFolder]) -> notify::Result<RecommendedWatcher> {
        let wake = self.wake.clone();
        let names = folders.iter().flat_map(|folder| {
            [folder.entry().to_owned()].into_iter().chain(folder.path().file_name().map(Into::into))
        });
        let names: Vec<OsString> = names.collect();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // After an error or an overflow of the queue, events may be missing.
                if event.is_ok_and(|event| !event.need_rescan() && !concerns(&event, &names)) {
                    return;
                }
                // The receiver is gone only when the process ends.
                let _ = wake.send(());
            })?;
        for folder in folders {
            match watcher.watch(folder.path(), RecursiveMode::NonRecursive) {
                Err(error) if !matches!(error.kind, notify::ErrorKind::PathNotFound) => {
                    return Err(error);
                }
                // The folder was replaced just now; `watch` lists the folders again.
                _ => {}
            }
        }
        Ok(watcher)
    }
}

/// Returns whether an event can be a change of the manifest. The system also reports reads.
fn concerns(event: &notify::Event, names: &[OsString]) -> bool {
    let is_change = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    };
    let is_named =
        |path: &Path| path.file_name().is_none_or(|name| names.iter().any(|n| n == name));
    is_change && event.paths.iter().any(|path| is_named(path))
}
