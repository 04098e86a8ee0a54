//! Detection of duplicate keys.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// Largest number of keys for which comparing with each is faster than a set.
const FEW: usize = 24;

/// Hashes of the keys in each open object: 8 bytes per key.
///
/// Two keys with equal hashes would count as duplicates. The hash has 64 bits and a secret of the process, so a
/// collision cannot be provoked. By chance it happens once in 10^13 objects of a thousand keys.
#[derive(Debug, Default)]
pub(super) struct SeenKeys {
    hasher: RandomState,
    /// The hashes of all open objects with few keys, object by object.
    few: Vec<u64>,
}

/// The keys of one open object.
#[derive(Debug)]
pub(super) struct ObjectKeys {
    start: usize,
    many: Option<HashSet<u64>>,
}

impl SeenKeys {
    /// Begins an object.
    pub(super) fn open(&self) -> ObjectKeys {
        ObjectKeys { start: self.few.len(), many: None }
    }

    /// Adds a key to the innermost object. Returns whether it is new there.
    pub(super) fn insert(&mut self, seen: &mut ObjectKeys, key: &[u8]) -> bool {
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
    pub(super) fn close(&mut self, seen: &ObjectKeys) {
        self.few.truncate(seen.start);
    }
}
