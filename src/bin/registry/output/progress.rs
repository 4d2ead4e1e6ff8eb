//! A progress bar for work that takes long, on a terminal only.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model_registry::artifact::Progress;

/// Shorter work needs no bar.
const DELAY: Duration = Duration::from_millis(500);

/// Shows on standard error how many bytes have been hashed. The bar is erased at the end.
pub(crate) struct Bar {
    started: Instant,
    progress: ProgressBar,
    shown: Once,
}

impl Bar {
    pub(crate) fn new() -> Self {
        // It counts from the start, so that the rate is right when it is shown.
        let bar = ProgressBar::hidden();
        let template = "hashing {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}";
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style.progress_chars("=> ")),
            Err(_) => bar,
        };
        Self { started: Instant::now(), progress: bar, shown: Once::new() }
    }
}

impl Progress for Bar {
    fn start(&self, bytes: u64) {
        self.progress.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.progress.inc(bytes);
        if self.started.elapsed() >= DELAY {
            // Where standard error is not a terminal, indicatif draws nothing.
            self.shown.call_once(|| self.progress.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}
