//! Messages on stderr, which must not be printed into the midst of a progress bar or of a pager's screen.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::ProgressBar;

use super::work::WorkState;

/// The stderr of the process. Clones share what is shown there.
#[derive(Clone, Debug, Default)]
pub(super) struct Stderr(Arc<Mutex<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    /// The progress bar below the messages.
    bar: Option<ProgressBar>,
    /// The work that a store reports on.
    work: Option<Arc<WorkState>>,
    /// Messages that wait until the pager has ended.
    waiting: Option<String>,
}

impl Stderr {
    /// Writes text, now or when the pager has ended. A failure cannot be reported and is ignored.
    pub(super) fn write(&self, text: &str) {
        let mut shown = self.shown();
        if let Some(waiting) = &mut shown.waiting {
            waiting.push_str(text);
            return;
        }
        let write = || drop(io::stderr().write_all(text.as_bytes()));
        match &shown.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Runs `write`, which writes to the terminal, with the progress bar out of its way.
    pub(super) fn beside_bar<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.shown().bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Keeps messages above `bar` from now on; `None` ends that.
    pub(super) fn set_bar(&self, bar: Option<ProgressBar>) {
        self.shown().bar = bar;
    }

    /// Counts what a store reports for `work` from now on.
    pub(super) fn set_work(&self, work: Option<Arc<WorkState>>) {
        self.shown().work = work;
    }

    /// Notes how far the work is.
    pub(super) fn set_progress(&self, finished: u64, total: u64) {
        if let Some(work) = &self.shown().work {
            work.set(finished, total);
        }
    }

    /// Lets messages wait until [`release`](Self::release).
    pub(super) fn hold(&self) {
        self.shown().waiting.get_or_insert_default();
    }

    /// Writes the messages that have waited.
    pub(super) fn release(&self) {
        let waiting = self.shown().waiting.take();
        if let Some(waiting) = waiting {
            self.write(&waiting);
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
