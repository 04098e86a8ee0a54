//! The entries of `results`, already written.

use std::io::{self, Write as _};

use crate::result::json::write;
use crate::result::spool::Spool;
use crate::result::{Body, Layout};

/// The entries of `results`, already written, so that memory does not grow with their number.
#[derive(Debug, Default)]
pub(in crate::result) struct WrittenEntries {
    entries: Spool,
    count: usize,
    /// The first failure to write the temporary file. It is reported at the end.
    failure: Option<io::Error>,
}

impl WrittenEntries {
    /// Adds an entry. All entries have one layout.
    pub(in crate::result) fn push(&mut self, entry: &[u8], layout: Layout) {
        let is_first = self.count == 0;
        self.count += 1;
        self.try_to(|entries| {
            write::separate(layout, 2, is_first, entries)?;
            entries.write_all(entry)
        });
    }

    /// Adds the entries of another list, which have the same layout.
    pub(in crate::result) fn append(&mut self, mut other: Self, layout: Layout) {
        if other.count == 0 {
            return;
        }
        let is_first = self.count == 0;
        self.count += other.count;
        self.failure = self.failure.take().or(other.failure.take());
        self.try_to(|entries| {
            // The others begin with the line break of a first entry.
            match layout {
                _ if is_first => {}
                Layout::Pretty => entries.write_all(b",")?,
                Layout::Compact => entries.write_all(b", ")?,
            }
            entries.append(other.entries)
        });
    }

    /// The number of entries.
    pub(in crate::result) fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub(in crate::result) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The text of all entries.
    ///
    /// # Errors
    /// The first failure to write the temporary file.
    pub(super) fn into_text(self) -> io::Result<Body> {
        self.failure.map_or_else(|| self.entries.into_body(), Err)
    }

    fn try_to(&mut self, act: impl FnOnce(&mut Spool) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = act(&mut self.entries).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(entries: WrittenEntries) -> String {
        String::from_utf8(entries.into_text().unwrap().to_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn entries_of_two_lists_are_written_as_those_of_one() {
        for layout in [Layout::Compact, Layout::Pretty] {
            for first in 0..3 {
                for second in 0..3 {
                    let entries = |count| {
                        let mut entries = WrittenEntries::default();
                        (0..count).for_each(|_| entries.push(b"{}", layout));
                        entries
                    };
                    let mut joined = entries(first);
                    joined.append(entries(second), layout);
                    assert_eq!(joined.len(), first + second);
                    assert_eq!(text(joined), text(entries(first + second)), "{layout:?} {first} {second}");
                }
            }
        }
    }

    #[test]
    fn many_entries_go_to_a_file_and_are_all_there() {
        let mut entries = WrittenEntries::default();
        let entry = "x".repeat(1_000);
        (0..10_000).for_each(|_| entries.push(entry.as_bytes(), Layout::Compact));
        let text = entries.into_text().unwrap();
        assert_eq!(text.len_in_memory(), 0);
        assert_eq!(text.len(), 10_000 * 1_000 + 9_999 * 2);
    }
}
