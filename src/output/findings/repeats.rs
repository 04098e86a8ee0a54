//! Names that occur more than once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// Counts how often each name occurred, in little memory: by its hash. Two names with one hash count as one.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<u64, u32>);

impl Repeats {
    /// Counts `name`: 1 when it occurs for the first time.
    pub(super) fn count(&mut self, name: impl Hash) -> u32 {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let count = self.0.entry(hasher.finish()).or_default();
        *count += 1;
        *count
    }
}
