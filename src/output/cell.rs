//! Cells of tables, their colors, and how they are shortened.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// One cell of a table: its text and color.
#[derive(Clone, Debug)]
pub struct Cell {
    pub(super) text: String,
    pub(super) color: Option<Color>,
    pub(super) shortening: Shortening,
}

impl Cell {
    /// A cell in a color.
    pub fn colored(text: impl Into<String>, color: Color) -> Self {
        Self { color: Some(color), ..Self::from(text) }
    }

    /// The cell with another way to shorten it. The first row decides for its column.
    #[must_use]
    pub fn shortening(self, shortening: Shortening) -> Self {
        Self { shortening, ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), color: None, shortening: Shortening::default() }
    }
}

/// How a text is shortened in a table that is wider than the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shortening {
    /// At its end, after all other columns.
    #[default]
    Last,
    /// In the middle: names that differ at their end.
    Middle,
    /// At its beginning: series, of which the newest end counts.
    Beginning,
    /// At its end, down to nothing: what can be done without.
    Tail,
    /// At its end, as late as possible: ids, whole or by their beginning.
    Id,
    /// From seconds to minutes, and to the day.
    Time,
    /// Not at all: a last column of sentences is broken between words, into several lines.
    Lines,
}

impl Shortening {
    /// `text` in at most `width` columns; `unicode` allows the sign for an omission.
    pub(super) fn apply(self, text: &str, width: usize, unicode: bool) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let sign = if unicode { '…' } else { '~' };
        match self {
            Self::Time if width >= TIME_TO_MINUTES => text.chars().take(TIME_TO_MINUTES).collect(),
            Self::Time if width >= DAY => text.chars().take(DAY).collect(),
            _ if width == 0 => String::new(),
            Self::Middle => {
                let end = (width - 1) / 2;
                let tail = last(text, end);
                format!("{}{sign}{tail}", first(text, width - 1 - tail.width()))
            }
            Self::Beginning => format!("{sign}{}", last(text, width - 1)),
            _ => format!("{}{sign}", first(text, width - 1)),
        }
    }
}

/// Length of a time without its seconds: `2026-03-01 12:00`.
pub(super) const TIME_TO_MINUTES: usize = 16;

/// Length of a date: `2026-03-01`.
pub(super) const DAY: usize = 10;

/// The beginning of `text` that fits into `width` columns.
pub(super) fn first(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += character.width().unwrap_or_default();
        used > width
    });
    end.map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
}

/// The end of `text` that fits into `width` columns.
fn last(text: &str, width: usize) -> &str {
    let mut used = 0;
    let begin = text.char_indices().rev().find(|(_, character)| {
        used += character.width().unwrap_or_default();
        used > width
    });
    begin.map_or(text, |(begin, character)| text.get(begin + character.len_utf8()..).unwrap_or_default())
}

/// Emphasis of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Expected.
    Good,
    /// Worth a look.
    Doubtful,
    /// Wrong.
    Bad,
    /// Less important.
    Faint,
}

impl Color {
    /// The text in its color, with control sequences.
    pub(super) fn paint(self, text: &str) -> String {
        let style = match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Doubtful => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Faint => Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shortened_where_it_says_least() {
        let shortened = |how: Shortening, text: &str, width| how.apply(text, width, true);
        assert_eq!(shortened(Shortening::Middle, "warehouse.sales.customers", 11), "wareh…omers");
        assert_eq!(shortened(Shortening::Middle, "ab", 1), "…");
        assert_eq!(shortened(Shortening::Id, "3f0c9a2b-77aa", 9), "3f0c9a2b…");
        assert_eq!(shortened(Shortening::Tail, "env=prod", 0), "");
        assert_eq!(shortened(Shortening::Time, "2026-03-01 12:00:00Z", 19), "2026-03-01 12:00");
        assert_eq!(shortened(Shortening::Time, "2026-03-01 12:00:00Z", 12), "2026-03-01");
        assert_eq!(shortened(Shortening::Time, "2026-03-01 12:00:00Z", 5), "2026…");
        assert_eq!(shortened(Shortening::Beginning, "....xx", 4), "….xx");
        assert_eq!(shortened(Shortening::Last, "short", 5), "short");
        assert_eq!(Shortening::Last.apply("longer", 3, false), "lo~");
    }

    #[test]
    fn wide_characters_count_two_and_are_not_cut_in_half() {
        for width in 1..12 {
            for how in [Shortening::Middle, Shortening::Last] {
                let text = how.apply("이름이이름이", width, true);
                assert!(text.width() <= width && text.width() + 2 > width - 1, "{text} {width}");
            }
        }
    }
}
