//! The digests of documents, in two columns of the tables that this program creates.
//!
//! `document_sha256` has the digest, `document_sha256_at` the value that `updated_at` had with it. Python and older
//! versions change a row without these columns, but never without `updated_at`; its digest then counts no more. Tables
//! of Python and of older versions lack the columns. Nothing adds them, because that takes a lock on the whole table
//! and a right that the user may lack: a table is used as it is.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::{FailureClass, SqlFailure};

/// Whether the table has columns for digests, as far as statements have shown.
#[derive(Debug)]
pub(super) struct DigestColumns(AtomicBool);

impl Default for DigestColumns {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

impl DigestColumns {
    /// Whether statements name the columns.
    pub(super) fn are_used(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns whether `failure` says that the table lacks the columns. Later statements do without them.
    pub(super) fn are_missing(&self, failure: &SqlFailure) -> bool {
        let are_missing = failure.class == FailureClass::MissingColumn;
        if are_missing {
            self.0.store(false, Ordering::Relaxed);
        }
        are_missing
    }
}
