//! Work on many objects.
//!
//! An object store is asked for several at once. Files are read by a few threads, each of which works through many: to
//! hand every single file to another thread takes longer than to read it.

use std::cell::Cell;
use std::future::Future;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::task::{JoinError, spawn_blocking};

use super::backend::{Backend, CONCURRENT_REQUESTS, Listing};

/// Maximum number of files that a thread works through before their outcomes are passed on.
const FILES: usize = 64;

thread_local! {
    /// Whether this thread works through many files, and may block.
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Runs blocking work: on this thread if it works through many files, otherwise on another.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    if MAY_BLOCK.get() {
        return Ok(work());
    }
    spawn_blocking(work).await
}

/// Returns the outcomes of `work` for these items, in any order.
///
/// # Errors
/// If a thread ended early.
pub(super) fn in_bulk<T, R, W, F>(
    backend: &Backend,
    items: Vec<T>,
    work: W,
) -> BoxStream<'static, object_store::Result<R>>
where
    T: Send + 'static,
    R: Send + 'static,
    W: Fn(T) -> F + Clone + Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    if backend.listing == Listing::Flat {
        return stream::iter(items).map(work).buffer_unordered(CONCURRENT_REQUESTS).map(Ok).boxed();
    }
    let name = backend.name;
    // Several pieces for each thread, so that all end at about the same time.
    let size = items.len().div_ceil(CONCURRENT_REQUESTS * 4).clamp(1, FILES);
    let mut items = items.into_iter();
    let pieces = std::iter::from_fn(move || {
        let piece: Vec<T> = items.by_ref().take(size).collect();
        (!piece.is_empty()).then_some(piece)
    });
    let threads = stream::iter(pieces).map(move |piece| {
        let (work, runtime) = (work.clone(), Handle::current());
        spawn_blocking(move || {
            MAY_BLOCK.set(true);
            let outcomes: Vec<R> = piece.into_iter().map(|item| runtime.block_on(work(item))).collect();
            MAY_BLOCK.set(false);
            outcomes
        })
    });
    let outcomes = threads.buffer_unordered(CONCURRENT_REQUESTS).map(move |done| match done {
        Ok(outcomes) => stream::iter(outcomes).map(Ok).left_stream(),
        Err(ended) => {
            let error = object_store::Error::Generic { store: name, source: Box::new(ended) };
            stream::iter([Err(error)]).right_stream()
        }
    });
    outcomes.flatten().boxed()
}
