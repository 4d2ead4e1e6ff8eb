//! The manifest as a file: its paths, its lock, and its replacement.

mod lock;
mod paths;
mod save;

pub(super) use lock::{Lock, WaitNotice};
pub(super) use paths::{Snapshot, folder, identity, require_file, sibling, target};
pub(super) use save::{Put, overwrite, remove_leftovers, replace, require_writable, with_lines};
