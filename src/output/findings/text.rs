//! Foreign text that is shown: bounded in length, and safe to print.

use crate::output::message::{bounded, safe, safe_lines};

/// `text` on one line, with its line breaks escaped. For names.
pub(super) fn name(text: &str) -> String {
    safe(&bounded(text)).into_owned()
}

/// The lines of `text`. For messages.
pub(super) fn lines(text: &str) -> String {
    safe_lines(text.trim_end())
}

/// `text` on one line, with a blank for each line break. For messages.
pub(super) fn joined(text: &str) -> String {
    let lines = lines(text);
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
