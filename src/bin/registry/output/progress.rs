//! A progress bar for work that takes long, on a terminal only.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use model_registry::artifact::Progress;

/// Shorter work needs no bar.
const DELAY: Duration = Duration::from_millis(500);

/// Shows on standard error how many bytes have been hashed. The bar is erased at the end.
pub(crate) struct Bar {
    started: Instant,
    total: AtomicU64,
    done: AtomicU64,
    shown: OnceLock<ProgressBar>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            shown: OnceLock::new(),
        }
    }

    fn show(&self) -> ProgressBar {
        let template = "hashing {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}";
        // Where standard error is not a terminal, indicatif draws nothing.
        let bar = ProgressBar::new(self.total.load(Ordering::Relaxed));
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style.progress_chars("=> ")),
            Err(_) => bar,
        }
    }
}

impl Progress for Bar {
    fn start(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.started.elapsed() >= DELAY {
            self.shown.get_or_init(|| self.show()).set_position(done);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.shown.get() {
            bar.finish_and_clear();
        }
    }
}
