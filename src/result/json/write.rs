//! Writing values in the punctuation of Python's `json.dumps`.

use std::io::{self, Write};

use super::JsonValue;
use super::text::JsonText;
use crate::result::Layout;

impl JsonValue {
    /// Writes the value in the punctuation of Python's `json.dumps(indent=2)` or `json.dumps()`, without a line feed at
    /// the end. Numbers and strings keep their spelling.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn write(&self, layout: Layout, out: &mut impl Write) -> io::Result<()> {
        self.write_at(layout, 0, out)
    }

    /// The text that [`write`](Self::write) writes.
    pub fn to_text(&self, layout: Layout) -> String {
        let mut text = Vec::new();
        match self.write(layout, &mut text) {
            Ok(()) => String::from_utf8(text).unwrap_or_default(),
            Err(_) => String::new(), // Writing to memory cannot fail.
        }
    }

    /// The bytes that [`write_at`](Self::write_at) writes.
    pub fn written_at(&self, layout: Layout, depth: usize) -> Box<[u8]> {
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write_at(layout, depth, &mut bytes);
        bytes.into()
    }

    /// Writes the value as a part of a text, `depth` levels deep.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn write_at(&self, layout: Layout, depth: usize, out: &mut impl Write) -> io::Result<()> {
        let mut open = Vec::new();
        let mut next = Some(self);
        loop {
            if let Some(value) = next.take() {
                match value {
                    Self::Null => out.write_all(b"null")?,
                    Self::Bool(true) => out.write_all(b"true")?,
                    Self::Bool(false) => out.write_all(b"false")?,
                    Self::Number(text) => out.write_all(text.as_bytes())?,
                    Self::String(text) => quote(text, out)?,
                    Self::Array(elements) if elements.is_empty() => out.write_all(b"[]")?,
                    Self::Object(members) if members.is_empty() => out.write_all(b"{}")?,
                    Self::Array(elements) => {
                        out.write_all(b"[")?;
                        open.push((Rest::Array(elements.iter()), true));
                    }
                    Self::Object(members) => {
                        out.write_all(b"{")?;
                        open.push((Rest::Object(members.iter()), true));
                    }
                }
            }
            let level = depth + open.len();
            let Some((rest, first)) = open.last_mut() else { return Ok(()) };
            let member = match rest {
                Rest::Array(elements) => elements.next().map(|value| (None, value)),
                Rest::Object(members) => members.next().map(|(key, value)| (Some(key), value)),
            };
            match member {
                Some((key, value)) => {
                    separate(layout, level, std::mem::replace(first, false), out)?;
                    if let Some(key) = key {
                        quote(key, out)?;
                        out.write_all(b": ")?;
                    }
                    next = Some(value);
                }
                None => {
                    let end = if matches!(rest, Rest::Array(_)) { b"]" } else { b"}" };
                    break_line(layout, level - 1, out)?;
                    out.write_all(end)?;
                    open.pop();
                }
            }
        }
    }
}

enum Rest<'a> {
    Array(std::slice::Iter<'a, JsonValue>),
    Object(std::slice::Iter<'a, (JsonText, JsonValue)>),
}

/// Writes the punctuation before a member, `level` levels deep.
pub(in crate::result) fn separate(layout: Layout, level: usize, first: bool, out: &mut impl Write) -> io::Result<()> {
    match (layout, first) {
        (Layout::Compact, true) => Ok(()),
        (Layout::Compact, false) => out.write_all(b", "),
        (Layout::Pretty, true) => break_line(layout, level, out),
        (Layout::Pretty, false) => {
            out.write_all(b",")?;
            break_line(layout, level, out)
        }
    }
}

/// Begins a line that is indented by `level` levels. Does nothing in a compact layout.
pub(in crate::result) fn break_line(layout: Layout, level: usize, out: &mut impl Write) -> io::Result<()> {
    const SPACES: [u8; 64] = [b' '; 64];
    if layout == Layout::Compact {
        return Ok(());
    }
    out.write_all(b"\n")?;
    let mut left = level * 2;
    while left > 0 {
        let count = left.min(SPACES.len());
        out.write_all(SPACES.get(..count).unwrap_or_default())?;
        left -= count;
    }
    Ok(())
}

fn quote(text: &JsonText, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    out.write_all(text.raw().as_bytes())?;
    out.write_all(b"\"")
}
