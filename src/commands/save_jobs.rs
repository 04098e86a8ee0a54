//! Limits of concurrent saves, and the size from which the bytes of a document are shown.

use crate::open_files;

/// Smallest document in bytes for which the bytes are shown as they pass.
pub(super) const LARGE: u64 = 1 << 20;

/// Files that are open besides those of saves: standard streams, the runtime, connections, inputs.
const OTHER_OPEN_FILES: usize = 64;

/// Files that one save has open at once: its document, the staged file, the lock, the directory or a connection.
const OPEN_FILES_OF_SAVE: usize = 4;

/// Returns how many of `jobs` saves can run at once, beside this number of readers of documents. Raises the limit of open files
/// as far as that helps.
pub(super) fn saves_within_open_files(jobs: usize, readers: usize) -> usize {
    let others = OTHER_OPEN_FILES + readers * OPEN_FILES_OF_SAVE;
    open_files::raise_limit(others + jobs * OPEN_FILES_OF_SAVE)
        .map_or(jobs, |limit| (limit.saturating_sub(others) / OPEN_FILES_OF_SAVE).clamp(1, jobs))
}
