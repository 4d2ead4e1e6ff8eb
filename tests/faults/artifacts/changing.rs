//! Files and folders that change while they are read.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;
use model_registry::Error;
use model_registry::artifact::{Measured, Progress, Work};

use super::measure;
use crate::support::{Folder, trials};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        a_file_that_grows_while_it_is_read,
        a_file_that_grows_as_fast_as_it_is_read,
        a_file_that_is_overwritten_while_it_is_read,
        a_file_that_is_replaced_before_it_is_read,
        a_folder_that_changes_while_it_is_read,
    ]
}

/// Larger than what is read at once, so that the progress is reported before the end.
const LARGE: usize = 3 * 128 * 1024;

fn append(path: &Path, bytes: usize) {
    let mut file = OpenOptions::new().append(true).open(path).expect("the file");
    file.write_all(&vec![0; bytes]).expect("room");
}

#[track_caller]
fn assert_changed(result: Result<Option<Measured>, Error>) {
    assert!(matches!(result, Err(Error::ChangedWhileRead { .. })), "{result:?}");
}

fn a_file_that_grows_while_it_is_read() {
    let folder = Folder::new();
    let file = folder.write("model.bin", vec![1; LARGE]);
    assert_changed(measure(&file, || append(&file, 1)));
    assert_changed(measure(&file, || append(&file, 1 << 20)));
    assert_changed(measure(&file, || fs::write(&file, "short").expect("a file")));
    fs::write(&file, vec![1; LARGE]).expect("a file");
    let size = measure(&file, || {}).expect("it stays").expect("it exists").size;
    assert_eq!(size, LARGE as u64);
}

fn a_file_that_grows_as_fast_as_it_is_read() {
    struct Growing<'p>(&'p Path, AtomicUsize);
    impl Progress for Growing<'_> {
        fn start(&self, _: u64) {}

        fn advance(&self, bytes: u64) {
            // Without a limit, it would be read to the end of the disk.
            if self.1.fetch_add(1, Ordering::Relaxed) < 100 {
                append(self.0, usize::try_from(bytes).expect("a number"));
            }
        }
    }
    let folder = Folder::new();
    let file = folder.write("model.bin", vec![1; LARGE]);
    let growing = Growing(&file, AtomicUsize::new(0));
    assert_changed(
        Work::default().progress(&growing).digests(std::slice::from_ref(&file)).remove(0),
    );
    assert_eq!(growing.1.into_inner(), 3, "reading ends at the size that the file had");
}

/// Sets the time of modification, which otherwise may be the same for two writes in a row.
fn touch(path: &Path, second: u64) {
    let file = OpenOptions::new().append(true).open(path).expect("the file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).expect("a time");
}

fn a_file_that_is_overwritten_while_it_is_read() {
    let folder = Folder::new();
    let file = folder.write("model.bin", vec![1; LARGE]);
    touch(&file, 1_000_000_000);
    assert_changed(measure(&file, || {
        fs::write(&file, vec![2; LARGE]).expect("a file");
        touch(&file, 1_000_000_001);
    }));
}

/// Only the identity of the file is another one.
fn a_file_that_is_replaced_before_it_is_read() {
    let folder = Folder::new();
    let model = folder.file("model");
    fs::create_dir(&model).expect("a folder");
    // The larger one is read first.
    fs::write(model.join("first.bin"), vec![1; LARGE]).expect("a file");
    let (second, other) = (model.join("second.bin"), folder.write("other.bin", "3"));
    fs::write(&second, "2").expect("a file");
    for path in [&second, &other] {
        touch(path, 1_000_000_000);
    }
    assert_changed(measure(&model, || fs::rename(&other, &second).expect("both files")));
}

fn a_folder_that_changes_while_it_is_read() {
    let folder = Folder::new();
    let model = folder.file("model");
    let (first, second) = (model.join("first.bin"), model.join("second.bin"));
    let fill = || {
        let _ = fs::remove_dir_all(&model);
        fs::create_dir(&model).expect("a folder");
        // The larger one is read first.
        fs::write(&first, vec![1; LARGE]).expect("a file");
        fs::write(&second, "2").expect("a file");
    };
    fill();
    assert_changed(measure(&model, || fs::write(model.join("new"), "").expect("a file")));
    fill();
    let gone = measure(&model, || fs::remove_file(&second).expect("the file"));
    assert!(matches!(gone, Err(Error::Io { .. })), "{gone:?}");
    fill();
    assert_changed(measure(&model, || append(&second, 1)));
    fill();
    assert_changed(measure(&model, || {
        fs::remove_file(&second).expect("the file");
        fs::write(&second, "3").expect("a file");
    }));
    fill();
    measure(&model, || {}).expect("it stays").expect("it exists");
}
