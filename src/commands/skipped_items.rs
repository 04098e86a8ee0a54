//! Items that a command skips, for one warning instead of many.

/// The number of items that were skipped for one reason, and the first of them.
#[derive(Debug)]
pub(super) struct SkippedItems<T> {
    count: u64,
    first: Option<T>,
}

impl<T> Default for SkippedItems<T> {
    fn default() -> Self {
        Self { count: 0, first: None }
    }
}

impl<T> SkippedItems<T> {
    /// Counts an item.
    pub(super) fn add(&mut self, item: T) {
        self.count += 1;
        self.first.get_or_insert(item);
    }

    /// The number of items and the first, if there are any.
    pub(super) fn count_and_first(&self) -> Option<(u64, &T)> {
        self.first.as_ref().map(|first| (self.count, first))
    }
}
