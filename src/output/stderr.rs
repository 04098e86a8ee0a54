//! Messages on stderr, which must not be printed into the midst of a progress bar or of a pager's screen.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::progress_bar::ProgressBar;
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
        write_around(shown.bar.as_ref(), text);
    }

    /// Runs `write`, which writes to the terminal, with the progress bar out of its way.
    pub(super) fn beside_bar<T>(&self, write: impl FnOnce() -> T) -> T {
        let shown = self.shown();
        let Some(bar) = shown.bar.as_ref().filter(|bar| bar.is_shown()) else { return write() };
        write_to_terminal(CLEARED);
        let written = write();
        write_to_terminal(&bar.line());
        written
    }

    /// Keeps messages above `bar` from now on; `None` takes it off the terminal.
    pub(super) fn set_bar(&self, bar: Option<ProgressBar>) {
        let before = std::mem::replace(&mut self.shown().bar, bar);
        if before.is_some_and(|before| before.is_shown()) {
            write_to_terminal(CLEARED);
        }
    }

    /// Shows the progress bar as it is now.
    pub(super) fn tick(&self) {
        let mut shown = self.shown();
        if let Some(bar) = &mut shown.bar {
            bar.tick();
            write_around(Some(bar), "");
        }
    }

    /// Counts what a store reports for `work` from now on.
    pub(super) fn set_work(&self, work: Option<Arc<WorkState>>) {
        self.shown().work = work;
    }

    /// Notes how far the work is.
    pub(super) fn set_progress(&self, done: &'static str, finished: u64, total: u64, bytes: u64) {
        if let Some(work) = &self.shown().work {
            work.set(done, finished, total, bytes);
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

/// To the beginning of the line, and all of it erased.
const CLEARED: &str = "\r\u{1b}[K";

/// Writes `text` above the progress bar. Both are written at once, so that the bar does not flicker.
fn write_around(bar: Option<&ProgressBar>, text: &str) {
    match bar.filter(|bar| bar.is_shown()) {
        Some(bar) => write_to_terminal(&format!("{CLEARED}{text}{}", bar.line())),
        None => write_to_terminal(text),
    }
}

/// Writes to stderr. A failure cannot be reported and is ignored.
fn write_to_terminal(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
