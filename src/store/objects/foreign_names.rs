//! Objects of others in the store, with names that no object of this program has: empty segments, control characters, bytes
//! that are not UTF-8. They are skipped.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::secret::printable;

/// Length of a name in a warning, in characters.
const SHOWN: usize = 100;

/// The objects that lists have skipped.
#[derive(Debug, Default)]
pub(super) struct ForeignNames {
    hasher: RandomState,
    skipped: Mutex<SkippedNames>,
}

#[derive(Debug, Default)]
struct SkippedNames {
    /// Hashes of the names: a command can list them several times.
    seen: HashSet<u64>,
    example: String,
    /// Number of names in the last warning.
    told: usize,
}

impl ForeignNames {
    /// Counts a name that was skipped.
    pub(super) fn skip(&self, name: &str) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        if skipped.seen.insert(self.hasher.hash_one(name)) && skipped.example.is_empty() {
            skipped.example = printable(name).chars().take(SHOWN).collect();
        }
    }

    /// The warning about all names that were skipped, once.
    pub(super) fn warning(&self) -> Option<String> {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        let count = skipped.seen.len();
        if skipped.told > 0 || count == 0 {
            return None;
        }
        skipped.told = count;
        let (objects, names) = if count == 1 { ("object", "its name") } else { ("objects", "their names") };
        Some(format!("skipped {count} {objects}: no result has {names}, for example `{}`", skipped.example))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_once_and_told_once() {
        let names = ForeignNames::default();
        assert_eq!(names.warning(), None);
        for name in ["a//b", "c\t\u{1b}[2J", "a//b"] {
            names.skip(name);
        }
        let expected = "skipped 2 objects: no result has their names, for example `a//b`";
        assert_eq!(names.warning().as_deref(), Some(expected));
        assert_eq!(names.warning(), None);
    }
}
