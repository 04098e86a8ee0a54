//! The catalog: one small object for each result, whose name holds what a list needs.
//!
//! Beside the entries lie two kinds of notes, which sort before them so that one request finds them first: an
//! [`Intent`] for each overwrite and delete under way, and a [mark](marks) of the state in which Python's index was
//! last compared with the documents. Nothing here reads a document.

mod entries;
mod escape;
mod intents;
mod marks;
mod name;
mod nonce;
mod scan;

use std::sync::Arc;

pub(super) use entries::Found;
pub(super) use intents::{Announced, Intent, LINGER, Run, outdated};
pub(super) use marks::Mark;
pub(super) use name::Named;
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
pub(super) use nonce::counted::counting;
pub(super) use nonce::nonce;
pub(super) use scan::{AT_ONCE, Batches, Listed, Span};

use super::backend::Backend;

/// The catalog of one namespace.
#[derive(Debug)]
pub(super) struct Catalog {
    backend: Arc<Backend>,
}

impl Catalog {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        Self { backend }
    }
}
