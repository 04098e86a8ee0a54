//! Noticing that an object names the same key twice.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// Up to so many keys, comparing with each is quicker than a set.
const FEW: usize = 24;

/// The keys seen in each open object, as hashes: 8 bytes a key for a large object, none of its own for a small one.
///
/// Two keys of equal hash would be taken for the same. The hash has 64 bits and a secret of the process, so it cannot
/// be provoked, and by chance happens once in 10^13 objects of a thousand keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    hasher: RandomState,
    /// The hashes of all open objects that have few keys, one object's after the other's.
    few: Vec<u64>,
}

/// What is remembered of one open object.
#[derive(Debug)]
pub(super) struct Seen {
    start: usize,
    many: Option<HashSet<u64>>,
}

impl Keys {
    /// Begins an object.
    pub(super) fn open(&self) -> Seen {
        Seen { start: self.few.len(), many: None }
    }

    /// Notes a key of the innermost object. Says whether it is new there.
    pub(super) fn insert(&mut self, seen: &mut Seen, key: &[u8]) -> bool {
        let hash = self.hasher.hash_one(key);
        if let Some(many) = &mut seen.many {
            return many.insert(hash);
        }
        let few = self.few.get(seen.start..).unwrap_or_default();
        if few.contains(&hash) {
            return false;
        }
        if few.len() < FEW {
            self.few.push(hash);
        } else {
            let mut many = few.iter().copied().collect::<HashSet<u64>>();
            many.insert(hash);
            seen.many = Some(many);
            self.few.truncate(seen.start);
        }
        true
    }

    /// Ends the innermost object.
    pub(super) fn close(&mut self, seen: &Seen) {
        self.few.truncate(seen.start);
    }
}
