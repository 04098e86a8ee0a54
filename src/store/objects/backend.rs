//! What one kind of object store is, beyond what `object_store` says of it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Attributes, ObjectStore, TagSet};

use super::layout::KeyLayout;
use super::options::PythonIndex;
use crate::error::Result;
use crate::result::{Entry, Layout};
use crate::store::contract::{Tier, TierChange};

/// Maximum number of concurrent requests for directories or objects.
pub(super) const AT_ONCE: usize = 8;

/// One kind of object store, opened for one namespace: all that [`ObjectResultStore`](super::ObjectResultStore)
/// needs to know.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Backend {
    /// The name of the backend in a profile.
    pub(super) name: &'static str,
    /// Where it is, for messages: without any secret.
    pub(super) location: String,
    /// The objects.
    pub(super) store: Arc<dyn ObjectStore>,
    /// What they are called.
    pub(super) keys: KeyLayout,
    /// What new documents carry: content type, encoding, storage class, metadata.
    pub(super) attributes: Attributes,
    /// The metadata that a new document carries because of what it says, where the profile does not say otherwise.
    pub(super) describe: Option<Describe>,
    /// The tags of new documents.
    pub(super) tags: TagSet,
    /// How documents that we write ourselves are laid out.
    pub(super) layout: Layout,
    /// Whether Python's index is kept up to date.
    pub(super) python_index: PythonIndex,
    /// How Python's index names a document.
    pub(super) reference: Reference,
    /// How names are listed.
    pub(super) listing: Listing,
    /// What a write can promise.
    pub(super) writes: Writes,
    /// How a document changes its tier; nothing where there are no tiers.
    pub(super) tiers: Option<Arc<dyn Tiers>>,
    /// How a document is removed only if it is still the one that was read; without it, it is looked at just before.
    pub(super) removal: Option<Arc<dyn Removal>>,
    /// What removes the leavings of writers that were killed, where they leave any.
    pub(super) sweep: Option<Arc<dyn Sweep>>,
}

/// The metadata of a document that says this of itself: names of headers in lower case, and values that a header can hold.
pub(super) type Describe = fn(&Entry) -> Vec<(&'static str, String)>;

/// How Python's index names a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// `"file"`: its name in the directory.
    File,
    /// `"key"`: its whole key.
    Key,
    /// `"blob_name"`: its whole name.
    BlobName,
}

/// How names are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// In their order, from any name on, a page at a time.
    Flat,
    /// One directory at a time, in any order.
    Directories,
}

/// What a write can promise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writes {
    /// Whether a large document is created or replaced conditionally too ([`Condition`](super::stream::Condition)).
    pub(super) conditional_parts: bool,
    /// Whether equal content has an equal version, so that a version can come back.
    pub(super) versions_repeat: bool,
    /// Whether a request whose answer was lost is sent again, so that a writer can meet its own document.
    pub(super) requests_repeat: bool,
}

/// How a document changes its tier.
#[async_trait]
pub(super) trait Tiers: fmt::Debug + Send + Sync {
    /// The tiers that a document can be moved to.
    fn names(&self) -> &'static [&'static str];

    /// The tier of the object at `path`; nothing if there is no such object.
    async fn tier(&self, path: &Path) -> Result<Option<Tier>>;

    /// Moves the object at `path` to `tier`.
    async fn set_tier(&self, path: &Path, tier: &Tier) -> Result<TierChange>;
}

/// Removes an object only if it is the one that was read.
#[async_trait]
pub(super) trait Removal: fmt::Debug + Send + Sync {
    /// Removes the object at `path` if it has this tag.
    ///
    /// # Errors
    /// [`Precondition`](object_store::Error::Precondition) if it has another, [`NotFound`](object_store::Error::NotFound)
    /// if there is none.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> object_store::Result<()>;
}

/// Removes the leavings of writers that were killed.
#[async_trait]
pub(super) trait Sweep: fmt::Debug + Send + Sync {
    /// Removes what nobody can be writing any more.
    async fn sweep(&self) -> object_store::Result<()>;
}
