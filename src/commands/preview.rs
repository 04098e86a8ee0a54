//! Some of the results that a question is about.

use std::collections::VecDeque;

use crate::output::{OutputRow as _, Table};
use crate::result::Entry;

/// The newest and the oldest of some results, in a list from the newest to the oldest.
#[derive(Default)]
pub(super) struct Preview {
    count: usize,
    newest: Vec<Entry>,
    oldest: VecDeque<Entry>,
}

impl Preview {
    /// Number of results shown of each end.
    const SHOWN: usize = 3;

    /// Adds the next result of the list.
    pub(super) fn add(&mut self, entry: Entry) {
        self.count += 1;
        if self.newest.len() < Self::SHOWN {
            self.newest.push(entry);
            return;
        }
        if self.oldest.len() == Self::SHOWN {
            self.oldest.pop_front();
        }
        self.oldest.push_back(entry);
    }

    /// The results as a table.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(Entry::HEADINGS);
        self.newest.iter().for_each(|entry| table.push(entry.cells()));
        let left_out = self.count - self.newest.len() - self.oldest.len();
        if left_out > 0 {
            table.push(vec![format!("... {left_out} more").into()]);
        }
        self.oldest.iter().for_each(|entry| table.push(entry.cells()));
        table
    }
}
