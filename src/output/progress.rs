//! ProgressCounter, shown at a terminal only.

use std::time::Duration;

use super::message::safe;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A counter of finished items on stderr. It disappears when the work is done.
#[derive(Debug)]
pub struct ProgressCounter(ProgressBar);

impl ProgressCounter {
    pub(super) fn new(what: &'static str, shown: bool) -> Self {
        if !shown {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Whether the counter is shown.
    pub fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Prints a line above the counter, if it is shown.
    pub fn line(&self, text: &str) {
        self.0.println(safe(text));
    }

    /// Counts one more item.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for ProgressCounter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
