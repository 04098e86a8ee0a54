//! One look at whether there is an index, for all saves of this process that ask at the same time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Mutex;

/// The looks of one process.
#[derive(Debug, Default)]
pub(super) struct SharedLook {
    /// Number of calls so far.
    calls: AtomicU64,
    last: Mutex<LastLook>,
    /// Whether a look has found an index. Each call then needs its content, and looks for itself.
    has_found: AtomicBool,
}

#[derive(Debug, Default)]
struct LastLook {
    /// Number of calls before it began.
    calls: u64,
    found_none: bool,
}

impl SharedLook {
    /// Returns the outcome of `look`, or `None` if the look of another call found nothing. Only a look that began after
    /// this call counts, so that the outcome is as new as that of a look of its own.
    pub(super) async fn take<T, E>(
        &self,
        look: impl Future<Output = Result<T, E>>,
        is_none: impl FnOnce(&T) -> bool,
    ) -> Result<Option<T>, E> {
        let own = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if self.has_found.load(Ordering::Relaxed) {
            return look.await.map(Some);
        }
        let mut last = self.last.lock().await;
        if last.calls >= own {
            let found_none = last.found_none;
            drop(last);
            // After a failure, or a look that found something, each call looks for itself.
            return if found_none { Ok(None) } else { look.await.map(Some) };
        }
        let calls = self.calls.load(Ordering::SeqCst);
        let looked = look.await;
        let found_none = looked.as_ref().is_ok_and(is_none);
        self.has_found.store(looked.is_ok() && !found_none, Ordering::Relaxed);
        *last = LastLook { calls, found_none };
        looked.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, join_all};
    use tokio::task::yield_now;

    use super::*;

    /// Takes a look that notes how many objects there are, some time before it answers.
    async fn look(shared: &SharedLook, objects: &AtomicU64, looks: &AtomicU64) -> Option<u64> {
        let looking = async {
            looks.fetch_add(1, Ordering::SeqCst);
            let found = objects.load(Ordering::SeqCst);
            for _ in 0..5 {
                yield_now().await;
            }
            Ok::<_, ()>(found)
        };
        shared.take(looking, |found| *found == 0).await.unwrap()
    }

    #[tokio::test]
    async fn calls_at_once_share_a_look_that_finds_nothing() {
        let (shared, objects, looks) = (SharedLook::default(), AtomicU64::new(0), AtomicU64::new(0));
        let found = join_all((0..10).map(|_| look(&shared, &objects, &looks))).await;
        assert!(found.iter().all(|found| found.is_none_or(|found| found == 0)), "{found:?}");
        assert_eq!(looks.load(Ordering::SeqCst), 2, "that of the first call, and one for all that came after it began");
    }

    #[tokio::test]
    async fn a_look_that_began_before_a_call_does_not_answer_it() {
        let (shared, objects, looks) = (SharedLook::default(), AtomicU64::new(0), AtomicU64::new(0));
        let later = async {
            yield_now().await;
            objects.store(1, Ordering::SeqCst);
            look(&shared, &objects, &looks).await
        };
        let found = join(look(&shared, &objects, &looks), later).await;
        assert_eq!(found, (Some(0), Some(1)));
    }

    #[tokio::test]
    async fn what_was_found_is_looked_at_by_each_call() {
        let (shared, objects, looks) = (SharedLook::default(), AtomicU64::new(7), AtomicU64::new(0));
        let found = join_all((0..10).map(|_| look(&shared, &objects, &looks))).await;
        assert_eq!(found, [Some(7); 10]);
        assert_eq!(looks.load(Ordering::SeqCst), 10);
    }
}
