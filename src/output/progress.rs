//! The progress of a command on many items, shown at a terminal while it works.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::progress_bar::ProgressBar;
use super::stderr::Stderr;
use super::work::WorkState;

/// Time between two looks at the work. Work that ends sooner shows no progress.
const INTERVAL: Duration = Duration::from_millis(200);

/// The progress of a command, on stderr if it is shown. It disappears when the work is done.
#[derive(Debug)]
pub struct ProgressCounter {
    state: Arc<WorkState>,
    stderr: Stderr,
    /// Ends the thread that shows the progress, when it is dropped.
    shown: Option<mpsc::Sender<()>>,
}

impl ProgressCounter {
    pub(super) fn new(state: Arc<WorkState>, is_shown: bool, stderr: Stderr) -> Self {
        let shown = is_shown.then(|| Self::show(Arc::clone(&state), &stderr)).flatten();
        Self { state, stderr, shown }
    }

    /// Shows the progress again and again, until what is returned is dropped; `None` if there can be no thread.
    fn show(state: Arc<WorkState>, stderr: &Stderr) -> Option<mpsc::Sender<()>> {
        let (shown, end) = mpsc::channel();
        let showing = thread::Builder::new().name("progress".to_owned());
        stderr.set_bar(Some(ProgressBar::new(state)));
        let started = showing.spawn({
            let stderr = stderr.clone();
            move || {
                while end.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    stderr.tick();
                }
            }
        });
        if started.is_err() {
            stderr.set_bar(None);
        }
        started.is_ok().then_some(shown)
    }

    /// Whether it is shown.
    pub fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// Sets the number of items, which becomes known while the work goes on.
    pub fn set_total(&self, total: u64) {
        self.state.set_total(total);
    }

    /// Counts more bytes of an item with which it is not yet done.
    pub fn advance(&self, bytes: u64) {
        self.state.advance(bytes);
    }

    /// A listener for the bytes of a large item of so many, which it counts as they pass. They need not be counted again
    /// when the item succeeds.
    pub fn byte_listener(&self, total: u64) -> Arc<dyn Fn(u64) + Send + Sync> {
        self.state.begin_large(total);
        let state = Arc::clone(&self.state);
        Arc::new(move |count| state.advance(count))
    }

    /// A listener for the bytes that are read of the input, which has `total`, if that is known.
    pub fn input_listener(&self, total: Option<u64>) -> Arc<dyn Fn(u64) + Send + Sync> {
        self.state.set_input_total(total.unwrap_or_default());
        let state = Arc::clone(&self.state);
        Arc::new(move |count| state.read(count))
    }

    /// Ends the turn of one more item.
    pub fn step(&self) {
        self.state.step();
    }

    /// Counts one more item with which it was done, and its bytes. Its turn ends with [`step`](Self::step).
    pub fn succeed(&self, bytes: u64) {
        self.state.succeed(bytes);
    }

    /// Ends the progress. Returns the line that says what was done.
    pub fn finish(&self) -> String {
        self.hide();
        self.state.summary()
    }

    fn hide(&self) {
        if self.is_shown() {
            self.stderr.set_bar(None);
        }
    }
}

impl Drop for ProgressCounter {
    fn drop(&mut self) {
        self.hide();
    }
}
