//! The progress of a command on many items, shown at a terminal while it works.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::cell::Shortening;
use super::stderr::Stderr;
use super::terminal::Terminal;
use super::work::WorkState;

/// The progress of a command, on stderr if it is shown. It disappears when the work is done.
#[derive(Debug)]
pub struct ProgressCounter {
    bar: ProgressBar,
    state: Arc<WorkState>,
    stderr: Stderr,
}

impl ProgressCounter {
    pub(super) fn new(state: Arc<WorkState>, is_shown: bool, stderr: Stderr) -> Self {
        if !is_shown {
            return Self { bar: ProgressBar::hidden(), state, stderr };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {facts}") {
            let shown = Arc::clone(&state);
            bar.set_style(style.with_key("facts", move |bar: &ProgressState, text: &mut dyn std::fmt::Write| {
                let (columns, unicode) =
                    Terminal::of_stderr().map_or((80, false), |terminal| (terminal.columns, terminal.unicode));
                let facts = Shortening::Last.apply(&shown.facts(bar.elapsed()), columns.saturating_sub(3), unicode);
                let _ = text.write_str(&facts);
            }));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        stderr.set_bar(Some(bar.clone()));
        Self { bar, state, stderr }
    }

    /// Whether it is shown.
    pub fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Sets the number of items, which becomes known while the work goes on.
    pub fn set_total(&self, total: u64) {
        self.state.set_total(total);
    }

    /// Counts more bytes of an item with which it is not yet done.
    pub fn advance(&self, bytes: u64) {
        self.state.advance(bytes);
    }

    /// A listener for the bytes of an item of so many, which it counts as they pass. They need not be counted again when the
    /// item succeeds.
    pub fn byte_listener(&self, total: u64) -> Arc<dyn Fn(u64) + Send + Sync> {
        self.state.set_total_bytes(total);
        let state = Arc::clone(&self.state);
        Arc::new(move |count| state.advance(count))
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
        self.stderr.set_bar(None);
        self.bar.finish_and_clear();
    }
}

impl Drop for ProgressCounter {
    fn drop(&mut self) {
        self.hide();
    }
}
