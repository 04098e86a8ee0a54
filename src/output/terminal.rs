//! The terminal that results are printed on.

use std::io::{self, IsTerminal as _};

use terminal_size::{Height, Width, terminal_size_of};

use super::locale::is_unicode_locale;

/// A terminal that this process writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Number of columns.
    pub columns: usize,
    /// Number of lines.
    pub lines: usize,
    /// Whether it shows characters beyond ASCII.
    pub unicode: bool,
}

impl Terminal {
    /// The terminal on the stdout of this process; `None` if stdout is a file or a pipe.
    pub fn of_stdout() -> Option<Self> {
        let stdout = io::stdout();
        stdout.is_terminal().then(|| Self::of_size(terminal_size_of(&stdout)))
    }

    /// The terminal on the stderr of this process; `None` if stderr is a file or a pipe.
    pub(super) fn of_stderr() -> Option<Self> {
        let stderr = io::stderr();
        stderr.is_terminal().then(|| Self::of_size(terminal_size_of(&stderr)))
    }

    /// A terminal of this size. One that does not say its size counts as 80 columns by 24 lines.
    fn of_size(size: Option<(Width, Height)>) -> Self {
        let (columns, lines) = match size {
            Some((Width(columns), Height(lines))) if columns > 0 && lines > 0 => (columns.into(), lines.into()),
            _ => (80, 24),
        };
        Self { columns, lines, unicode: is_unicode_locale(|name| std::env::var(name).ok()) }
    }
}
