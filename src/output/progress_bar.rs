//! The line that shows the progress of a command.

use std::sync::Arc;

use super::cell::Shortening;
use super::terminal::Terminal;
use super::work::WorkState;

/// The line that shows the progress.
#[derive(Debug)]
pub(super) struct ProgressBar {
    state: Arc<WorkState>,
    /// How often it was shown.
    ticks: usize,
}

impl ProgressBar {
    /// The bar of work that has not been shown yet.
    pub(super) fn new(state: Arc<WorkState>) -> Self {
        Self { state, ticks: 0 }
    }

    /// Whether it was shown.
    pub(super) fn is_shown(&self) -> bool {
        self.ticks > 0
    }

    /// Moves its sign on.
    pub(super) fn tick(&mut self) {
        self.ticks += 1;
    }

    /// The line, without an end: the cursor stays behind it, where the terminal shows the `^C` of its user.
    pub(super) fn line(&self) -> String {
        let (columns, unicode) =
            Terminal::of_stderr().map_or((80, false), |terminal| (terminal.columns, terminal.unicode));
        let signs: &[char] = if unicode {
            &['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
        } else {
            &['-', '\\', '|', '/']
        };
        let sign = signs.get(self.ticks % signs.len()).copied().unwrap_or_default();
        // Room for the sign, a space, `^C`, and the cursor.
        let columns = columns.saturating_sub(5);
        let facts = self.state.facts(self.state.elapsed(), columns);
        format!("{sign} {}", Shortening::Last.apply(&facts, columns, unicode))
    }
}
