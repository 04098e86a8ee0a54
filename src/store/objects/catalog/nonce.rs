//! The last piece of a name, which tells apart names that would otherwise be equal.

use super::escape::END;
use crate::random;
use crate::result::Revision;

/// The end of a name, which distinguishes entries with equal facts. Always [`NONCE`] bytes.
pub(super) struct Nonce(String);

/// Length of a nonce in bytes.
pub(super) const NONCE: usize = 8;

/// First character in the nonce of a restored entry.
const RESTORED: char = 'r';
/// First character in the nonce of an entry that its writer made from the version of the document. Older stores have
/// nonces of hexadecimal digits, which do not tell the version.
const WRITTEN: char = 'w';

impl Nonce {
    /// A nonce that no other name has.
    pub(super) fn fresh() -> Self {
        Self(format!("{:08x}", random_number()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The nonce for an entry by the writer of this version of a document. It is random too, because equal documents
    /// may have equal versions.
    pub(super) fn of_writer(version: &str) -> Self {
        let number = written(version) << RANDOM | u64::from(random_number()) & ((1 << RANDOM) - 1);
        let digits = (0..7).rev().map(|place| number / 36_u64.pow(place) % 36);
        let digits = digits.map(|digit| u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 36)));
        Self(std::iter::once(WRITTEN).chain(digits.map(Option::unwrap_or_default)).collect())
    }

    /// The nonce for an entry that is restored from this version of a document.
    pub(super) fn of_version(version: &str) -> Self {
        Self(format!("{RESTORED}{}", restored(version)))
    }
}

/// Returns the checksum of `version` in the nonce of a restored entry.
fn restored(version: &str) -> String {
    format!("{:07x}", checksum(version) >> 4)
}

/// Number of random bits in the nonce of a writer's entry, a number to the base of 36.
const RANDOM: u32 = 22;

/// Returns the checksum of `version` in the other bits.
fn written(version: &str) -> u64 {
    u64::from(checksum(version) >> 18)
}

/// Some services quote a version in one answer and not in another.
fn checksum(version: &str) -> u32 {
    crc32fast::hash(version.trim_matches('"').as_bytes())
}

/// Returns whether an entry of this name belongs to this version of its document, or `None` if the name does not tell.
pub(super) fn is_of_version(name: &str, version: &str) -> Option<bool> {
    let nonce = name.rsplit(END).next()?;
    match nonce.strip_prefix(WRITTEN) {
        Some(digits) => Some(u64::from_str_radix(digits, 36).ok()? >> RANDOM == written(version)),
        None => nonce.strip_prefix(RESTORED).map(|digits| digits == restored(version)),
    }
}

/// Returns whether the writer of the document wrote an entry of this name, instead of restoring it.
pub(super) fn is_of_writer(name: &str) -> bool {
    !name.rsplit(END).next().is_some_and(|nonce| nonce.starts_with(RESTORED))
}

/// Returns the write that an entry of this name comes from.
pub(super) fn revision(name: &str) -> Option<Revision> {
    let nonce: [u8; NONCE] = name.rsplit(END).next()?.as_bytes().try_into().ok()?;
    Some(Revision::from(nonce))
}

/// Returns the write that an entry comes from that is restored from this version of a document.
pub(in super::super) fn revision_of_version(version: &str) -> Option<Revision> {
    revision(Nonce::of_version(version).text())
}

/// Returns a number that is unlikely to be in any other name.
pub(in super::super) fn random_number() -> u32 {
    #[cfg(all(test, feature = "filesystem", feature = "memory"))]
    if let Some(next) = counted::next() {
        return next;
    }
    u32::try_from(random::bits() >> 32).unwrap_or_default()
}

/// Predictable nonces, for tests that do the same thing twice.
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
pub(in super::super) mod counted {
    use std::cell::Cell;

    thread_local! {
        static NEXT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Runs `work`. Every nonce on this thread comes from `next`, which counts up.
    pub(in super::super::super) fn counting<T>(next: &mut u32, work: impl FnOnce() -> T) -> T {
        NEXT.set(Some(*next));
        let done = work();
        *next = NEXT.take().unwrap_or(*next);
        done
    }

    pub(super) fn next() -> Option<u32> {
        let next = NEXT.get();
        NEXT.set(next.map(|next| next.wrapping_add(1)));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_version_of_its_document() {
        for nonce in [Nonce::of_writer("\"v1\""), Nonce::of_version("v1")] {
            assert_eq!(nonce.text().len(), NONCE);
            assert_eq!(is_of_version(&format!("x!{}", nonce.text()), "v1"), Some(true));
            assert_eq!(is_of_version(&format!("x!{}", nonce.text()), "v2"), Some(false));
        }
        assert_eq!(is_of_version("x!0123abcd", "v1"), None, "as older stores have it");
        assert_ne!(Nonce::of_writer("v1").text(), Nonce::of_writer("v1").text());
    }
}
