//! What tells two names apart that would otherwise be equal.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A number that no other name is likely to have.
pub(in super::super) fn nonce() -> u32 {
    #[cfg(all(test, feature = "filesystem", feature = "memory"))]
    if let Some(next) = counted::next() {
        return next;
    }
    // Keys from the operating system, as every hash map gets; nothing secret hangs on it.
    let random = RandomState::new().build_hasher().finish();
    u32::try_from(random >> 32).unwrap_or_default()
}

/// Nonces that are the same each time, for tests that do the same thing twice.
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
pub(in super::super) mod counted {
    use std::cell::Cell;

    thread_local! {
        static NEXT: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Does `work`, in which every nonce on this thread is `next`, which then counts on.
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
