//! Taking values out of messages.

use std::collections::HashSet;
use std::io::Read;

use crate::result::json::{JsonError, JsonKind, JsonReader};

/// The replacement of a value.
const GAP: &str = "...";

/// Words after which a message lists values without quotation marks: those of truthound
/// (`truthound/validators/base.py`), and of our own conversion of Great Expectations.
const LISTS: [&str; 2] = [" | top failures:", ": the observed value is"];

/// Pairs of quotation marks.
const QUOTES: [(char, char); 7] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
    ('\u{201e}', '\u{201c}'),
];

/// The values of the members that were dropped, as far as messages may repeat them.
#[derive(Debug, Default)]
pub(super) struct DroppedValues(HashSet<String>);

impl DroppedValues {
    /// Shortest value that is looked for in messages. A shorter one is found in any text.
    const SHORTEST: usize = 3;

    /// Values that are held; messages repeat some of the first ones.
    const MOST: usize = 10_000;

    /// Longest value that is held.
    const LONGEST: usize = 1_024;

    /// Reads the next value and remembers the strings and numbers in it.
    ///
    /// # Errors
    /// If it is not JSON.
    pub(super) fn read<R: Read>(&mut self, reader: &mut JsonReader<R>) -> Result<(), JsonError> {
        let mut open: Vec<JsonKind> = Vec::new();
        loop {
            let kind = reader.peek()?;
            match kind {
                JsonKind::Object => reader.begin_object()?,
                JsonKind::Array => reader.begin_array()?,
                JsonKind::String => {
                    let text = reader.short_string(Self::LONGEST)?;
                    self.add(text);
                }
                _ => {
                    let value = reader.value()?;
                    self.add(value.as_number().map(str::to_owned));
                }
            }
            if matches!(kind, JsonKind::Object | JsonKind::Array) {
                open.push(kind);
            }
            loop {
                let more = match open.last() {
                    None => return Ok(()),
                    Some(JsonKind::Object) => reader.next_key()?.is_some(),
                    Some(_) => reader.next_element()?,
                };
                if more {
                    break;
                }
                open.pop();
            }
        }
    }

    fn add(&mut self, value: Option<String>) {
        if let Some(value) = value.filter(|value| value.len() >= Self::SHORTEST && self.0.len() < Self::MOST) {
            self.0.insert(value);
        }
    }

    /// The text without the values.
    fn removed_from(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut values = self.0.iter().filter(|value| text.contains(value.as_str())).cloned().collect::<Vec<_>>();
        // The longest first, so that no part of a value stays.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            text = text.replace(&value, GAP);
        }
        text
    }
}

/// The first line of `message` without quotations and without the values that were dropped; `None` if it has neither.
pub(super) fn redacted(message: &str, dropped: &DroppedValues) -> Option<String> {
    let line = message.trim_start().lines().next().unwrap_or_default();
    let end = LISTS.iter().filter_map(|list| line.find(list)).min().unwrap_or(line.len());
    let text = dropped.removed_from(&without_quotations(line.get(..end).unwrap_or(line)));
    (text != message).then_some(text)
}

/// The text with a gap in the place of all that stands in quotation marks. A quotation without an end reaches to the end.
fn without_quotations(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut before = ' ';
    while let Some(character) = rest.next() {
        kept.push(character);
        let closing = QUOTES.iter().find(|(opening, _)| *opening == character).map(|(_, closing)| *closing);
        // An apostrophe within a word opens nothing.
        let Some(closing) = closing.filter(|_| character != '\'' || !before.is_alphanumeric()) else {
            before = character;
            continue;
        };
        kept.push_str(GAP);
        let within = rest.as_str();
        match end_of_quotation(within, closing) {
            Some(end) => {
                kept.push(closing);
                rest = within.get(end + closing.len_utf8()..).unwrap_or_default().chars();
            }
            None => return kept,
        }
        before = closing;
    }
    kept
}

/// The place of the mark that closes a quotation: the first that no letter follows, so that an apostrophe does not end it.
fn end_of_quotation(text: &str, closing: char) -> Option<usize> {
    text.match_indices(closing).map(|(at, _)| at).find(|at| {
        let after = text.get(at + closing.len_utf8()..).unwrap_or_default().chars().next();
        !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(json: &str) -> DroppedValues {
        let mut dropped = DroppedValues::default();
        dropped.read(&mut JsonReader::new(json.as_bytes())).unwrap();
        dropped
    }

    #[test]
    fn a_message_keeps_its_words_and_counts_and_loses_the_values() {
        let dropped = dropped(r#"{"a": ["planted@x.com", 4711, "ab", null], "b": {"c": "planted@x.com and more"}}"#);
        for (message, expected) in [
            ("32 duplicate values (86.5%)", None),
            ("Expected [0, 150] | top failures: -5(9), 400(5)", Some("Expected [0, 150]")),
            ("not met: the observed value is XX", Some("not met")),
            (
                "The cell \"abc\" in row at position \"3\" is wrong",
                Some("The cell \"...\" in row at position \"...\" is wrong"),
            ),
            ("could not convert 'O'Brien' to a number", Some("could not convert '...' to a number")),
            ("it doesn't fit", None),
            ("ends with \"an open quotation", Some("ends with \"...")),
            ("row planted@x.com and more has 4711", Some("row ... has ...")),
            ("Conversion Error\n  LINE 1: select 'x'", Some("Conversion Error")),
            ("\n\nactual differs from expected:\n\nx", Some("actual differs from expected:")),
            ("«secret» and \u{201e}secret\u{201c} and `secret`", Some("«...» and \u{201e}...\u{201c} and `...`")),
        ] {
            assert_eq!(redacted(message, &dropped).as_deref(), expected, "{message}");
        }
    }
}
