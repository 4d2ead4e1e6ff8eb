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
pub(super) struct Notices {
    wake: Sender<()>,
    watcher: Option<RecommendedWatcher>,
    folders: Vec<WatchedFolder>,
    /// Whether notifications failed, which is reported once.
    failed: bool,
}

impl Notices {
    pub(super) fn new(wake: Sender<()>) -> Self {
        Self { wake, watcher: None, folders: Vec::new(), failed: false }
    }

    /// Watches the folders of the manifest, again if one of them was replaced. Returns why that is
    /// impossible, the first time.
    pub(super) fn watch(&mut self, store: &Store) -> Option<String> {
        let mut problem = None;
        loop {
            let folders = store.watched_folders();
            // Looks once more after watching: a folder that was replaced in between may be watched
            // where it has gone, which nothing would announce.
            if folders == self.folders {
                return problem;
            }
            let failed = match self.watcher_of(&folders) {
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

    fn watcher_of(&self, folders: &[WatchedFolder]) -> notify::Result<RecommendedWatcher> {
        let wake = self.wake.clone();
        let names = folders.iter().flat_map(|folder| {
            [folder.entry().to_owned()].into_iter().chain(folder.path().file_name().map(Into::into))
        });
        let names: Vec<OsString> = names.collect();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // After an error, or more events than fit a queue, some are missing.
                if event.is_ok_and(|event| !event.need_rescan() && !concerns(&event, &names)) {
                    return;
                }
                // Nobody listens any more only when the process ends.
                let _ = wake.send(());
            })?;
        for folder in folders {
            match watcher.watch(folder.path(), RecursiveMode::NonRecursive) {
                Err(error) if !matches!(error.kind, notify::ErrorKind::PathNotFound) => {
                    return Err(error);
                }
                // It was replaced just now; `watch` looks at the folders again.
                _ => {}
            }
        }
        Ok(watcher)
    }
}

/// Returns whether an event can be a change of the manifest. Reading a file is an event, too.
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
