//! The line of a configuration that is wrong, with a caret under it and without its secrets.
//!
//! Why not `annotate-snippets`: what has to be done here is to mask parts of the line and to keep the caret in its
//! place; what it would add is colour and several lines, which a message that also goes into JSON has no use for.

use std::ops::Range;

use super::hidden::hidden_ranges;
use super::problem::Problem;
use crate::error::{Error, ErrorKind};
use crate::secret::{MASK, is_unsafe_to_print};

/// Characters of a line that are shown; a longer one is cut around the caret.
const WIDEST: usize = 110;

/// The text of a configuration and the name it goes by.
#[derive(Clone, Copy)]
pub(super) struct ConfigurationSource<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl ConfigurationSource<'_> {
    /// `problem` as the user sees it.
    pub(super) fn error(self, problem: Problem) -> Error {
        if problem.kind() == ErrorKind::Interrupted {
            return Error::new(ErrorKind::Interrupted, "interrupted");
        }
        let mut message = problem.to_string();
        if let Some(span) = problem.span() {
            message.push('\n');
            message.push_str(&self.excerpt(span));
        }
        let mut error = Error::usage(message);
        let (hint, cause) = problem.into_hint_and_cause();
        if let Some(hint) = hint {
            error = error.with_hint(hint);
        }
        if let Some(cause) = cause {
            error = error.with_source(cause);
        }
        error
    }

    /// The number of the line in which `span` begins, from 1.
    pub(super) fn line_number(self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The line in which `span` begins, with a caret under it.
    fn excerpt(self, span: &Range<usize>) -> String {
        let start = self.boundary(span.start.min(self.text.len()));
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = after.find('\n').map_or(self.text.len(), |newline| start + newline);
        let line = self.text.get(line_start..line_end).unwrap_or_default().trim_end();
        let end = self.boundary(span.end.clamp(start, line_start + line.len().max(start - line_start)));

        let mut echo = Echo { text: String::new(), caret: 0, width: 1 };
        let hidden = hidden_ranges(self.text, line_start..line_start + line.len());
        echo.fill(line, line_start, start..end, &hidden);
        echo.cut();

        let number = self.line_number(span).to_string();
        let gutter = " ".repeat(number.len());
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let pad = " ".repeat(echo.caret);
        let carets = "^".repeat(echo.width);
        let text = echo.text;
        let name = self.name;
        format!("{gutter}--> {name}:{number}:{column}\n{gutter} |\n{number} | {text}\n{gutter} | {pad}{carets}")
    }

    /// The nearest place at or before `offset` at which a character begins.
    fn boundary(self, offset: usize) -> usize {
        (0..=offset).rev().find(|place| self.text.is_char_boundary(*place)).unwrap_or(0)
    }
}

/// The line as it is shown, and where the caret goes; in characters.
struct Echo {
    text: String,
    caret: usize,
    width: usize,
}

impl Echo {
    /// Copies `line`, which begins at `offset`, with a mask in place of what is `hidden`.
    fn fill(&mut self, line: &str, offset: usize, marked: Range<usize>, hidden: &[Range<usize>]) {
        let mut first = None;
        let mut last = 0;
        let mut length = 0;
        let mut masked = false;
        for (place, character) in line.char_indices().map(|(place, character)| (offset + place, character)) {
            let inside = hidden.iter().any(|range| range.contains(&place));
            if inside && !masked {
                self.text.push_str(MASK);
                length += MASK.len();
            } else if !inside {
                self.text.push(one_column(character));
                length += 1;
            }
            masked = inside;
            if place >= marked.start && place < marked.end.max(marked.start + 1) {
                first.get_or_insert(length - if inside { MASK.len() } else { 1 });
                last = length;
            }
        }
        self.caret = first.unwrap_or(length);
        self.width = last.saturating_sub(self.caret).max(1);
    }

    /// Keeps what is around the caret of a line that is too long for a terminal.
    fn cut(&mut self) {
        let length = self.text.chars().count();
        if length <= WIDEST {
            return;
        }
        let skipped = self.caret.saturating_sub(WIDEST / 2).min(length - WIDEST);
        self.text = self.text.chars().skip(skipped).take(WIDEST).collect();
        self.caret -= skipped;
        self.width = self.width.min(WIDEST - self.caret.min(WIDEST - 1)).max(1);
    }
}

/// `character`, or a stand-in of the width that the caret counts with.
fn one_column(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if is_unsafe_to_print(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}
