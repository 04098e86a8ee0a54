//! The entries of `results`, already written.

use std::io::{self, Seek as _, Write as _};

use tempfile::{SpooledData, SpooledTempFile};

use crate::result::Layout;
use crate::result::json::write;

/// Longest entries together that are held in memory. Longer ones go to a temporary file.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// The entries of `results`, already written, so that memory does not grow with their number.
#[derive(Debug)]
pub(in crate::result) struct WrittenEntries {
    entries: SpooledTempFile,
    count: usize,
    /// The first failure to write the temporary file. It is reported at the end.
    failure: Option<io::Error>,
}

impl Default for WrittenEntries {
    fn default() -> Self {
        Self { entries: SpooledTempFile::new(IN_MEMORY), count: 0, failure: None }
    }
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
            other.entries.rewind()?;
            io::copy(&mut other.entries, entries).map(drop)
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

    /// The text of all entries: bytes, or a file and its length.
    ///
    /// # Errors
    /// The first failure to write the temporary file.
    pub(super) fn into_text(mut self) -> io::Result<(SpooledData, u64)> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let length = self.entries.stream_position()?;
        Ok((self.entries.into_inner(), length))
    }

    fn try_to(&mut self, act: impl FnOnce(&mut SpooledTempFile) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = act(&mut self.entries).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn text(entries: WrittenEntries) -> String {
        match entries.into_text().unwrap().0 {
            SpooledData::InMemory(bytes) => String::from_utf8(bytes.into_inner()).unwrap(),
            SpooledData::OnDisk(mut file) => {
                let mut text = String::new();
                file.rewind().unwrap();
                file.read_to_string(&mut text).unwrap();
                text
            }
        }
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
        let (data, length) = entries.into_text().unwrap();
        assert!(matches!(data, SpooledData::OnDisk(_)));
        assert_eq!(length, 10_000 * 1_000 + 9_999 * 2);
    }
}
